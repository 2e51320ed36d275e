"""Numbers in rows and columns as people write them: ``0 2 -1; 2 3 4``, a row on each line, ``[[0, 2], [2, 3]]``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.check.answers import words
from cnncalc.check.answers.arithmetic import Unreadable
from cnncalc.spec.node import Node, Scalar, Sequence, is_null
from cnncalc.units import significant

LONGEST = 100_000  # characters that are read
_LONGEST_NUMBER = 40  # characters
_CUT = 2  # with this many decimals or more, numbers may be truncated instead of rounded
_DEEPEST = 6  # brackets inside each other
_SIGNS = str.maketrans({
    **dict.fromkeys("−–—‐‑", "-"), **dict.fromkeys("({", "["), **dict.fromkeys(")}", "]"), "&": " ", "\t": " ",
    **dict.fromkeys("×·⋅∙•", "*"), **dict.fromkeys("≈≃≅", "="), "\u00a0": " ", "\u202f": " ", "\r": "\n",
})  # fmt: skip
_NUMBER = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,2})|\*10\^([+-]?\d{1,2}))?(?:/(\d{1,9}))?")
_TOKEN = re.compile(r"[\[\];,\n|]|[^\s\[\];,|]+")
_UNKNOWN = ("?", "-", "_", "...")  # how people mark a cell that they leave open
_SUPERSCRIPT = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LABEL = r"[^\W\d_]\w*(?:\[[\w, ;]*\])?"
_OWN_LABEL = re.compile(rf"\s*({_LABEL})\s*=")
_NEXT_LABEL = re.compile(rf"(?<![=+\-*/,;\s])(?:[,;\s]|\band\b)+(?={_LABEL}\s*=)")


class Cell(NamedTuple):
    """A number as written, and its number of ``decimals``: None for a fraction, which is exact."""

    number: Fraction
    decimals: int | None

    def says(self, right: float, tolerance: float = 0.0) -> bool:
        """Whether ``right``, rounded to as many decimals, is this number; a tie may be rounded either way.

        A relative ``tolerance`` takes the place of the rounding.
        """
        if right != right or abs(right) == float("inf"):
            return False
        apart, slack = abs(float(self.number) - right), 1e-12 * max(1.0, abs(right))
        if tolerance:
            return apart <= tolerance * abs(right) + slack
        if self.decimals is None:
            return apart <= 1e-9 * abs(right) + slack
        return apart <= 0.5 * 10.0**-self.decimals + slack

    def cuts(self, right: float) -> bool:
        """Whether it is ``right`` truncated to as many decimals, of which there are at least _CUT."""
        number, slack = float(self.number), 1e-12 * max(1.0, abs(right))
        if self.decimals is None or self.decimals < _CUT or number * right < 0:
            return False
        return -slack <= abs(right) - abs(number) < 10.0**-self.decimals


class Matrix(NamedTuple):
    """Numbers in the order written, row by row, and the ``sizes`` of the nested lists; a cell that was
    left open is None.
    """

    cells: list[Cell | None]
    sizes: tuple[int, ...]

    def nested(self) -> Any:
        """The numbers as nested lists, as in the JSON."""
        flat: list[Any] = [None if cell is None else plain(cell.number) for cell in self.cells]
        return folded(flat, self.sizes)


class _Unreadable(ValueError):
    """The text is not a list of numbers."""


def text_of(node: Node) -> str | None:
    """An answer of a problem file, a number or nested lists, as text; None for null and for anything else."""
    if isinstance(node, Scalar):
        return None if is_null(node) else node.text
    if not isinstance(node, Sequence):
        return None
    parts = [text_of(item) for item in node.items]
    return None if None in parts else f"[{', '.join(map(str, parts))}]"


def read(text: str) -> list[Matrix]:
    """What ``text`` may mean, the most literal reading first; nothing if it is not a list of numbers. A comma between
    digits separates numbers or comes before decimals.

    >>> read("0 2 -1; 2 3 4")[0].sizes, read("[[0,2],[2,3],[9,3]]")[0].sizes
    ((2, 3), (3, 2))
    >>> read("0,5 0,3")[-1].nested()
    [0.5, 0.3]
    >>> read("h1 = 0.5, h2 = 0.3")[0].nested()
    [0.5, 0.3]
    """
    if len(text) > LONGEST:
        return []
    text = _SUPERSCRIPT.sub(lambda power: "^" + unicodedata.normalize("NFKC", power[0]), text).translate(_SIGNS)
    text = text.replace("\\\\", "\n").replace("^^", "^")
    found = []
    for meant in _meant(text):
        decimal = re.search(r"\d,\d", meant) and "." not in meant
        for one in [meant, re.sub(r"(?<=\d),(?=\d)", ".", meant)] if decimal else [meant]:
            try:
                found.append(_matrix(_nested(one)))
            except _Unreadable:
                continue
    return found or [alone for meant in _meant(text) for alone in _alone(meant)]


def _meant(text: str) -> list[str]:
    """What stands behind the last sign of equality; before that, where several numbers have labels, all of these.

    None if the numbers in labels of one name do not rise: ``h2 = 0, h1 = 1`` has another order than the answer.
    """
    first, *others = _NEXT_LABEL.split(text)
    parts = others if others and "=" not in first else [first, *others]  # without "after 3 steps"
    highest: dict[str, list[int]] = {}
    for label in filter(None, map(_OWN_LABEL.match, parts)):
        name, numbers = re.sub(r"\d", "", label[1]), [int(n) for n in re.findall(r"\d+", label[1])]
        if numbers < highest.get(name, []):
            return []
        highest[name] = numbers
    ends = [part.rpartition("=")[2].strip(" \n;,:") for part in parts]
    return [" ".join(ends), ends[-1]] if len(parts) > 1 else ends


def _alone(text: str) -> Iterator[Matrix]:
    """One number with words around it: ``about 0.753 (rounded)``."""
    try:
        for plain_text in words.without_words(words.plain(text)):
            alone = _matrix(_nested(plain_text.strip(" ,;:.()")))
            if len(alone.cells) == 1:
                yield alone
    except (Unreadable, _Unreadable):
        return


def _nested(text: str) -> Any:
    """The words of ``text`` as nested lists: by brackets, then by rows; bars and empty lines separate maps."""
    if "[" not in text:
        maps = [part for part in re.split(r"\||\n\s*\n", text) if part.strip()]
        if len(maps) > 1:
            return [_rows(_TOKEN.findall(part)) for part in maps]
    stack: list[list[Any]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "[":
            stack.append([])
            if len(stack) > _DEEPEST:
                raise _Unreadable
        elif token == "]":
            if len(stack) == 1:
                raise _Unreadable
            inner = _rows(stack.pop())
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise _Unreadable
    found = _rows(stack[0])
    return found[0] if len(found) == 1 and isinstance(found[0], str) else found


def _rows(items: list[Any]) -> Any:
    """The contents of one pair of brackets: lists as they are, words in rows if a sign separates rows."""
    lists = [item for item in items if isinstance(item, list)]
    if lists:
        if any(item not in (",", ";", "\n") for item in items if not isinstance(item, list)):
            raise _Unreadable
        return lists[0] if len(lists) == 1 and len(items) == 1 else lists
    rows: list[list[str]] = [[]]
    for item in items:
        if item in (";", "\n", "|"):
            rows.append([])
        elif item != ",":
            rows[-1].append(item)
    rows = [row for row in rows if row]
    if not rows:
        raise _Unreadable
    return rows[0] if len(rows) == 1 else rows


def _matrix(nested: Any) -> Matrix:
    cells: list[Cell | None] = []
    sizes = _collect(nested, cells)
    if not any(cells):
        raise _Unreadable
    return Matrix(cells, sizes)


def _collect(nested: Any, into: list[Cell | None]) -> tuple[int, ...]:
    if isinstance(nested, str):
        into.append(None if nested in _UNKNOWN else _cell(nested))
        return ()
    sizes = {_collect(item, into) for item in nested}
    if len(sizes) != 1:
        raise _Unreadable  # rows of unequal length
    return (len(nested), *sizes.pop())


def _cell(word: str) -> Cell:
    match = _NUMBER.fullmatch(word) if len(word) <= _LONGEST_NUMBER else None
    if match is None:
        raise _Unreadable
    sign, digits, exponent, power, lower = match.groups()
    if lower is not None and int(lower) == 0:
        raise _Unreadable
    shift = int(exponent or power or 0)
    number = Fraction(digits) * Fraction(10) ** shift / int(lower or 1)
    decimals = len(digits.partition(".")[2]) - shift
    return Cell(-number if sign == "-" else number, None if lower else decimals)


def plain(number: Fraction | float, digits: int = 15) -> int | float:
    """A number as in the JSON: whole, or with at most ``digits``, but with every digit before the point."""
    rounded = float(significant(float(number), digits))
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def folded(flat: list[Any], sizes: tuple[int, ...]) -> Any:
    """``flat`` as nested lists of these sizes; its one item if there are no sizes."""
    if not sizes:
        return flat[0]
    step = len(flat) // sizes[0] if sizes[0] else 0
    return [folded(flat[i * step : (i + 1) * step], sizes[1:]) for i in range(sizes[0])]


def leaves(nested: Any) -> Iterator[Any]:
    """The items of nested lists in order."""
    if isinstance(nested, list):
        for item in nested:
            yield from leaves(item)
    else:
        yield nested
