"""``cnncalc import``."""

from __future__ import annotations

from functools import partial as bound
from typing import Annotated

import typer

from cnncalc import api
from cnncalc.cli import io, options
from cnncalc.cli.files import Files

EXAMPLE = "Example: cnncalc import specs/models/lenet.onnx -o lenet.yaml --weights lenet.npz"


def command(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="An ONNX file, a .keras file or a config.json.", show_default=False),
    ],
    output: options.Output = None,
    weights: Annotated[
        str | None, typer.Option("--weights", "-w", metavar="FILE", help="Write the weights to an .npz file.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Keep an unknown operator as an opaque layer.")] = False,
    flat: Annotated[bool, typer.Option("--flat", help="Write each layer, without blocks for repeated parts.")] = False,
    limit: options.Limit = None,
) -> int:
    """Write the spec of a model, and its weights."""
    options.apart(("--output", output), ("--weights", weights))
    net = api.read_model(model, options.limits(limit), partial=partial, flat=flat)
    net.summary()  # an invalid spec is not written
    with Files() as files:
        if weights is not None:
            from cnncalc.engine.files import npz

            io.write_arrays(weights, bound(npz.write, net.weights or {}), files)
        io.report(net.to_yaml(), output, files, aside=weights == "-")
    if net.remarks:
        io.complain("\n".join(f"note: {remark}" for remark in net.remarks), 0)
    return 0
