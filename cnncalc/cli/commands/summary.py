"""``cnncalc summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc import limits
from cnncalc.cli import io, options
from cnncalc.render import columns as table
from cnncalc.render import summary as render
from cnncalc.summary import findings
from cnncalc.summary.infer import Unfit

if TYPE_CHECKING:
    from cnncalc.api import Net
    from cnncalc.render.forms.sheet import Column

Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="NAMES",
        help=f"Some of {', '.join(table.COLUMNS)}; or all.",
        show_default=False,
        autocompletion=options.complete((*table.COLUMNS, "all"), several=True),
    ),
]
EXAMPLE = "Examples: cnncalc summary @worked-example --columns name,output,params; cnncalc summary @resnet-50 --depth 2"


def summary(
    spec: options.Spec,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    columns: Columns = None,
    depth: options.Depth = None,
    layout: options.Layout = None,
    strict: options.Strict = False,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """The table of every layer's output, parameters, multiply-accumulates and receptive field, and the totals."""
    format = options.form(format, output, render.FORMATS)
    chosen, level = table.columns(columns), options.level(depth)
    net = options.network(spec, None, limits.parse(limit or []))
    return show(net, format, chosen, level, options.layout(layout), output, spec, strict=strict)


def show(
    net: Net,
    format: str,
    chosen: list[Column] | None,
    depth: int | None,
    layout: str | None,
    output: str | None,
    source: str,
    *,
    strict: bool,
) -> int:
    """Write the summary of ``net``; 1 where ``strict`` and there are findings.

    Where a layer does not fit, the rows above it are part of the diagnostic: standard output gets nothing, for what is
    read there would pass for the whole.
    """
    from cnncalc.render.data import rows_data, summary_data

    try:
        result = net.summary()
    except Unfit as error:
        if format == "table" and error.above.rows:
            io.complain(render.above(rows_data(error.above), chosen, depth), 0)
        raise
    found = findings.find(result, strict=strict)
    result.layout = layout or result.layout
    data = summary_data(result, found)
    io.emit(render.render(data, format, chosen, depth=depth, to_file=bool(output)), output, source)
    if found and format == "csv":  # which has no place for them
        io.complain("\n".join(f"finding: {finding.mark}: {finding.message}" for finding in found), 0)
    return 1 if strict and found else 0
