"""``cnncalc run``."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

import typer

from cnncalc import limits
from cnncalc.cli import io, options
from cnncalc.errors import UsageError
from cnncalc.render import run as render

ENGINES = ("fast", "reference")
UNITS = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "GB": 10**9, "MB": 10**6, "kB": 1000, "B": 1}
EXAMPLE = "Examples: cnncalc run @worked-example --seed 0 --batch 2; cnncalc run 28x28x1 conv:10,k=5,p=2 --trace conv1"


def run(
    spec: options.SpecOrInput,
    line: options.Line = None,
    input: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="[NAME=]FILE", help=".npy or .npz; or noise (default) or ones."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", "-w", metavar="FILE", help="An .npz (or .safetensors) of arrays called layer/weight."
        ),
    ] = None,
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Of weights and noise.")] = "0",
    batch: Annotated[str | None, typer.Option("--batch", metavar="N", help="How many examples [default: 1].")] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the outputs to an .npz file, or - to a pipe."),
    ] = None,
    save_weights: Annotated[
        str | None, typer.Option("--save-weights", metavar="FILE", help="Write the weights to an .npz file.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option("--max-memory", metavar="SIZE", help="As in 8GiB [default: half of what is free].")
    ] = None,
    engine: Annotated[
        str,
        typer.Option("--engine", metavar="NAME", help="fast or reference.", autocompletion=options.complete(ENGINES)),
    ] = "fast",
    trace: Annotated[
        str | None,
        typer.Option(
            "--trace",
            metavar="LAYER",
            help="Show the sum of each window of a layer.",
            autocompletion=options.complete_layers,
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    limit: options.Limit = None,
) -> int:
    """Build the network in NumPy, run it once, and show what each layer put out and how long it took."""
    format = options.form(format, None, render.FORMATS)
    options.choose("--engine", engine, ENGINES)
    options.apart(output, save_weights)
    options.off_terminal(output, save_weights)
    bounds = limits.parse([*(limit or []), *_memory(max_memory)])
    seeded, examples = options.whole("--seed", seed, 0), None if batch is None else options.whole("--batch", batch, 1)
    with options.arguments(line):
        summary = options.network(spec, line, bounds).summary()
    from cnncalc.engine import run as session
    from cnncalc.engine.files import npz

    result = session.run(summary, input or [], weights, seeded, examples, bounds, engine, trace, io.progress())
    inputs = (spec, weights, *(setting.rpartition("=")[2] for setting in input or []))
    for path, arrays in ((output, result.outputs), (save_weights, result.weights)):
        if path is not None:
            io.write_arrays(path, partial(npz.write, arrays), *inputs)
    io.report(render.render(result, format), aside="-" in (output, save_weights))
    return 0


def _memory(value: str | None) -> list[str]:
    """``--max-memory`` as the limit that it sets. Raises UsageError."""
    if value is None:
        return []
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?(GiB|MiB|KiB|GB|MB|kB|B)?", value, re.ASCII)
    if not found or not (size := int(float(found[1]) * UNITS[found[2] or "B"])):
        raise UsageError(f'--max-memory "{value}" is not a size', help=f"--max-memory 8GiB; units: {', '.join(UNITS)}")
    return [f"memory={size}"]
