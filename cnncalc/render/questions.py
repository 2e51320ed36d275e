"""The questions of a paper as a learning platform takes them: one answer each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.render.forms.answer import written

if TYPE_CHECKING:
    from cnncalc.check.papers.generate import Item, Paper, Question

_NAMES = {
    "output": "size of the output", "params": "number of parameters", "receptive_field": "receptive field",
    "effective_stride": "effective stride",
}  # fmt: skip


class Answer(NamedTuple):
    """An answer with its share of the marks, in percent, and what is told who gives it."""

    text: str
    percent: int
    told: str = ""


class Asked(NamedTuple):
    """A question of a ``kind``: choice, number or text (which is compared with every answer)."""

    name: str
    text: str
    kind: str
    answers: list[Answer]


def asked(paper: Paper) -> list[Asked]:
    """Every question of a paper."""
    return [_asked(item, question) for item in paper.items for question in item.questions]


def _asked(item: Item, question: Question) -> Asked:
    name = str(question.key)
    right = written(question.answer, name, separators=False)
    text = f"{item.draft.text} {prompt(question)}" if len(item.questions) > 1 else item.draft.text
    if question.options:
        options = [
            Answer(written(option.value, name, separators=False), 100 * (option.value == question.answer), told)
            for option in question.options
            for told in [f"{right} {option.said}" if option.said else ""]
        ]
        return Asked(f"{item.id} {name}", text, "choice", options)
    if not isinstance(question.answer, list):
        return Asked(f"{item.id} {name}", text, "number", [Answer(right, 100)])
    sizes = question.answer
    forms = [right, "x".join(map(str, sizes)), ", ".join(map(str, sizes)), f"({', '.join(map(str, sizes))})"]
    return Asked(f"{item.id} {name}", text, "text", [Answer(form, 100) for form in forms])


def prompt(question: Question) -> str:
    """What is asked, in words: ``Give the number of parameters of conv1.``"""
    key = question.key
    what = _NAMES.get(key.quantity, key.quantity.replace("_", " "))
    return f"Give the {what} of {key.layer or 'the network'}." if key.quantity else f"Give {key.layer}."
