"""Marks as a table, JSON, CSV, Markdown or JUnit XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.render import results
from cnncalc.render.forms import json, junit
from cnncalc.render.forms.answer import as_data, written
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import csv_line, write
from cnncalc.render.results import points
from cnncalc.render.verdicts import slip

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Marked, Student
    from cnncalc.check.marking.tally import Tally
    from cnncalc.check.slips.found import Explanation

KEYS = ("problem", "key", "answer", "expected", "ok", "verdict", "marks", "slip", "follow_through", "read_as",
        "remark", "slip_names")  # fmt: skip
_STUDENTS = [
    Column("student", "Student"), Column("marks", "Marks", "number"), Column("out_of", "Out of", "number"),
    Column("right", "Right", "number"), Column("follow_through", "Follow-through", "number"),
    Column("wrong", "Wrong", "number"), Column("unread", "Unread", "number"), Column("missing", "Missing", "number"),
]  # fmt: skip
_QUESTIONS = [
    Column("problem", "Problem"), Column("key", "Question"), *_STUDENTS[3:], Column("share_right", "Share right"),
    Column("mean", "Mean marks", "number"), Column("slips", "Slips"),
]  # fmt: skip
_UNREAD = [
    *(Column(key, key.capitalize()) for key in ("student", "problem")),
    Column("key", "Question"),
    Column("answer", "Answer"),
]
#: Remarks for what the verdict does not say: the verdict on a missing answer is just wrong.
_REMARKS = {"missing": "no answer", "unread": "could not be read"}
_COUNTED = ("right", "follow_through", "wrong", "unread", "missing")


def _answer(marked: Marked) -> dict[str, Any]:
    """A marked answer as in the JSON."""
    question = marked.question
    values = (
        question.problem.id, question.name, marked.shown, as_data(question.right), marked.ok,
        marked.verdict, points(marked.marks), slip(marked.slip) if marked.slip else None, marked.follow_through,
        as_data(marked.read), _REMARKS.get(marked.how) or marked.why or None,
        _names(marked.slip) if marked.slip else None,
    )  # fmt: skip
    return dict(zip(KEYS, values, strict=True))


def _names(found: Explanation) -> str:
    """The slips by the names that ``partial`` takes."""
    return " or ".join(dict.fromkeys(" + ".join(way.names) for way in found.ways))


def _counts(student: Student) -> dict[str, int]:
    hows = [answer.how for answer in student.answers]
    return {how: hows.count(how) for how in _COUNTED}


def render(students: Iterable[Student], tally: Tally, format: str, *, to_file: bool = False) -> Iterator[str]:
    """The marks as pieces of text; ``tally`` is complete when all ``students`` have passed."""
    if format == "json":
        yield from _json(students, tally)
    elif format == "csv":
        yield from _csv(students)
    elif format == "junit":
        yield from _junit(students)
    else:
        marks = Sheet("Students", _STUDENTS, [_row(student) for student in students])
        sheets = [
            marks,
            results.distribution(tally),
            Sheet("Questions", _QUESTIONS, [*map(_in_percent, questions(tally))]),
        ]
        if tally.unread:
            footer = ["These answers could not be read and have no marks: mark them by hand."]
            sheets.append(Sheet("Unread", _UNREAD, list(unread(tally)), footer))
        for sheet in sheets:
            yield write(sheet, format, to_file=to_file) + "\n"


def _row(student: Student) -> dict[str, Any]:
    marks = {"marks": points(student.marks), "out_of": points(student.out_of)}
    return {"student": student.student, **marks, **_counts(student)}


def questions(tally: Tally) -> Iterator[dict[str, Any]]:
    """The class table: for each question, how often it was right, and the slips with their counts."""
    for (problem, key), counts in tally.counts.items():
        made = tally.slips.get((problem, key))
        slips = "; ".join(f"{count}× {' or '.join(said)}" for said, count in made.most_common()) if made else ""
        asked = {"problem": problem, "key": key, **{how: counts[how] for how in _COUNTED}}
        share = round(counts["right"] / counts.total(), 4)
        mean = points(tally.marks[problem, key] / counts.total())
        yield {**asked, "share_right": share, "mean": mean, "slips": slips}


def _in_percent(question: dict[str, Any]) -> dict[str, Any]:
    return {**question, "share_right": f"{100 * question['share_right']:.0f} %"}


def unread(tally: Tally) -> Iterator[dict[str, Any]]:
    """The answers that an examiner must read, with the student and the question."""
    for student, marked in tally.unread:
        place = {"problem": marked.question.problem.id, "key": marked.question.name}
        yield {"student": student, **place, "answer": marked.shown}


def _json(students: Iterable[Student], tally: Tally) -> Iterator[str]:
    return json.pieces(_fields(students, tally))


def _fields(students: Iterable[Student], tally: Tally) -> Iterator[tuple[str, Any]]:
    """One by one: the class is complete after the last student."""
    yield "students", map(_record, students)
    yield "questions", questions(tally)
    yield "unread", unread(tally)
    yield "class", results.data(tally)


def _record(student: Student) -> dict[str, Any]:
    head = {"student": student.student, "marks": points(student.marks), "out_of": points(student.out_of)}
    return {**head, "answers": [_answer(marked) for marked in student.answers]}


def _csv(students: Iterable[Student]) -> Iterator[str]:
    yield ",".join(("student", *KEYS)) + "\n"
    for student in students:
        for marked in student.answers:
            row = {
                **_answer(marked),
                "expected": written(marked.question.right, marked.question.name, "x", separators=False),
            }
            cells = [str(row[key]).lower() if isinstance(row[key], bool) else row[key] for key in KEYS]
            yield csv_line([student.student, *(None if cell is None else str(cell) for cell in cells)])


def _junit(students: Iterable[Student]) -> Iterator[str]:
    """A suite for each student, a case for each answer; an answer without marks is a failure."""
    suites = ((student.student, list(map(_case, student.answers))) for student in students)
    return junit.write("cnncalc check --answers", suites)


def _case(marked: Marked) -> junit.Case:
    question = marked.question
    if marked.ok or marked.follow_through:
        return junit.Case(question.problem.id, question.name)
    compared = f"expected {written(question.right, question.name)}, answered {marked.shown or 'nothing'}"
    why = slip(marked.slip) if marked.slip else "the answer could not be read" if marked.ok is None else ""
    return junit.Case(question.problem.id, question.name, "failure", compared, why)
