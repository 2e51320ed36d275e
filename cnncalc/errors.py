"""What went wrong: where (file:line:col), what, the working, and what to try.

The library raises; ``cli/`` turns an error into text and an exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Source:
    """A text in which a place can be shown: a file, standard input or a command-line argument."""

    __slots__ = ("name", "text", "_lines")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1), without its end; empty past the end."""
        if self._lines is None:  # split once: a file may hold as many problems as lines
            self._lines = _lines(self.text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def at(self, offset: int, width: int = 1) -> Mark:
        """The place of the character ``offset`` (from 0) of the text."""
        before = _lines(self.text[:offset])
        return Mark(self, len(before), len(before[-1]) + 1, width)


def _lines(text: str) -> list[str]:
    """``text`` split where YAML ends a line (``str.splitlines`` also splits at form feeds and the like)."""
    import re

    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)


class Mark(NamedTuple):
    """A place in a source: line and column from 1, and how many characters it spans."""

    source: Source
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing that is wrong.

    ``text`` says what is wrong, with the numbers; ``mark`` where; ``working`` is the rule with the numbers put in;
    ``help`` what to try; ``also`` a second place (for a duplicate, the first one); ``limit`` the limit that was passed,
    with a value that is enough, because the library and the command line raise it in different ways.
    """

    text: str
    mark: Mark | None = None
    working: tuple[str, ...] = ()
    help: str | None = None
    also: Mark | None = None
    limit: tuple[str, int | None] | None = None

    def __str__(self) -> str:
        where, tried = f"{self.mark}: " if self.mark else "", self.advice(argument)
        return "\n".join([where + self.text, *self.working, *([f"try: {tried}"] if tried else [])])

    def advice(self, raising: Callable[[str, int | None], str]) -> str | None:
        """What to try; ``raising`` words how the limit of a name is set to a value (None: any value that is enough)."""
        steps = [f"raise it with {raising(*self.limit)}"] if self.limit else []
        return ", or ".join([*steps, *([self.help] if self.help else [])]) or None


def argument(name: str, value: int | None) -> str:
    """How the library sets a limit."""
    return f"Limits({name}={'...' if value is None else value})"


class CnncalcError(Exception):
    """Everything that cnncalc raises on purpose. ``problems`` holds one or more :class:`Problem`."""

    exit_code = 1

    def __init__(self, problems: str | Problem | list[Problem], **fields: object) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, **fields)  # type: ignore[arg-type]
        self.problems = [problems] if isinstance(problems, Problem) else problems
        super().__init__("\n".join(map(str, self.problems)))


class NoSolution(CnncalcError):
    """There is no solution."""

    exit_code = 1


class UsageError(CnncalcError):
    """A bad argument, option or path."""

    exit_code = 2


class SpecError(CnncalcError):
    """An input file is invalid; every problem names its place."""

    exit_code = 3


class LimitError(CnncalcError):
    """Refused by a limit; the message names the limit, its value and how to raise it."""

    exit_code = 4


class OutputError(CnncalcError):
    """The output could not be written; what was there is untouched."""

    exit_code = 5


class Interrupted(CnncalcError):
    """Stopped by the user; the message says what was done until then."""

    exit_code = 130


def nearest(word: str, words: Iterable[str]) -> str | None:
    """``did you mean "..."?`` for the word of ``words`` closest to ``word`` in any case, or None if none is close.

    The name of a layer in a block is closest to its last part, if no other layer has that.
    An abbreviation, such as ``c1`` of ``Conv1``, is close where letters and digits are of that one alone.
    """
    from difflib import get_close_matches

    given = word.lower()[:80]
    known: dict[str, str] = {}
    for one in words:
        known.setdefault(one.lower(), one)
    inside = [one for one in known if one.endswith(f"/{given}")]  # of a layer in a block, without the block
    close = [given] if given in known else inside if len(inside) == 1 else []
    close = close or get_close_matches(given, known, n=1, cutoff=0.6)
    if not close and 1 < len(given) <= _ABBREVIATION:
        short = [one for one in known if _abbreviates(given, one)]
        close = short if len(short) == 1 else []
    return f'did you mean "{known[close[0]]}"?' if close else None


_ABBREVIATION = 4  # the most letters of one


def _abbreviates(short: str, word: str) -> bool:
    """Whether ``short`` has letters of ``word`` in their order, the first and the last among them."""
    rest = iter(word)
    return short[:1] == word[:1] and short[-1:] == word[-1:] and all(letter in rest for letter in short)


class Hints:
    """``did you mean`` for the first errors of many: each search takes as long as the list that it goes through."""

    def __init__(self, most: int = 20) -> None:
        self._left = most

    def nearest(self, word: str, *lists: Iterable[str]) -> str | None:
        """As ``nearest`` over all ``lists``; None once it was asked for so many words."""
        if self._left < 1:
            return None
        self._left -= 1
        return nearest(word, [known for words in lists for known in words])


class EngineError(CnncalcError):
    """The engine and the rules disagree: a bug in cnncalc, not in the spec."""

    exit_code = 1
