"""Training data: examples from a file, and their targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import inputs, stated
from cnncalc.engine.arrays import Array, doubled, inward
from cnncalc.engine.files.npz import Arrays
from cnncalc.engine.planning import memory
from cnncalc.engine.train import objective
from cnncalc.engine.train.learner import CHUNK, Inputs
from cnncalc.errors import SpecError, UsageError

if TYPE_CHECKING:
    from cnncalc.engine.train.objective import Goal
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Summary

HELD = 16  # bytes of each number of the data: as it is read, and in float64


class Data(NamedTuple):
    """The inputs in order and the targets, ``[examples, spatial..., channels]``, float64 (token ids: whole numbers)."""

    xs: Inputs
    target: Array

    def cast(self, dtype: str) -> Data:
        """The same numbers in another type; token ids stay whole."""
        xs = [x.astype(dtype, copy=False) if x.dtype.kind == "f" else x for x in self.xs]
        return Data(xs, self.target.astype(dtype, copy=False))

    @property
    def examples(self) -> int:
        return len(self.target)


def read(summary: Summary, goal: Goal, path: str | None, target: str | None, batch: int, limits: Limits) -> Data:
    """The examples in the file ``path``, and their targets in the file ``target`` (default: the examples themselves).
    Without a path, the one example that the spec states.

    Raises SpecError and UsageError if they do not fit, LimitError if there are too many.
    """
    feeds = inputs.feeds(summary, [("", path)] if path is not None else [], 0)
    alone = path is None and stated.inputs(summary).keys() == feeds.keys()
    for name, feed in feeds.items():
        if feed.batch is None and not alone:
            if path is None:
                raise UsageError(f'the spec states no values for the input "{name}"', help="data to learn from")
            what = f'the data "{path}" is not a file' if path in inputs.MADE else f'{path} has nothing for "{name}"'
            raise UsageError(what, help="examples to learn from, as an .npy or .npz file")
    count = inputs.batch_of(feeds, None)
    needed = memory.training(summary, min(count, max(batch, CHUNK)))
    numbers = sum(math.prod(x.sizes) for x in [*summary.inputs.values(), goal.row.output])
    needed = needed._replace(outputs=needed.outputs + HELD * count * numbers)
    memory.check(needed, limits.memory, "smaller batches, or fewer examples")
    given = {name: feed.load(count) for name, feed in feeds.items()}
    wanted = None if target is None else stored(target)
    aim = goal.as_target(
        summary, objective.given_or_input(summary, given, wanted), count, "the target" if target is None else target
    )
    return Data([inward(doubled(x), summary.layout) for x in given.values()], aim)


def stored(path: str) -> Array:
    """The one array of a file. Raises SpecError if it holds several, none of them called target."""
    with Arrays(path) as file:
        name = "target" if "target" in file.names else file.names[0]
        if len(file.names) > 1 and name != "target":
            raise SpecError(
                f"{path} holds {len(file.names)} arrays, but none is called target", help="a file of one array"
            )
        return np.asarray(file.read(name))
