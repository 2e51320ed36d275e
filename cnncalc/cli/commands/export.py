"""``cnncalc export``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import export as room
from cnncalc.cli import io, options
from cnncalc.cli.files import Files

EXAMPLE = "Examples: cnncalc export @resnet-18 -o resnet-18.mmd; cnncalc export @lenet5 --to pytorch"


def export(
    spec: options.SpecOrInput,
    line: options.Line = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", "-t", metavar="TARGET", show_default=False, autocompletion=options.complete(room.TARGETS),
            help=f"One of {', '.join(room.TARGETS)} [default: by the ending of --output].",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", "-w", metavar="FILE", help="An .npz (or .safetensors) of layer/weight arrays."),
    ] = None,
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Seed for weights that are not given.")] = "0",
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:  # fmt: skip
    """Write a network as ONNX, PyTorch or Keras code, or a diagram. Diagrams are Mermaid or Graphviz."""
    target = options.choose("--to", to, room.TARGETS) if to is not None else room.target_of(output or "")
    if target not in room.TEXTS:
        options.off_terminal(output or "-")
    bounds, seeded = options.limits(limit), options.whole("--seed", seed, 0)
    with options.arguments(line):
        net = options.network(spec, line, bounds)
        summary = net.summary()
    pieces = room.export(summary, target, net.weights if weights is None else weights, seeded, bounds)
    if target in room.TEXTS:
        io.emit(b"".join(pieces).decode("utf-8"), output)
    else:
        with Files() as files:
            io.write_arrays(output or "-", lambda stream: stream.writelines(pieces), files)
    if note := room.remark(summary, target):
        io.complain(f"note: {note}", 0)
    return 0
