"""An error as a block: the message, the source line with a caret, the working, and what to try."""

from __future__ import annotations

from cnncalc.errors import Mark, Problem
from cnncalc.render.forms.text import printable
from cnncalc.units import enough

_WIDEST = 160  # of a source line
_LONGEST = 2000  # of a line of ours, which may quote input


def block(problem: Problem, word: str = "error") -> str:
    """The block of one problem."""
    lines = [f"{word}: {_printable(problem.text)}"]
    if problem.mark:
        lines += _place(problem.mark)
    lines += [f"  = {_printable(line)}" for line in problem.working]
    if problem.also:
        lines += ["  = and here:", *_place(problem.also)]
    advice = problem.advice(_flag)
    if advice:
        first, *rest = advice.splitlines()
        lines += [f"  = help: {_shortened(first)}", *(f"      {_shortened(line)}" for line in rest)]
    return "\n".join(lines)


def _flag(name: str, value: int | None) -> str:
    """How the command line sets a limit."""
    if name == "memory" and value is not None:
        return f"--max-memory {enough(value)}"
    return f"--limit {name}={'VALUE' if value is None else value}"


def _printable(text: str) -> str:
    return "\n".join(map(_shortened, text.splitlines()))


def _shortened(line: str) -> str:
    return printable(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}...")


def _place(mark: Mark) -> list[str]:
    """``--> file:line:col`` and the source line with a caret below the place."""
    lines = [f"  --> {_shortened(str(mark))}"]
    text = mark.source.line(mark.line)
    if not text.strip():
        return lines
    start = max(0, min(mark.column - 1, len(text)) - _WIDEST // 2) if len(text) > _WIDEST else 0
    before = printable(text[start : mark.column - 1].replace("\t", " "))
    here = printable(text[mark.column - 1 : mark.column - 1 + max(1, mark.width)])
    shown = printable(text[start : start + _WIDEST].replace("\t", " "))
    gutter = str(mark.line)
    carets = "^" * max(1, min(len(here), _WIDEST))
    return [*lines, f"  {gutter} | {shown}", f"  {' ' * len(gutter)} | {' ' * len(before)}{carets}"]
