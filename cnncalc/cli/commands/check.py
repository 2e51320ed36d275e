"""``cnncalc check``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.errors import LimitError, UsageError
from cnncalc.limits import Limits
from cnncalc.render import verdicts as render

if TYPE_CHECKING:
    from cnncalc.check.marking.exam import Exam, Student, Tally
    from cnncalc.check.marking.sheets import Cell
    from cnncalc.check.verdicts import Verdict
    from cnncalc.cli.feedback import Feedback

EXAMPLE = "Examples: cnncalc check @quiz; cnncalc check @quiz --answers @quiz-answers"


def check(
    path: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Problem files, folders of them, patterns, or - for standard input.",
            autocompletion=options.complete_files,
        ),
    ],
    answers: Annotated[
        str | None, typer.Option("--answers", "-a", metavar="FILE", help="A CSV of student,problem,key,answer to mark.")
    ] = None,
    feedback: Annotated[
        str | None, typer.Option("--feedback", metavar="DIR", help="With --answers: a Markdown file for each student.")
    ] = None,
    networks: Annotated[
        str | None,
        typer.Option(
            "--networks",
            metavar="DIR",
            help="Allow problems to use networks below DIR [default: below each problem file's folder].",
        ),
    ] = None,
    jobs: Annotated[str, typer.Option("--jobs", "-j", metavar="N", help="Use N cores; 0: all of them.")] = "1",
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Recompute every answer of problem files; with --answers, mark what students answered."""
    from cnncalc.check import batch

    format = options.form(format, output, render.FORMATS)
    bounds, count = options.limits(limit), _jobs(jobs)
    if feedback is not None and answers is None:
        raise UsageError("--feedback needs --answers", help="--answers FILE.csv --feedback DIR")
    if networks is not None and not os.path.isdir(networks):
        raise UsageError(f"--networks {networks} is no folder", help="--networks DIR")
    files = batch.find(path)
    if answers is not None:
        return _mark(files, answers, bounds, networks, feedback, format, output)
    passing = _Passing(batch.check_all(files, bounds, count, networks), files)
    io.emit_all(render.render(passing, format, to_file=bool(output)), output)
    return passing.code


class _Passing:
    """Verdicts as they pass: shows how far they are, and keeps the exit code they ask for."""

    def __init__(self, verdicts: Iterator[list[Verdict]], files: list[str]) -> None:
        self.verdicts, self.files, self.code = verdicts, files, 0

    def __iter__(self) -> Iterator[list[Verdict]]:
        show = io.progress()
        empty = True
        for number, verdicts in enumerate(self.verdicts):
            self.code = max([self.code, *(verdict.code for verdict in verdicts if not verdict.ok)])
            empty = empty and not verdicts
            if show:
                show(number, len(self.files), self.files[number])
            if verdicts or (empty and number + 1 == len(self.files)):
                _refuse_nothing(empty=empty)
                yield verdicts


def _refuse_nothing(*, empty: bool) -> None:
    if empty:
        raise UsageError(
            "there is nothing to check: the files are networks that expect nothing",
            help="cnncalc summary FILE shows one",
        )


def _jobs(text: str) -> int:
    """How many processes. Raises UsageError."""
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise UsageError(f'--jobs "{text}" is not a whole number', help="--jobs 2; --jobs 0 for all cores")
    if text != "0":
        return int(text)
    from os import cpu_count

    return cpu_count() or 1


def _mark(
    files: list[str],
    answers: str,
    bounds: Limits,
    networks: str | None,
    feedback: str | None,
    format: str,
    output: str | None,
) -> int:
    """Mark a sheet; 1 where a problem could not be worked out."""
    from cnncalc.check.marking import exam as marking
    from cnncalc.check.marking import sheets
    from cnncalc.cli.feedback import Feedback
    from cnncalc.render import marks

    cells = sheets.read(answers, bounds)
    exam = marking.Exam(files, bounds, networks)
    _complain(exam, cells)
    tally = marking.Tally()
    names = list(dict.fromkeys(cell.student for cell in cells))
    told = Feedback(feedback, names, output) if feedback else None
    students = _marked(exam, cells, len(names), tally, told)
    io.emit_all(marks.render(students, tally, format, to_file=bool(output)), output)
    return max((4 if isinstance(error, LimitError) else 1 for error in exam.broken), default=0)


def _complain(exam: Exam, cells: list[Cell]) -> None:
    """Tell on standard error what is not marked, or not as the file says."""
    from cnncalc.render.messages import block

    faults = [fault for error in exam.broken for fault in error.problems]
    warnings = [*exam.warnings, *exam.unknown(cells)]
    texts = [block(fault) for fault in faults] + [block(fault, "warning") for fault in warnings]
    if texts:
        io.complain("\n".join(texts), 0)
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
