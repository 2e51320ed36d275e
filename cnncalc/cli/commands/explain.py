"""``cnncalc explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import api
from cnncalc.cli import io, options
from cnncalc.explain import layer as working
from cnncalc.render import working as render

EXAMPLE = "Example: cnncalc explain specs/worked-example.yaml --layer Conv1"


def explain(
    spec: options.Spec,
    layer: Annotated[str | None, typer.Option("--layer", metavar="NAME", help="Only this layer or block.")] = None,
    format: Annotated[str, options.format_option(render.FORMATS)] = "text",
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """The working of every number, as one would write it in an exam."""
    options.choose("--format", format, render.FORMATS)
    net = api.load(spec, options.limits(limit))
    summary = net.summary()
    explanations = [working.explain(summary, row) for row in working.choose(summary, layer)]
    text = render.render(summary, explanations, [] if layer else working.totals(summary), format)
    io.emit(text, output)
    return 0
