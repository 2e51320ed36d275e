"""Papers as one problem file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms.answer import as_data, matrix
from cnncalc.render.papers import prose
from cnncalc.spec.written import flow

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part


def write(papers: Sequence[Paper]) -> str:
    """The problems without their answers; they can be marked, but not checked."""
    return _file(papers, with_answers=False)


def key(papers: Sequence[Paper]) -> str:
    """The problems of all copies with their answers."""
    return _file(papers, with_answers=True)


def _file(papers: Sequence[Paper], *, with_answers: bool) -> str:
    lines = [f"title: {flow(papers[0].title)}", "problems:"]
    for paper in papers:
        for item in paper.items:
            lines += _problem(item, paper.copy, with_answers=with_answers)
    return "\n".join(lines) + "\n"


def _problem(item: Item, copy: str | None, *, with_answers: bool) -> list[str]:
    lines = [f"  - id: {flow(item.id)}"]
    lines += [f"    copy: {flow(copy)}"] * (copy is not None)
    lines += [f"    text: {flow(item.text)}"] * bool(item.text)
    lines += [f"    {flow(key)}: {value}" for key, value in item.stated.items() if key not in ("copy", "marks")]
    lines += [f"    marks: {_marks(item)}"] * any(part.marks != 1 for part in item.parts)
    answers = {str(part.key): _answer(part) if with_answers else None for part in item.parts}
    lines.append(f"    answers: {flow(answers)}")
    options = {str(part.key): _options(part) for part in item.parts if part.options}
    return lines + [f"    options: {flow(options)}"] * bool(options)


def _options(part: Part) -> list[Any]:
    return [_value(option.value, computed=part.key.numbers) for option in part.options]


def _marks(item: Item) -> str:
    """The marks of all parts together if these are equal, else of each part."""
    each = {str(part.key): prose.number(part.marks) for part in item.parts}
    return prose.number(item.marks) if len({part.marks for part in item.parts}) == 1 else flow(each)


def _answer(part: Part) -> Any:
    """The right answer as written in a problem file."""
    if not part.key.quantity:
        return part.answer[0] if isinstance(part.answer, list) else part.answer
    return "none" if part.answer is None else _value(part.answer, computed=part.key.numbers)


def _value(value: Any, *, computed: bool = False) -> Any:
    if not isinstance(value, list):
        return as_data(value)
    if any(isinstance(item, list) for item in value) or computed:
        return matrix(value, separators=False)
    texts = [str(as_data(size)) for size in value]
    return "x".join(text if text.isalnum() else f"({text})" for text in texts)
