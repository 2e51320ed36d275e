"""``cnncalc check``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.errors import UsageError
from cnncalc.render import verdicts as render

if TYPE_CHECKING:
    from cnncalc.check.verdicts import Verdict

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
        str | None,
        typer.Option(
            "--answers",
            "-a",
            metavar="FILE",
            help="A sheet to mark: CSV or .xlsx, of student,problem,key,answer or a row for each student.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help='With --answers: YAML that maps its columns, as in {"Response 1": Q1.c1.output}.',
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", metavar="NAME", help="With --answers: such as windows-1252 [default: detected]."),
    ] = None,
    feedback: Annotated[
        str | None, typer.Option("--feedback", metavar="DIR", help="With --answers: a Markdown file for each student.")
    ] = None,
    gradebook: Annotated[
        str | None,
        typer.Option(
            "--gradebook", metavar="FILE", help="With --answers: a CSV with a row for each student, marks and total."
        ),
    ] = None,
    networks: options.Networks = None,
    jobs: Annotated[str, typer.Option("--jobs", "-j", metavar="N", help="Use N cores; 0: all of them.")] = "1",
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Recompute every answer of problem files. With --answers, mark an answer sheet."""
    from cnncalc.check import batch

    format = options.form(format, output, render.FORMATS)
    bounds, count = options.limits(limit), _jobs(jobs)
    of_sheets = {"--feedback": feedback, "--gradebook": gradebook, "--map": columns, "--encoding": encoding}
    for option, given in of_sheets.items():
        if given is not None and answers is None:
            raise UsageError(f"{option} needs --answers", help=f"--answers FILE.csv {option} {given}")
    options.folder("--networks", networks)
    files = batch.find(path)
    if answers is not None:
        from cnncalc.cli.marking import Given, mark

        return mark(files, Given(answers, columns, encoding, feedback, gradebook), bounds, networks, format, output)
    passing = _Passing(batch.check_all(files, bounds, count, networks), files)
    io.emit_all(render.render(passing, format, to_file=bool(output)), output)
    return passing.code


class _Passing:
    """Passes verdicts on: shows progress, and keeps the exit code they require."""

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
