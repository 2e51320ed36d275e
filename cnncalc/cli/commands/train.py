"""``cnncalc train``."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from cnncalc import api
from cnncalc.cli import io, options
from cnncalc.cli.bar import bar
from cnncalc.cli.files import Files
from cnncalc.errors import UsageError
from cnncalc.render import train as render

OPTIMIZERS = ("adam", "sgd", "momentum")
DECAYS = ("cosine", "linear", "none")
DTYPES = ("float64", "float32")
EXAMPLE = "Example: cnncalc train @autoencoder-curve --data @curve --compare pca"


def train(
    spec: options.Spec,
    data: Annotated[
        str | None,
        typer.Option("--data", "-d", metavar="FILE", help="The examples, .npy or .npz [default: the spec's values]."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="FILE",
            help="The target outputs: arrays or labels [default: the target in the spec, or the data].",
        ),
    ] = None,
    epochs: Annotated[str, typer.Option("--epochs", metavar="N", help="Passes over the data.")] = "300",
    rate: Annotated[str, typer.Option("--rate", metavar="X", help="Initial learning rate.")] = "0.01",
    optimizer: Annotated[
        str,
        typer.Option(
            "--optimizer", metavar="NAME", help="adam, sgd or momentum.", autocompletion=options.complete(OPTIMIZERS)
        ),
    ] = "adam",
    decay: Annotated[
        str,
        typer.Option(
            "--decay",
            metavar="NAME",
            help="How the rate falls to 0: cosine, linear or none.",
            autocompletion=options.complete(DECAYS),
        ),
    ] = "cosine",
    batch: Annotated[str, typer.Option("--batch", metavar="N", help="Examples in a step.")] = "32",
    noise: Annotated[
        str, typer.Option("--noise", metavar="X", help="Standard deviation of noise on the inputs.")
    ] = "0",
    seed: Annotated[
        str, typer.Option("--seed", metavar="N", help="Seed for the weights, the order and the noise.")
    ] = "0",
    weights: Annotated[
        str | None, typer.Option("--weights", "-w", metavar="FILE", help="An .npz with the initial weights.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="With --weights: take the arrays that fit by name, and list the others.")
    ] = False,
    pretrain: Annotated[
        bool, typer.Option("--pretrain", help="First train each dense layer by itself, as an autoencoder.")
    ] = False,
    save_weights: Annotated[
        str | None, typer.Option("--save-weights", metavar="FILE", help="Write the weights to an .npz file.")
    ] = None,
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="float64 or float32, which is faster.",
            autocompletion=options.complete(DTYPES),
        ),
    ] = "float64",
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="METHOD", help="pca: as many components as the code has numbers.")
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
    max_memory: options.MaxMemory = None,
    limit: options.Limit = None,
) -> int:
    """Train a network by gradient descent, and show its loss curve."""
    format = options.form(format, output, render.FORMATS)
    if compare is not None:
        options.choose("--compare", compare, ("pca",))
    options.choose("--optimizer", optimizer, OPTIMIZERS)
    options.choose("--decay", decay, DECAYS)
    options.choose("--dtype", dtype, DTYPES)
    if partial and weights is None:
        raise UsageError("--partial needs --weights", help="--weights FILE.npz --partial")
    options.apart(("--output", output), ("--save-weights", save_weights))
    options.off_terminal(save_weights)
    numbers = {
        "epochs": options.whole("--epochs", epochs, 1),
        "rate": options.real("--rate", rate, above=0),
        "batch": options.whole("--batch", batch, 1),
        "noise": options.real("--noise", noise),
        "seed": options.whole("--seed", seed, 0),
    }
    bounds = options.limits(limit, max_memory)
    net = api.load(spec, bounds)
    summary, start = net.summary(), net.weights if weights is None else weights
    from cnncalc.engine.files import npz
    from cnncalc.engine.train import descent

    settings = descent.Settings(**numbers, optimizer=optimizer, decay=decay, dtype=dtype)  # type: ignore[arg-type]
    with bar() as progress:
        trained = descent.train(
            summary, data, start, settings, bounds, target=target, compare=compare is not None, pretrain=pretrain,
            partial=partial, progress=progress,
        )  # fmt: skip
    if trained.partly is not None:
        io.complain(render.partly(trained.partly), 0)
    with Files() as files:
        if save_weights is not None:
            io.write_arrays(save_weights, functools.partial(npz.write, trained.weights), files)
        aside = output is None and save_weights == "-"
        io.report(render.render(trained, format), output, files, aside=aside)
    if trained.grew:
        io.complain(f"warning: {render.growth(trained)}\n  = help: a smaller --rate", 0)
    if trained.stopped is not None:
        kept = "--save-weights FILE keeps the best weights" if save_weights is None else f"go on with -w {save_weights}"
        raise trained.stopped_with(kept)
    return 0
