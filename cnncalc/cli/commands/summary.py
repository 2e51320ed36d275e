"""``cnncalc summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc import api
from cnncalc.cli import io, options
from cnncalc.render import summary as render
from cnncalc.shape import order
from cnncalc.summary import findings

if TYPE_CHECKING:
    from cnncalc.api import Net
    from cnncalc.render.forms.sheet import Column

EXAMPLE = "Example: cnncalc summary specs/worked-example.yaml --columns name,output,params"


def summary(
    spec: options.Spec,
    format: Annotated[str, options.format_option(render.FORMATS)] = "table",
    columns: options.Columns = None,
    layout: options.Layout = None,
    strict: options.Strict = False,
    like: Annotated[
        str | None,
        typer.Option("--as", metavar="TOOL", help="Count MACs as torchinfo, fvcore, ptflops, thop or calflops does."),
    ] = None,
    check: options.Check = False,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """The table of every layer's output, parameters, multiply-accumulates and receptive field, and the totals."""
    options.choose("--format", format, render.FORMATS)
    chosen = render.columns(columns)
    net = api.load(spec, options.limits(limit))
    return show(net, format, chosen, options.layout(layout), output, spec, strict=strict, check=check, like=like)


def show(
    net: Net,
    format: str,
    chosen: list[Column],
    layout: str | None,
    output: str | None,
    source: str,
    *,
    strict: bool,
    check: bool,
    like: str | None = None,
) -> int:
    """Write the summary of ``net``; 1 for any finding where ``strict``, and for an error where ``check``.

    ``like`` names a tool to count as.
    """
    from cnncalc.render.data import summary_data

    result = net.summary()
    found = findings.find(result, strict=strict)
    data = summary_data(result, found, layout and order(layout))
    if like is not None:
        from cnncalc.check.slips import tools

        tool = tools.find(like)
        data = tools.counted_as(tool, result, data)
        io.complain(f"note: MACs as {like} counts them: {tool.said}", 0)
    io.emit(render.render(data, format, chosen, to_file=bool(output)), output)
    if found and format == "csv":  # which has no place for them
        io.complain("\n".join(map(render.finding_line, data["findings"])), 0)
    failed = any(finding.severity == "error" for finding in found)
    return 1 if (strict and found) or (check and failed) else 0
