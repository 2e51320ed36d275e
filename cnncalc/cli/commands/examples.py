"""``cnncalc examples``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.limits import Limits
from cnncalc.render import examples as render
from cnncalc.spec import packaged, source

EXAMPLE = "Examples: cnncalc examples lenet5; cnncalc examples"


def examples(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show the text of this one.", autocompletion=options.complete_examples),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
) -> int:
    """List the packaged networks and problems. @NAME is one of them wherever a file is read."""
    format = options.form(format, output, render.FORMATS)
    texts = {stem: source.text(path, Limits()).text for stem, path in packaged.specs().items()}
    if name is None:
        io.emit(render.render(texts, format, to_file=bool(output)), output)
    else:
        io.emit(source.text(packaged.path(f"@{name.removeprefix(packaged.SIGN)}"), Limits()).text, output)
    return 0
