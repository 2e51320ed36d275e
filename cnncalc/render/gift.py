"""GIFT, the text format of Moodle and others: written and read back."""

from __future__ import annotations

import re

from cnncalc.render.forms.text import printable
from cnncalc.render.questions import Answer, Asked

_SPECIAL = "\\~=#{}:"


def write(questions: list[Asked]) -> str:
    """The questions as GIFT, one block each."""
    return "\n\n".join(_block(question) for question in questions) + "\n"


def _block(question: Asked) -> str:
    if question.kind == "number":
        answers = [f"#{answer.text}" for answer in question.answers]
    else:
        answers = [_answer(answer) for answer in question.answers]
    body = "\n".join(f"  {answer}" for answer in answers)
    return f"::{_escaped(question.name)}:: {_escaped(question.text)} {{\n{body}\n}}"


def _answer(answer: Answer) -> str:
    sign = "=" if answer.percent == 100 else "~"
    return sign + _escaped(answer.text) + (f"#{_escaped(answer.told)}" if answer.told else "")


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in printable(text))


def read(text: str) -> list[Asked]:
    """The questions of a file that ``write`` made."""
    return [_read(block) for block in re.split(r"\n\n+", text.strip())]


_BLOCK = re.compile(r"::((?:\\.|[^\\:])*):: ((?:\\.|[^\\{}])*) \{\n((?:\\.|[^\\}])*)\n\}", re.DOTALL)
_ANSWER = re.compile(r"([=~])((?:\\.|[^\\#])*)(?:#(.*))?")


def _read(block: str) -> Asked:
    match = _BLOCK.fullmatch(block)
    if not match:
        raise ValueError(f"not a question: {block[:60]}")
    name, text = _plain(match[1]), _plain(match[2])
    lines = [line.strip() for line in match[3].splitlines()]
    if all(line.startswith("#") for line in lines):
        return Asked(name, text, "number", [Answer(line[1:], 100) for line in lines])
    answers = []
    for line in lines:
        parts = _ANSWER.fullmatch(line)
        if not parts:
            raise ValueError(f"not an answer: {line[:60]}")
        answers.append(Answer(_plain(parts[2]), 100 if parts[1] == "=" else 0, _plain(parts[3] or "")))
    kind = "text" if all(answer.percent == 100 for answer in answers) else "choice"
    return Asked(name, text, kind, answers)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
