"""``cnncalc check --answers``: a sheet is read, marked, and its marks are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.cli import io
from cnncalc.errors import LimitError, UsageError
from cnncalc.limits import Limits

if TYPE_CHECKING:
    from cnncalc.check.marking.cells import Cell
    from cnncalc.check.marking.exam import Exam, Student, Tally
    from cnncalc.check.marking.sheets import Sheet
    from cnncalc.cli.feedback import Feedback


class Given(NamedTuple):
    """An answer sheet as the command line names it: its file, the map of its columns, its encoding."""

    answers: str
    columns: str | None = None
    encoding: str | None = None


def mark(
    files: list[str],
    given: Given,
    bounds: Limits,
    networks: str | None,
    feedback: str | None,
    format: str,
    output: str | None,
) -> int:
    """Mark a sheet; 1 where a problem could not be worked out."""
    from cnncalc.check.marking import exam as marking
    from cnncalc.cli.feedback import Feedback
    from cnncalc.render import marks

    exam = marking.Exam(files, bounds, networks)
    sheet = _read(exam, given, bounds)
    cells = sheet.cells
    _complain(exam, sheet)
    tally = marking.Tally()
    names = list(dict.fromkeys(cell.student for cell in cells))
    told = Feedback(feedback, names, output) if feedback else None
    students = _marked(exam, cells, len(names), tally, told)
    io.emit_all(marks.render(students, tally, format, to_file=bool(output)), output)
    return max((4 if isinstance(error, LimitError) else 1 for error in exam.broken), default=0)


def _read(exam: Exam, given: Given, bounds: Limits) -> Sheet:
    from cnncalc.check.marking import column_map, encodings, sheets

    labels = exam.labels
    encoding = encodings.find(given.encoding) if given.encoding is not None else None
    by_hand = column_map.read(given.columns, bounds, labels) if given.columns is not None else None
    return sheets.read(given.answers, bounds, labels, encoding=encoding, given=by_hand)


def _complain(exam: Exam, sheet: Sheet) -> None:
    """Tell on standard error how the sheet was understood, and what is not marked, or not as the file says."""
    from cnncalc.render.matched import matched
    from cnncalc.render.messages import block

    faults = [fault for error in exam.broken for fault in error.problems]
    warnings = [*exam.warnings, *exam.unknown(sheet.cells)]
    texts = [block(fault) for fault in faults] + [block(fault, "warning") for fault in warnings]
    understood = matched(sheet, list(exam.questions))
    if understood or texts:
        io.complain("\n".join([*understood, *texts]), 0)
    if not exam.questions:
        raise UsageError("there is nothing to mark: no problem could be read")


def _marked(exam: Exam, cells: list[Cell], count: int, tally: Tally, feedback: Feedback | None) -> Iterator[Student]:
    """The ``count`` students as they are marked, each counted and, where wanted, given feedback."""
    show = io.progress()
    for number, student in enumerate(exam.mark(cells)):
        tally.add(student)
        if feedback:
            feedback.write(student)
        if show:
            show(number, count, student.student)
        yield student
