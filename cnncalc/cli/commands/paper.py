"""``cnncalc paper``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.cli.files import Files
from cnncalc.errors import UsageError
from cnncalc.render import papers as render

EXAMPLE = (
    "Examples: cnncalc paper @quiz --format latex -o quiz.tex; cnncalc paper @quiz --key; "
    "cnncalc paper @quiz --copies 30 --shuffle 7 --key -o key.yaml"
)
FORMATS = ("markdown", *(format for format in render.FORMATS if format != "markdown"))


def paper(
    path: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Problem files, folders of them, patterns, or - for standard input.",
            autocompletion=options.complete_files,
        ),
    ],
    format: Annotated[str | None, options.format_option(FORMATS)] = None,
    key: Annotated[bool, typer.Option("--key", help="Write the key with the full working.")] = False,
    shuffle: Annotated[
        str | None,
        typer.Option(
            "--shuffle", metavar="SEED", help="Draw the order of problems and options by SEED.", show_default=False
        ),
    ] = None,
    copies: Annotated[
        str | None,
        typer.Option(
            "--copies",
            metavar="N",
            help="Write N shuffled copies; problems that generate drew have other numbers in each.",
            show_default=False,
        ),
    ] = None,
    networks: options.Networks = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Write problem files as a paper, as its key, or for Moodle.

    Moodle imports moodle and gift; other platforms import qti, a package in a ZIP file. These three hold their key.
    With --copies, mark all copies in one run with the problem file that --key --format yaml writes.
    """
    from cnncalc.check import batch
    from cnncalc.check.papers import copies as variants
    from cnncalc.check.papers import paper as papers
    from cnncalc.render.messages import block

    format = options.form(format, output, FORMATS)
    if key and format not in render.APART:
        raise UsageError(f"--key: a {format} file holds its key", help=f"--format {', '.join(render.APART)}")
    options.folder("--networks", networks)
    seed = None if shuffle is None else options.whole("--shuffle", shuffle, 0)
    count = None if copies is None else options.whole("--copies", copies, 1, variants.MOST)
    whole, doubtful = papers.of_files(batch.find(path), options.limits(limit), networks)
    if doubtful:
        io.complain("\n".join(block(fault, "warning") for fault in doubtful), 0)
    if count is not None:
        written = variants.copies(whole, count, seed or 0)
    else:
        written = [whole if seed is None else variants.shuffled(whole, seed)]
    result = render.key(written, format) if key else render.render(written, format)
    with Files() as files:
        io.emit_result(result, output, files)
    return 0
