"""Checking and marking from Python: ``cnncalc.check_answers`` and ``cnncalc.mark_answers``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnncalc.check import batch
from cnncalc.errors import SpecError
from cnncalc.limits import Limits

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Student
    from cnncalc.check.verdicts import Verdict

Path = str | os.PathLike[str]


def check_answers(*paths: Path, limits: Limits | None = None, jobs: int = 1) -> Iterator[Verdict]:
    """Recompute every answer in problem files, and what networks ``expect``: a verdict for each, in order.

    ``paths`` are files, folders or patterns. An invalid file gives a verdict that is not ``ok``. Raises UsageError
    where a path names nothing.

    >>> all(verdict.ok for verdict in check_answers("specs/quiz.yaml"))
    True
    """
    for verdicts in batch.check_all(batch.find([os.fspath(path) for path in paths]), limits or Limits(), jobs):
        yield from verdicts


def mark_answers(
    sheet: Path, *paths: Path, limits: Limits | None = None, columns: Path | None = None, encoding: str | None = None
) -> Iterator[Student]:
    """Mark an answer sheet (CSV or .xlsx; a row for each answer or for each student) against problem files.

    Students come in the order of the sheet. ``columns`` is a YAML file that says what the columns mean, if their
    headings do not; ``encoding`` is needed for a CSV that is not in UTF-8, UTF-16 or Windows-1252.

    Raises SpecError with every row of the sheet that is wrong, and for a problem that cannot be worked out.

    >>> [student.marks for student in mark_answers("specs/quiz-answers.csv", "specs/quiz.yaml")][0] > 0
    True
    """
    from cnncalc.check.marking import exam, sheets

    bounds = limits or Limits()
    found = exam.Exam(batch.find([os.fspath(path) for path in paths]), bounds)
    by_hand = os.fspath(columns) if columns is not None else None
    cells = sheets.read(os.fspath(sheet), bounds, found.labels, columns=by_hand, encoding=encoding).cells
    faults = [fault for error in found.broken for fault in error.problems] + found.unknown(cells)
    if faults:
        raise SpecError(faults)
    yield from found.mark(cells)
