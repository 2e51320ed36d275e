"""``cnncalc calc``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import api
from cnncalc.cli import options
from cnncalc.cli.commands.summary import Columns, Like, show
from cnncalc.errors import SpecError, UsageError
from cnncalc.render import columns as table
from cnncalc.render import summary as render

EXAMPLE = "Example: cnncalc calc 28x28x1 conv:10,kernel=5,padding=2 maxpool:2 dense:10"


def calc(
    input: Annotated[str, typer.Argument(metavar="INPUT", help="Sizes of one example, as in 28x28x1.")],
    layer: Annotated[
        list[str],
        typer.Argument(metavar="LAYER...", help="KIND:VALUE,FIELD=VALUE,...; k s p d g are short for kernel, stride, "
                       "padding, dilation, groups."),
    ],
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    columns: Columns = None,
    depth: options.Depth = None,
    layout: options.LineLayout = None,
    strict: options.Strict = False,
    like: Like = None,
    check: options.Check = False,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:  # fmt: skip
    """The same as summary, for layers given on the command line."""
    format = options.form(format, output, render.FORMATS)
    chosen, level = table.columns(columns), options.level(depth)
    order = options.layout(layout)
    net = api.calc(input, *layer, limits=options.limits(limit), layout=order or "channels_last")
    try:
        return show(net, format, chosen, level, order, output, strict=strict, check=check, like=like, line=True)
    except SpecError as error:  # layers that do not fit are bad arguments here
        raise UsageError(error.problems) from None
