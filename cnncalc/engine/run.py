"""One run of a network: checked before anything is allocated, then measured layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine import by_hand, chain_rule, gradients, inputs, model
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, blocks, inward, outward
from cnncalc.engine.by_hand import Traced
from cnncalc.engine.chain_rule import Chain
from cnncalc.engine.gradients import Gradients
from cnncalc.engine.planning import memory
from cnncalc.engine.train import data, objective
from cnncalc.engine.train.objective import Goal, Reached
from cnncalc.errors import SpecError
from cnncalc.summary import autoencoder
from cnncalc.summary.stated import TARGET

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Row, Summary

BLOCK = 1 << 18  # numbers per block of the statistics


class Statistics(NamedTuple):
    """The mean, standard deviation, smallest and largest number of an array, and how many are not finite.

    Each is NaN or infinite if the numbers are.
    """

    mean: float
    std: float
    min: float
    max: float
    broken: int


class LayerRun(NamedTuple):
    """A layer that has run: its row, seconds, and the statistics of its output."""

    row: Row
    seconds: float
    statistics: Statistics


class Run(NamedTuple):
    """The result of a run. Outputs, and those of the layers that were ``chosen``, are
    ``[batch, axes in the spec's layout]`` by name.
    """

    summary: Summary
    batch: int
    layers: list[LayerRun]
    outputs: dict[str, Array]
    weights: dict[str, Array]
    traced: Traced | None
    objective: Reached | None
    gradients: Gradients | None
    chain: Chain | None
    chosen: dict[str, Array]

    @property
    def seconds(self) -> float:
        return sum(layer.seconds for layer in self.layers)


def run(
    summary: Summary,
    given: list[inputs.Given],
    weights: str | Mapping[str, Any] | None,
    seed: int,
    batch: int | None,
    limits: Limits,
    engine: str = "fast",
    traced: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    *,
    target: str | None = None,
    differentiate: bool = False,
    chosen: Sequence[str] = (),
) -> Run:
    """Read the inputs that are ``given`` and the weights (a file, arrays, or by seed), and run the network once.

    ``traced`` names a layer to show by hand. ``progress`` is called with the number of the next layer, how many there
    are, and its name. ``target`` is a file with the wanted output; ``differentiate``:
    with the gradients of the objective; ``chosen`` names layers whose outputs are kept. Raises LimitError before
    anything large is allocated, UsageError and SpecError for input that does not fit.
    """
    model.check_known(summary)
    goal = _goal(summary, target)
    if traced is not None and traced not in summary.rows_by_name:
        raise summary.unknown(traced)
    if differentiate and summary.network.objective is None:
        help = "objective: {loss: squared_error}, or another loss"
        raise SpecError("gradients need an objective; the network has none", mark=summary.network.mark, help=help)
    wanted = {autoencoder.called(summary, name).name for name in chosen}
    feeds = inputs.feeds(summary, given, seed)
    count = inputs.batch_of(feeds, batch)
    network = model.build(summary, weights, seed, limits, engine, whole=True, batch=count)
    arrays = {name: feed.load(count) for name, feed in feeds.items()}
    layers: list[LayerRun] = []
    found: list[Traced] = []
    if differentiate:
        memory.check(memory.training(summary, count), limits.memory)
    given_target = None if target is None else data.stored(target)
    aim = None if goal is None else _aim(summary, goal, arrays, given_target, target)
    code: list[Array] = []
    kept: dict[str, Array] = {}

    def watch(row: Row, xs: list[Array], y: Array, seconds: float) -> None:
        layers.append(LayerRun(row, seconds, statistics(y)))
        if goal and row is goal.sparse:
            code.append(y.copy())
        if row.name in wanted:
            kept[row.name] = np.ascontiguousarray(outward(y, summary.layout)).copy()
        if row.name == traced:
            found.append(by_hand.trace(row, learned.of(summary, row, network.arrays), xs, y))
        if progress and len(layers) < len(summary.rows):
            progress(len(layers), len(summary.rows), summary.rows[len(layers)].name)

    outputs = network.run(arrays, watch)
    reached = None
    if goal is not None and aim is not None:
        (made,) = outputs.values()
        reached = goal.reached(inward(made, summary.layout), aim, code[0] if code else None)
    slopes = gradients.of(summary, network.arrays, arrays, given_target) if differentiate else None
    chain = None
    if slopes is not None and traced is not None:
        chain = chain_rule.through(summary, summary.rows_by_name[traced], network.arrays, slopes)
    return Run(
        summary, count, layers, outputs, dict(network.arrays), found[0] if found else None, reached, slopes, chain, kept
    )


def _goal(summary: Summary, target: str | None) -> Goal | None:
    """The goal of the network if it can be measured: with a target, or with the input of an autoencoder."""
    stated, known = summary.network.objective is not None, target is not None or TARGET in summary.network.values
    measured = known or "encoder" in summary.network.lists or not autoencoder.incomparable(summary)
    return Goal(summary) if known or (stated and measured) else None


def _aim(summary: Summary, goal: Goal, arrays: Mapping[str, Array], target: Array | None, path: str | None) -> Array:
    """The wanted output, from the file at ``path`` or from the spec."""
    given = objective.given_or_input(summary, arrays, target)
    return goal.as_target(summary, given, len(next(iter(arrays.values()))), "the target" if path is None else path)


def statistics(array: Array) -> Statistics:
    """Mean and standard deviation in float64, block by block: no copy of a large array is made."""
    count, mean, squares, broken = 0, 0.0, 0.0, 0
    low, high = math.inf, -math.inf
    with np.errstate(all="ignore"):
        for block in blocks(array, BLOCK):
            size, own = block.size, float(block.mean(dtype=np.float64))
            spread = float(np.square(block.astype(np.float64) - own).sum())
            gap, total = own - mean, count + size
            mean, squares = mean + gap * size / total, squares + spread + gap * gap * count * size / total
            count = total
            low, high = float(np.minimum(low, block.min())), float(np.maximum(high, block.max()))
            broken += 0 if math.isfinite(own) else int(size - np.isfinite(block).sum())
    return Statistics(mean, math.sqrt(squares / count) if squares >= 0 else math.nan, low, high, broken)
