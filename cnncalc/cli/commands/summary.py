"""``cnncalc summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc import limits
from cnncalc.cli import io, options
from cnncalc.render import columns as table
from cnncalc.render import summary as render
from cnncalc.summary import findings

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
    """Write the summary of ``net``; 1 where ``strict`` and there are findings."""
    from cnncalc.render.data import summary_data

    result = net.summary()
    found = findings.find(result, strict=strict)
    result.layout = layout or result.layout
    data = summary_data(result, found)
    io.emit(render.render(data, format, chosen, depth=depth, to_file=bool(output)), output, source)
    if found and format == "csv":  # which has no place for them
        io.complain("\n".join(f"finding: {finding.mark}: {finding.message}" for finding in found), 0)
    return 1 if strict and found else 0
