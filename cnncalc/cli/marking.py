"""``cnncalc check --answers``: read a sheet, mark it, and write the marks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.cli import files, io, options
from cnncalc.errors import LimitError, OutputError, SpecError, UsageError
from cnncalc.limits import Limits

if TYPE_CHECKING:
    from cnncalc.check.marking.cells import Cell
    from cnncalc.check.marking.exam import Exam
    from cnncalc.check.marking.marked import Student
    from cnncalc.check.marking.sheets import Sheet
    from cnncalc.render.results import Gradebook


class Given(NamedTuple):
    """What the command line says of a sheet: its file, the map of its columns, its encoding; what to write."""

    answers: str
    columns: str | None = None
    encoding: str | None = None
    feedback: str | None = None
    gradebook: str | None = None


def mark(
    paths: list[str],
    given: Given,
    bounds: Limits,
    networks: str | None,
    format: str,
    output: str | None,
) -> int:
    """Mark a sheet; 1 if a problem could not be computed."""
    from cnncalc.check.marking import exam as marking
    from cnncalc.check.marking import sheets
    from cnncalc.check.marking.tally import Tally
    from cnncalc.cli.feedback import Feedback
    from cnncalc.render import marks, results

    options.apart(("--output", output), ("--gradebook", given.gradebook))
    exam = marking.Exam(paths, bounds, networks)
    try:
        sheet = sheets.read(given.answers, bounds, exam.labels, columns=given.columns, encoding=given.encoding)
    except SpecError:
        if exam.broken and not exam.questions:
            raise exam.broken[0] from None  # why no column can be matched
        raise
    cells = sheet.cells
    _complain(exam, sheet)
    tally, book = Tally(), results.Gradebook()
    names = list(dict.fromkeys(cell.student for cell in cells))
    told = Feedback(given.feedback, names, output) if given.feedback else None
    counting = [tally.add, *([told.write] if told else []), *([book.add] if given.gradebook else [])]
    students = _marked(exam, cells, len(names), counting)
    with _all(students, book, given.gradebook):
        io.emit_all(marks.render(students, tally, format, to_file=bool(output)), output)
    return max((4 if isinstance(error, LimitError) else 1 for error in exam.broken), default=0)


def _complain(exam: Exam, sheet: Sheet) -> None:
    """Report on standard error how the sheet was understood, and what is not marked as the file says."""
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


@contextmanager
def _all(students: Iterator[Student], book: Gradebook, path: str | None) -> Iterator[None]:
    """Feedback and gradebook include every student even if standard output is closed early."""
    try:
        yield
    except (BrokenPipeError, OutputError):
        deque(students, maxlen=0)
        _keep(book, path)
        raise
    _keep(book, path)


def _keep(book: Gradebook, path: str | None) -> None:
    if path is not None:
        files.write(path, "".join(book.lines()).encode("utf-8"))


def _marked(
    exam: Exam, cells: list[Cell], count: int, counting: Sequence[Callable[[Student], None]]
) -> Iterator[Student]:
    """The ``count`` students as they are marked, each added to all tallies."""
    show = io.progress()
    for number, student in enumerate(exam.mark(cells)):
        for add in counting:
            add(student)
        if show:
            show(number, count, student.student)
        yield student
