"""The working as a model answer: text, Markdown or LaTeX."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from cnncalc.explain import objective
from cnncalc.render.forms.document import document
from cnncalc.render.forms.lines import entries, paragraph, terminal_width
from cnncalc.render.forms.lines import equation as layout
from cnncalc.render.forms.markup import latex, markdown
from cnncalc.render.forms.text import fitting, printable, read_aloud, sizes
from cnncalc.symbolic.expr import Number, value, write
from cnncalc.symbolic.style import letter_name, typeset
from cnncalc.symbolic.tree import settled

if TYPE_CHECKING:
    from cnncalc.explain.layer import Explanation, Step
    from cnncalc.kinds.base.kind import Stage
    from cnncalc.summary.rows import Summary

FORMATS = ("text", "markdown", "latex")
_HEADINGS = {
    "output": "Output", "params": "Parameters", "macs": "MACs", "receptive_field": "Receptive field",
    "effective_stride": "Effective stride", "kv_cache_bytes": "Key/value cache in bytes",
}  # fmt: skip


def equation(step: Step, style: str = "text") -> str:
    """``letter = in letters = with the numbers put in = worked out``, without repeating a side."""
    last = settled(step.expression)
    sides = [letter_name(step.letter, latex=style == "latex")]
    for side in (write(step.expression, style, named=True), write(step.expression, style), write(last, style)):
        if side != sides[-1]:
            sides.append(side)
    return " = ".join(sides)


def stage(stage: Stage, style: str = "text") -> str:
    """``formula  (sizes in letters = sizes)``."""
    cross = r" \times " if style == "latex" else "×"
    named, known = (
        cross.join(write(size, style, named=named) for size in sizes)
        for named, sizes in ((True, stage.sizes), (False, [value(size) for size in stage.sizes]))
    )
    formula = typeset(stage.formula) if style == "latex" else stage.formula
    space = r" \quad " if style == "latex" else "  "
    return f"{formula}{space}({named}{f' = {known}' if 'None' not in known else ''})"


def worked(layer: Explanation, style: str = "text") -> list[tuple[str, str]]:
    """Every line of a layer's working with its heading."""
    return [("Inside", stage(one, style)) for one in layer.stages] + [
        (_HEADINGS[step.quantity], equation(step, style)) for step in layer.steps
    ]


def sum_line(total: Number, style: str = "text") -> str:
    """``896 + 18496 + 163850 = 183242``."""
    text = write(total, style)
    known = value(total)
    return text if known is None or text == str(known) else f"{text} = {known}"


_UNBROKEN = 100_000  # columns
_LEGEND = 80  # columns of other lines if there is no terminal


def as_text(
    title: str,
    explanations: list[Explanation],
    totals: list[tuple[str, Number]],
    training: list[tuple[str, list[str]]],
    *,
    to_file: bool,
) -> str:
    """Plain text: equations are broken between their sides if a terminal is too narrow."""
    terminal = sys.stdout.isatty() and not to_file
    width = terminal_width() if terminal else _UNBROKEN
    fit: Callable[[str], str] = str if to_file else partial(fitting, stream=sys.stdout)
    lines = [paragraph(fit(printable(title)), width), ""]
    for number, layer in enumerate(explanations, 1):
        lines.append(paragraph(fit(f"{number}. {layer.name} ({layer.kind}): output {_sizes(layer)}"), width))
        lines += _labelled([(fit(heading), fit(text)) for heading, text in worked(layer)], width)
        lines += [paragraph(fit(f"   Note: {printable(note.text)}"), width) for note in layer.notes]
        lines.append("")
    lines += [layout(f"{name}: ", fit(sum_line(total)), width) for name, total in totals] + [""] * bool(totals)
    for heading, written in training:
        lines.append(f"{heading}:")
        lines += [paragraph(fit(f"   {printable(line)}"), width) for line in written] + [""]
    letters = "; ".join(f"{letter} {meaning}" for letter, meaning in _legend(explanations))
    lines.append(entries(fit(f"Letters: {letters}"), width if terminal else _LEGEND))
    return "\n".join(lines) + "\n"


