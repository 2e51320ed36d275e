"""Answers for unknowns, with their algebra: text, JSON, Markdown and LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.render.forms import json
from cnncalc.render.forms.document import document
from cnncalc.render.forms.markup import latex, markdown
from cnncalc.render.forms.text import printable
from cnncalc.symbolic.style import letter_name

if TYPE_CHECKING:
    from cnncalc.solve import NetworkSolution, WindowSolution
    from cnncalc.solve.algebra import Line

FORMATS = ("table", "json", "markdown", "latex")
_SHOWN = 12  # most answers that are written one by one


class Section(NamedTuple):
    """A heading, the answers by letter in words, and the lines of the working: formulas, and sentences as text."""

    heading: str
    answers: list[tuple[str, str]]
    lines: list[Line | str]


def windows(found: dict[str, WindowSolution], format: str) -> str:
    """The answers along each axis (``""``: along all of them) in one of FORMATS."""
    if format == "json":
        axes = {name: _window_data(solution) for name, solution in found.items()}
        first = next(iter(found.values()))
        listed = [{"axis": name, **data} for name, data in axes.items()]
        data = axes.get("") or {"unknown": first.unknown, "symbol": first.symbol, "axes": listed}
        return json.dumps(data) + "\n"
    parts = [
        Section(f"{one.unknown} ({name})" if name else one.unknown, _window_answer(one), [*one.lines, *one.checks])
        for name, one in found.items()
    ]
    return _written(parts, format)


def network(found: NetworkSolution, format: str) -> str:
    """The letters of a network in one of FORMATS."""
    if format == "json":
        unknowns = {name: one._asdict() for name, one in found.unknowns.items()}
        data = {"unknowns": unknowns, "joint": found.joint, "working": found.working}
        return json.dumps(data) + "\n"
    answers = [
        (name, "nothing fixes it" if name in found.free else answer(one.solutions, one.range))
        for name, one in found.unknowns.items()
    ]
    return _written([Section("unknowns", answers, found.lines)], format)


def _window_data(solution: WindowSolution) -> dict[str, Any]:
    return {
        "unknown": solution.unknown,
        "symbol": solution.symbol,
        "solutions": solution.solutions,
        "range": solution.range,
        "asymmetric": [list(pair) for pair in solution.asymmetric],
        "equation": solution.equation,
        "working": solution.working,
    }


def _window_answer(solution: WindowSolution) -> list[tuple[str, str]]:
    if solution.asymmetric:
        pairs = " or ".join(f"[{begin}, {end}]" for begin, end in solution.asymmetric)
        return [(solution.symbol, f"{pairs} (begin, end)")]
    return [(solution.symbol, answer(solution.solutions, solution.range))] if solution.solutions else []


def answer(solutions: list[int], ends: list[int | None]) -> str:
    """``2``; ``223, 224``; ``1 to 281``; ``16, 32, 48, ... without end``."""
    first, last = ends
    if len(solutions) <= _SHOWN and last is not None:
        return ", ".join(map(str, solutions))
    if solutions == list(range(solutions[0], solutions[0] + len(solutions))):
        return f"{first} or more" if last is None else f"{first} to {last}"
    listed = ", ".join(map(str, solutions[:_SHOWN]))
    return f"{listed}, ... {'without end' if last is None else f'to {last}'}"


def _written(parts: list[Section], format: str) -> str:
    form: Any = {"table": _table, "markdown": _markdown, "latex": _latex}[format]
    text: str = form(parts)
    return text


def _table(parts: list[Section]) -> str:
    lines = []
    for part in parts:
        lines.append(part.heading)
        lines += [f"  {letter} = {text}" for letter, text in part.answers]
        lines.append("")
        lines += [f"  {printable(line) if isinstance(line, str) else line.written()}" for line in part.lines]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _markdown(parts: list[Section]) -> str:
    lines = []
    for part in parts:
        lines += [f"## {part.heading}", ""]
        lines += [f"- ${letter_name(letter, latex=True)}$ = {text}" for letter, text in part.answers]
        lines.append("")
        lines += [
            f"- {markdown(printable(line))}" if isinstance(line, str) else f"- ${line.written('latex')}$"
            for line in part.lines
        ]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _latex(parts: list[Section]) -> str:
    lines = []
    for part in parts:
        lines.append(rf"\section*{{{latex(part.heading)}}}")
        lines += [
            rf"\noindent ${letter_name(letter, latex=True)}$ = {latex(text)}\par" for letter, text in part.answers
        ]
        lines.append(r"\begin{itemize}")
        lines += [
            rf"\item {latex(printable(line))}" if isinstance(line, str) else rf"\item ${line.written('latex')}$"
            for line in part.lines
        ]
        lines.append(r"\end{itemize}")
    return document(lines)
