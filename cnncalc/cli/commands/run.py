"""``cnncalc run``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.cli.files import Files
from cnncalc.engine import ENGINES
from cnncalc.render import run as render
from cnncalc.render.forms.text import printable

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary

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
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Seed for the weights and the noise.")] = "0",
    batch: Annotated[str | None, typer.Option("--batch", metavar="N", help="How many examples [default: 1].")] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the outputs to an .npz file, or - to a pipe."),
    ] = None,
    save_weights: Annotated[
        str | None, typer.Option("--save-weights", metavar="FILE", help="Write the weights to an .npz file.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="FILE",
            help="The target output, for the objective [default: the target in the spec, or the input].",
        ),
    ] = None,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Show dL/d(output) and dL/d(weights) of each layer, L the objective.")
    ] = False,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer",
            metavar="NAME",
            help="Write the output of this layer instead (repeatable).",
            autocompletion=options.complete_layers,
        ),
    ] = None,
    max_memory: options.MaxMemory = None,
    engine: Annotated[
        str,
        typer.Option("--engine", metavar="NAME", help="fast or reference.", autocompletion=options.complete(ENGINES)),
    ] = "fast",
    trace: Annotated[
        str | None,
        typer.Option(
            "--trace",
            metavar="LAYER",
            help="Show the working of a layer with its numbers.",
            autocompletion=options.complete_layers,
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    limit: options.Limit = None,
) -> int:
    """Build the network in NumPy and run it once. Show each layer's output and time."""
    format = options.form(format, None, render.FORMATS)
    options.choose("--engine", engine, ENGINES)
    options.apart(("--output", output), ("--save-weights", save_weights))
    options.off_terminal(output, save_weights)
    bounds = options.limits(limit, max_memory)
    seeded, examples = options.whole("--seed", seed, 0), None if batch is None else options.whole("--batch", batch, 1)
    with options.arguments(line):
        net = options.network(spec, line, bounds)
        summary = net.summary()
    from cnncalc.engine import run as session
    from cnncalc.engine.files import npz
    from cnncalc.engine.inputs import unused

    given = [_given(summary, setting) for setting in input or []]
    own = net.weights if weights is None else weights
    result = session.run(
        summary, given, own, seeded, examples, bounds, engine, trace, io.progress(), target=target,
        differentiate=gradients, chosen=layer or (),
    )  # fmt: skip
    io.warn(finding for finding in net.findings() if finding.layer in summary.inputs)
    for file, array in unused(summary, given):
        io.complain(f'note: {file}: no input is called "{printable(array)}"; the array is not read', 0)
    with Files() as files:
        for path, arrays in ((output, result.chosen or result.outputs), (save_weights, result.weights)):
            if path is not None:
                io.write_arrays(path, partial(npz.write, arrays), files)
        io.report(render.render(result, format), None, files, aside="-" in (output, save_weights))
    return 0


def _given(summary: Summary, setting: str) -> tuple[str, str]:
    """The name of an input (empty: none) and the path, of ``NAME=PATH`` or ``PATH``; a path may have a ``=`` too."""
    name, equals, path = setting.partition("=")
    names = name in summary.inputs or ("/" not in name and "." not in name)
    return (name, path) if equals and names else ("", setting)