def _labelled(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Lines with their headings in a column; a heading is not repeated on the next line."""
    column = max((len(heading) for heading, _ in rows), default=0)
    lines, above = [], ""
    for heading, text in rows:
        lines.append(layout(f"   {'' if heading == above else heading:{column}}  ", text, width))
        above = heading
    return lines


def _sizes(layer: Explanation) -> str:
    return sizes(layer.output)


def _legend(explanations: list[Explanation]) -> list[tuple[str, str]]:
    return merged(layer.legend for layer in explanations)


def merged(legends: Iterable[dict[str, str]]) -> list[tuple[str, str]]:
    """The meaning of each letter, with all its meanings if it has several."""
    found: dict[str, str] = {}
    for one in legends:
        for letter, meaning in one.items():
            known = found.get(letter)
            found[letter] = meaning if known is None or meaning in known.split(" or ") else f"{known} or {meaning}"
    return list(found.items())


def as_markdown(
    title: str,
    explanations: list[Explanation],
    totals: list[tuple[str, Number]],
    training: list[tuple[str, list[str]]],
) -> str:
    """Markdown with formulas between dollars."""
    lines = [f"# {markdown(printable(title))}", ""]
    for number, layer in enumerate(explanations, 1):
        lines += [f"## {number}. {markdown(layer.name)} ({markdown(layer.kind)}): output {_sizes(layer)}", ""]
        lines += [f"- {heading}: ${line}$" for heading, line in worked(layer, "latex")]
        lines += [f"- {markdown(printable(note.text))}" for note in layer.notes]
        lines.append("")
    lines += [f"{name}: ${sum_line(total, 'latex')}$\n" for name, total in totals]
    for heading, written in training:
        lines += [f"## {heading}", "", *(f"- {markdown(printable(line))}" for line in written), ""]
    lines += ["## Letters", "", *(f"- ${letter_name(a, latex=True)}$: {markdown(b)}" for a, b in _legend(explanations))]
    return "\n".join(lines) + "\n"


def as_latex(
    title: str,
    explanations: list[Explanation],
    totals: list[tuple[str, Number]],
    training: list[tuple[str, list[str]]],
) -> str:
    """A LaTeX document that compiles by itself."""
    lines: list[str] = []
    for layer in explanations:
        lines.append(rf"\subsection*{{{latex(layer.name)} ({latex(layer.kind)}): output {latex(_sizes(layer))}}}")
        entries = [rf"{heading.replace('–', '--')}: ${line}$" for heading, line in worked(layer, "latex")]
        entries += [latex(printable(note.text)) for note in layer.notes]
        if entries:
            lines += [r"\begin{itemize}", *(rf"\item {entry}" for entry in entries), r"\end{itemize}"]
    lines += [rf"\noindent {name}: ${sum_line(total, 'latex')}$\par" for name, total in totals]
    for heading, written in training:
        items = [rf"\item {latex(printable(line))}" for line in written]
        lines += [rf"\subsection*{{{heading}}}", r"\begin{itemize}", *items, r"\end{itemize}"]
    letters = "; ".join(f"${letter_name(a, latex=True)}$ {latex(b)}" for a, b in _legend(explanations))
    return document([*lines, rf"\noindent Letters: {letters}."], printable(title))


def render(
    summary: Summary,
    explanations: list[Explanation],
    totals: list[tuple[str, Number]],
    format: str,
    *,
    to_file: bool = False,
) -> str:
    """The working of a network in one of FORMATS."""
    sizes_of = {name: shape.written(summary.layout) for name, shape in summary.inputs.items()}
    inputs = read_aloud(sizes_of, summary.axes())
    title = f"{summary.name}: {inputs}" if summary.name else inputs
    training = _training(summary, explanations, whole=bool(totals))
    if format == "text":
        return as_text(title, explanations, totals, training, to_file=to_file)
    return {"markdown": as_markdown, "latex": as_latex}[format](title, explanations, totals, training)


def _training(summary: Summary, explanations: list[Explanation], *, whole: bool) -> list[tuple[str, list[str]]]:
    """The activation functions of the explained layers, and for a whole network its objective."""
    rows = [summary.rows_by_name[layer.name] for layer in explanations]
    parts = [("Activation functions", objective.functions(rows))]
    parts += [("Objective", objective.objective(summary))] if whole else []
    return [(heading, lines) for heading, lines in parts if lines]
