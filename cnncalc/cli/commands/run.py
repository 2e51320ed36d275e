"""``cnncalc run``."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

import typer

from cnncalc import api, limits
from cnncalc.cli import io, options
from cnncalc.cli.files import Files
from cnncalc.errors import UsageError
from cnncalc.render import run as render
from cnncalc.render.forms.text import printable

UNITS = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "GB": 10**9, "MB": 10**6, "kB": 1000, "B": 1}
EXAMPLE = "Example: cnncalc run specs/worked-example.yaml --seed 0 --batch 2"


def run(
    spec: options.Spec,
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
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="fast or reference.")] = "fast",
    trace: Annotated[
        str | None, typer.Option("--trace", metavar="LAYER", help="Show the sum of each window of a layer.")
    ] = None,
    format: Annotated[str, options.format_option(render.FORMATS)] = "table",
    limit: options.Limit = None,
) -> int:
    """Build the network in NumPy, run it once, and show what each layer put out and how long it took."""
    options.choose("--format", format, render.FORMATS)
    options.choose("--engine", engine, ("fast", "reference"))
    options.apart(("--output", output), ("--save-weights", save_weights))
    options.off_terminal(output, save_weights)
    bounds = limits.parse([*(limit or []), *_memory(max_memory)])
    seeded, examples = options.whole("--seed", seed, 0), None if batch is None else options.whole("--batch", batch, 1)
    net = api.load(spec, bounds)
    from cnncalc.engine import run as session
    from cnncalc.engine.files import npz
    from cnncalc.engine.inputs import unused

    result = session.run(net.summary(), input or [], weights, seeded, examples, bounds, engine, trace, io.progress())
    for file, array in unused(result.summary, input or []):
        io.complain(f'note: {file}: no input is called "{printable(array)}"; the array is not read', 0)
    with Files() as files:
        for path, arrays in ((output, result.outputs), (save_weights, result.weights)):
            if path is not None:
                io.write_arrays(path, partial(npz.write, arrays), files)
        io.report(render.render(result, format), None, files, aside="-" in (output, save_weights))
    return 0


def _memory(value: str | None) -> list[str]:
    """``--max-memory`` as the limit that it sets. Raises UsageError."""
    if value is None:
        return []
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?(GiB|MiB|KiB|GB|MB|kB|B)?", value, re.ASCII)
    if not found or not (size := int(float(found[1]) * UNITS[found[2] or "B"])):
        raise UsageError(f'--max-memory "{value}" is not a size', help=f"--max-memory 8GiB; units: {', '.join(UNITS)}")
    return [f"memory={size}"]
