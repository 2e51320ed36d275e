"""``cnncalc kinds``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import kinds as registry
from cnncalc.cli import io, options
from cnncalc.errors import UsageError
from cnncalc.explain.kind import describe
from cnncalc.network.blocks import PLACERS
from cnncalc.render import kinds as render

EXAMPLE = "Example: cnncalc kinds conv"


def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="Show this kind with its rules.", autocompletion=options.complete_kinds),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
) -> int:
    """The kinds of layers, their fields and rules."""
    format = options.form(format, output, render.FORMATS)
    every = registry.every()
    if kind is None:
        text = render.as_list([describe(found) for found in every.values()], format, to_file=bool(output))
    elif kind in every:
        text = render.one(describe(every[kind]), format, to_file=bool(output))
    elif kind in PLACERS:
        raise UsageError(f"{kind} is a block, not a kind of layer", help="cnncalc schema has the fields of blocks")
    else:
        hint = registry.meant(kind) or "cnncalc kinds lists them"
        raise UsageError(f'no kind of layer is called "{kind}"', help=hint)
    io.emit(text, output)
    return 0
