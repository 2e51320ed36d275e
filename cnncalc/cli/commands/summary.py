"""``cnncalc summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.render import columns as table
from cnncalc.render import summary as render
from cnncalc.shape import order
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
Like = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="TOOL",
        help="Count MACs as torchinfo, fvcore, ptflops, thop, calflops, onnx-tool or Keras does.",
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
    like: Like = None,
    check: options.Check = False,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Show each layer's output, parameters, MACs, receptive field."""
    format = options.form(format, output, render.FORMATS)
    chosen, level = table.columns(columns), options.level(depth)
    net = options.network(spec, None, options.limits(limit))
    return show(net, format, chosen, level, options.layout(layout), output, strict=strict, check=check, like=like)


def show(
    net: Net,
    format: str,
    chosen: list[Column] | None,
    depth: int | None,
    layout: str | None,
    output: str | None,
    *,
    strict: bool,
    check: bool,
    like: str | None = None,
    line: bool = False,
) -> int:
    """Write the summary of ``net``; 1 for any finding where ``strict``, and for an error where ``check``.

    ``like`` names a tool to count as. ``line``: the layout is an option, not a key of a file.

    If a layer does not fit, the rows above it are part of the diagnostic. Standard output gets nothing, because a part
    of the table there would pass for all of it.
    """
    from cnncalc.render.data import rows_data, summary_data

    try:
        result = net.summary()
    except Unfit as error:
        if format == "table" and error.above.rows:
            io.complain(render.above(rows_data(error.above), chosen, depth), 0)
        raise
    found = findings.find(result, strict=strict)
    if line:
        found = [finding._replace(message=finding.message.replace("layout: ", "--layout ")) for finding in found]
    if like is not None:
        from cnncalc.check.slips import tools

        tool = tools.find(like)
        counted = tools.learned_as(tool, result)
        data = tools.counted_as(tool, counted, summary_data(counted, found, layout and order(layout)))
        io.complain(f"note: MACs as {like} counts them: {tool.said}", 0)
    else:
        data = summary_data(result, found, layout and order(layout))
    io.emit(render.render(data, format, chosen, depth=depth, to_file=bool(output)), output)
    if found and format == "csv":  # CSV has no place for them
        io.complain("\n".join(map(render.finding_line, data["findings"])), 0)
    failed = any(finding.severity == "error" for finding in found)
    return 1 if (strict and found) or (check and failed) else 0
