"""Feedback for a student in Markdown: marks, and for each wrong answer the working and the slip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.explain.layer import legend
from cnncalc.render.forms.answer import written
from cnncalc.render.forms.markup import markdown
from cnncalc.render.forms.text import number, printable
from cnncalc.render.results import points
from cnncalc.render.working import equation, merged

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Marked, Student
    from cnncalc.check.slips.found import Way

#: The end of a feedback file. Markdown does not show it; a file with this end may be replaced by newer feedback.
FEEDBACK_END = "\n[//]: # (made by cnncalc check --feedback, which replaces this file when it is run again)\n"
_SAID = {
    "right": "right", "follow_through": "not right, but it follows from your earlier answer",
    "unread": "this could not be read; your examiner will look at it",
}  # fmt: skip
_INSTEAD = "given as "  # another quantity than the one asked for
_MISSING = re.compile(r"without (?:its|the) (.+)")


def feedback(student: Student) -> str:
    """The feedback of one student."""
    total = f"{number(points(student.marks))} of {number(points(student.out_of))}"
    lines = [f"# {_safe(student.student)}", "", f"Marks: {total}"]
    problem = None
    for marked in student.answers:
        question = marked.question
        if question.problem is not problem:
            problem = question.problem
            lines += ["", f"## {_safe(problem.id)}", "", *([_safe(problem.text), ""] if problem.text else [])]
        lines += [_line(marked), *_reasons(marked)]
    letters = merged(map(_legend, student.answers))
    if letters:
        lines += ["", "Letters: " + "; ".join(f"{_safe(letter)} {_safe(meaning)}" for letter, meaning in letters)]
    return "\n".join(lines) + "\n" + FEEDBACK_END


def _line(marked: Marked) -> str:
    said = _SAID.get(marked.how, "not right")
    if marked.read is not None:
        said += f", read as {_safe(written(marked.read, marked.question.name))}"
    answer = "no answer" if marked.answer is None else f"{_safe(str(marked.shown))}: {said}"
    marks = f"{points(marked.marks)} of {points(marked.question.marks)}"
    return f"- {_safe(marked.question.name)}: {answer} ({marks})"


def _is_explained(marked: Marked) -> bool:
    return not (marked.ok or marked.ok is None)


def _reasons(marked: Marked) -> list[str]:
    if not _is_explained(marked):
        return []
    right = marked.question.right
    lines = [f"It is {written(right, marked.question.name)}."] if right is not None else []
    lines += [f"Your answer {marked.why}."] if marked.why else []
    lines += map(equation, marked.steps())
    return [f"  - {_safe(line)}" for line in (*lines, *_slips(marked))]


def _slips(marked: Marked) -> list[str]:
    """The slip in a sentence: ``You gave 864, which is F·F·C·K = 3·3·3·32: the 32 biases are missing.``"""
    first, *others = map(_told, marked.slip.ways) if marked.slip else [("", "")]
    if not first[1]:
        return []
    return [f"You gave {marked.shown}{first[0]}{first[1]}{''.join(f', or {told}' for _, told in others)}."]


def _told(way: Way) -> tuple[str, str]:
    """The parts of a sentence about the student's answer: its continuation, and what is missing or different."""
    missing = _MISSING.fullmatch(way.said)
    sides = [equation(step).split(" = ") for step in way.steps]
    shown = f" ({', '.join(map(' = '.join, sides))})" if sides else ""
    if way.said.startswith(_INSTEAD):
        return ": ", way.said.removeprefix(_INSTEAD) + shown
    if missing is None or " and " in missing[1]:
        return ", which is ", f"the answer {way.said}{shown}"
    head = re.split(" (?:of|for|in) ", missing[1])[0]
    many = head.endswith("s") and not head.endswith("bias")
    said = f"the {missing[1]} {'are' if many else 'is'} missing"
    if len(sides) == 1 and len(sides[0]) > 2:
        return f", which is {' = '.join(sides[0][1:-1])}: ", said
    return ": ", said + shown


def _legend(marked: Marked) -> dict[str, str]:
    """The meaning of the letters in the working of an answer."""
    key, rows = marked.question.key, marked.question.problem.truth.summary.rows_by_name
    if not _is_explained(marked) or key is None or key.layer not in rows:
        return {}
    slipped = [step for way in (marked.slip.ways if marked.slip else ()) for step in way.steps]
    return legend(rows[key.layer].layer.kind, [step.expression for step in (*marked.steps(), *slipped)])


def _safe(text: str) -> str:
    return markdown(printable(" ".join(text.split()) if "\n" in text else text))
