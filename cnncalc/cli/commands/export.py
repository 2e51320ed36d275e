"""``cnncalc export``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.export import TARGETS, target_of

EXAMPLE = "Examples: cnncalc export @resnet-18 -o resnet-18.mmd; cnncalc export @lenet5 --to dot"


def export(
    spec: options.SpecOrInput,
    line: options.Line = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", "-t", metavar="TARGET", show_default=False, autocompletion=options.complete(TARGETS),
            help=f"One of {', '.join(TARGETS)} [default: by the ending of --output].",
        ),
    ] = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:  # fmt: skip
    """Write a network as a diagram: Mermaid, or a graph for Graphviz."""
    target = options.choose("--to", to, TARGETS) if to is not None else target_of(output or "")
    with options.arguments(line):
        summary = options.network(spec, line, options.limits(limit)).summary()
    from cnncalc import export as room

    io.emit(room.export(summary, target).decode("utf-8"), output)
    return 0
