"""A paper as a problem file, Markdown, LaTeX, Moodle XML or GIFT, and its solution."""

from __future__ import annotations

import string
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnncalc.errors import OutputError
from cnncalc.render import questions
from cnncalc.render.forms.answer import written
from cnncalc.render.forms.markup import latex, markdown
from cnncalc.render.working import equation
from cnncalc.spec.written import flow

if TYPE_CHECKING:
    from cnncalc.check.papers.generate import Item, Paper, Question
    from cnncalc.explain.layer import Step

FORMATS = ("yaml", "markdown", "latex", "moodle", "gift")
#: Those whose key stands in a file of its own.
APART = ("yaml", "markdown", "latex")


def render(paper: Paper, format: str, *, with_key: bool = True) -> str:
    """The paper; ``with_key``: a problem file holds its answers. Raises OutputError where it does not read back."""
    if format in ("moodle", "gift"):
        room = import_module(f"cnncalc.render.{format}")
        asked = questions.asked(paper)
        text: str = room.write(asked)
        if room.read(text) != asked:
            raise OutputError(f"the {format} file does not read back as it was written")
        return text
    return {"yaml": _yaml, "markdown": _markdown, "latex": _latex}[format](paper, with_key=with_key)


def solution(paper: Paper, format: str) -> str:
    """The key with its working."""
    return {"yaml": _yaml, "markdown": _markdown_key, "latex": _latex_key}[format](paper, with_key=True)


def answer(value: Any) -> Any:
    """An answer as a problem file has it."""
    return "x".join(map(str, value)) if isinstance(value, list) else value


def _yaml(paper: Paper, *, with_key: bool) -> str:
    lines = [f"title: {flow(paper.title)}", "problems:"]
    for item in paper.items:
        draft = item.draft
        lines += [f"  - id: {item.id}", f"    text: {flow(draft.text)}", f"    input: {answer(list(draft.input))}"]
        lines += [f"    layers: {flow(draft.layers)}"] + [f"    given: {flow(draft.given)}"] * bool(draft.given)
        key = {str(q.key): answer(q.answer) if with_key else None for q in item.questions}
        lines.append(f"    answers: {flow(key)}")
        options = {str(q.key): [answer(option.value) for option in q.options] for q in item.questions if q.options}
        lines += [f"    options: {flow(options)}"] * bool(options)
    return "\n".join(lines) + "\n"


def _options(question: Question) -> list[str]:
    """What there is to choose from, lettered."""
    texts = [written(option.value, str(question.key)) for option in question.options]
    return [f"({letter}) {text}" for letter, text in zip(string.ascii_lowercase, texts, strict=False)]


def _worked(item: Item, question: Question) -> tuple[str, list[Step]]:
    """The right answer in words, and the lines of its working."""
    name = f"{question.key} = " if len(item.questions) > 1 or not question.key.quantity else ""
    right = [text for text in _options(question) if text.endswith(f" {written(question.answer, str(question.key))}")]
    return name + (right[0] if right else written(question.answer, str(question.key))), item.working(question)


def _markdown(paper: Paper, *, with_key: bool) -> str:
    lines = [f"# {markdown(paper.title)}", ""]
    for number, item in enumerate(paper.items, 1):
        lines += [f"{number}. {markdown(item.draft.text)}", ""]
        for question in item.questions:
            if question.options:
                lines += [f"   - {markdown(questions.prompt(question))}"] * (len(item.questions) > 1)
                lines += [f"   - {markdown(option)}" for option in _options(question)] + [""]
    return "\n".join(lines) + "\n"


def _markdown_key(paper: Paper, *, with_key: bool) -> str:
    lines = [f"# {markdown(paper.title)}: solution", ""]
    for number, item in enumerate(paper.items, 1):
        answers = [_worked(item, question) for question in item.questions]
        lines.append(f"{number}. {'; '.join(markdown(text) for text, _ in answers)}")
        lines += [f"   - ${equation(step, 'latex')}$" for _, steps in answers for step in steps]
    return "\n".join(lines) + "\n"


def _document(title: str, body: list[str]) -> str:
    opening = [r"\documentclass{article}", r"\usepackage[utf8]{inputenc}", r"\begin{document}"]
    heading = rf"\section*{{{latex(title)}}}"
    lines = [*opening, heading, r"\begin{enumerate}", *body, r"\end{enumerate}", r"\end{document}"]
    return "\n".join(lines) + "\n"


def _latex(paper: Paper, *, with_key: bool) -> str:
    body = []
    for item in paper.items:
        body.append(rf"\item {latex(item.draft.text)}")
        for question in item.questions:
            if question.options:
                body += [rf"\par {latex(questions.prompt(question))}"] * (len(item.questions) > 1)
                body.append(r"\par " + r" \quad ".join(latex(option) for option in _options(question)))
    return _document(paper.title, body)


def _latex_key(paper: Paper, *, with_key: bool) -> str:
    body = []
    for item in paper.items:
        answers = [_worked(item, question) for question in item.questions]
        body.append(rf"\item {'; '.join(latex(text) for text, _ in answers)}")
        body += [rf"\par ${equation(step, 'latex')}$" for _, steps in answers for step in steps]
    return _document(f"{paper.title}: solution", body)
