"""``cnncalc explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.explain import layer as working
from cnncalc.render import working as render

EXAMPLE = "Examples: cnncalc explain @worked-example --layer Conv1; cnncalc explain 28x28x1 conv:10,kernel=5,padding=2"


def explain(
    spec: options.SpecOrInput,
    line: options.Line = None,
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer", metavar="NAME", help="Only this layer or block.", autocompletion=options.complete_layers
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """The working of every number, as one would write it in an exam."""
    format = options.form(format, output, render.FORMATS)
    with options.arguments(line):
        net = options.network(spec, line, options.limits(limit))
        summary = net.summary()
    explanations = [working.explain(summary, row) for row in working.choose(summary, layer)]
    text = render.render(summary, explanations, [] if layer else working.totals(summary), format, to_file=bool(output))
    io.emit(text, output)
    io.warn(net.findings())
    return 0
