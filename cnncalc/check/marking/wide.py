"""Sheets with a row for each student, as learning platforms export them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnncalc.check.marking.cells import Cell, Row
from cnncalc.check.marking.columns import Columns
from cnncalc.errors import Problem

#: How Moodle writes the parts of a question with several gaps: ``part 1: 14; part 2: 14; part 3: 32``.
_PART = re.compile(r"(?:^|;)\s*(?:part|teil|partie|parte)\s*\d{1,3}\s*:\s*", re.I)
_UNANSWERED = ("-", "–", "")  # what Moodle writes for no response
_LISTED = re.compile(r"[;\n]+")
_AVERAGE = ("overall average", "gesamtdurchschnitt", "moyenne générale", "promedio general")  # Moodle's last row


def held(rows: Iterable[Row], columns: Columns) -> tuple[list[Row], Columns]:
    """The rows below the heading, padded to its width; and the columns, with the one that names the students first."""
    width = len(columns.heading)
    full = [(row + [""] * (width - len(row)), mark) for row, mark in rows if row[0].strip().lower() not in _AVERAGE]
    student = _student(full, columns)
    return full, columns._replace(students=[student])


def cells_of(rows: Iterable[Row], columns: Columns, faults: list[Problem]) -> Iterator[Cell]:
    """The answers of rows that are ``held``; ``faults`` gets the rows without a student."""
    width, student = len(columns.heading), columns.student
    for row, mark in rows:
        answers = [cell for place in columns.answers for cell in _answers(row, place, columns)]
        name = " ".join(row[place].strip() for place in student).strip()
        if any(cell.strip() for cell in row[width:]):
            what = f"{len(row)} cells, but the heading has {width}"
            faults.append(Problem(what, mark, help="put a cell with commas in quotes"))
        elif name:
            yield from (Cell(name, problem, key, text, mark) for problem, key, text in answers)
        elif any(text for _, _, text in answers):
            faults.append(
                Problem("the student is missing", mark, help=f'it is looked for in "{_names(columns, student)}"')
            )


def _names(columns: Columns, places: tuple[int, ...]) -> str:
    return " ".join(columns.heading[place].strip() for place in places)


def _student(rows: list[Row], columns: Columns) -> tuple[int, ...]:
    """The first of the columns that may name the student in which every row has a name, and no two the same.

    An export has more than one of them, of which some may be empty. If none qualifies, the first.
    """

    def tells_apart(places: tuple[int, ...]) -> bool:
        names = [tuple(row[place].strip() for place in places) for row, _ in rows]
        return len(set(names)) == len(names) and all(any(name) for name in names)

    return next(filter(tells_apart, columns.students), columns.students[0])


def _answers(row: list[str], place: int, columns: Columns) -> Iterator[tuple[str, str, str | None]]:
    """What a cell answers, one or several questions: ``(problem, key, text)``."""
    questions, text = columns.answers[place], row[place].strip()
    if place in columns.responses and text in _UNANSWERED:
        text = ""
    parts = [part.strip(" ;") for part in _PART.split(text)[1:]]
    if len(questions) == 1:
        texts = [" x ".join(parts) or text]
    elif len(parts) == len(questions):
        texts = ["" if part in _UNANSWERED else part for part in parts]
    else:
        listed = [part for part in _LISTED.split(text) if part.strip()]
        texts = listed if len(listed) == len(questions) else [text] + [""] * (len(questions) - 1)
    for (problem, key), one in zip(questions, texts, strict=True):
        yield problem, key, one.strip() or None
