"""A network that learns: its weights, and a step on some examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.backpropagation import Backpropagation, Forward
from cnncalc.engine.train import objective
from cnncalc.engine.train.objective import Goal, Reached
from cnncalc.engine.train.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

CHUNK = 256  # examples per measurement

#: The inputs in order, each ``[examples, spatial..., channels]``.
Inputs = list[Array]


class Learner:
    """``arrays`` are the network's weights by name, float64 or float32, which :meth:`step` changes in place.

    Raises SpecError if a layer has no gradient, or the objective is impossible.
    """

    def __init__(self, summary: Summary, arrays: dict[str, Array], optimizer: str) -> None:
        self.summary, self.arrays = summary, arrays
        self.goal, self.network = Goal(summary), Backpropagation(summary)
        self._steps = {name: OPTIMIZERS[optimizer](arrays[name]) for name in _learned(summary)}

    def forward(self, xs: Inputs) -> Forward:
        return self.network.forward(self.arrays, xs)

    def step(self, xs: Inputs, target: Array, rate: float, random: np.random.Generator) -> None:
        """One step of the optimizer on the objective of these examples; ``random`` decides what dropout drops."""
        done = self.network.forward(self.arrays, xs, random)
        slopes = self.goal.slopes(done.of(self.goal.row), target, self._code(done))
        found = self.network.backward(self.arrays, done, slopes).weights
        self.arrays.update(done.changes)
        for name, step in self._steps.items():
            if name in found:
                step(self.arrays[name], found[name], rate)

    def measure(self, xs: Inputs, target: Array) -> Reached:
        """The objective on all these examples, CHUNK at a time."""
        parts = []
        for part in chunks(len(target), CHUNK):
            done = self.forward([x[part] for x in xs])
            parts.append(self.goal.reached(done.of(self.goal.row), target[part], self._code(done)))
        return objective.together(parts)

    def outputs(self, xs: Inputs, row: Row) -> Array:
        """A layer's output for all these examples."""
        return np.concatenate([self.forward([x[part] for x in xs]).of(row) for part in chunks(len(xs[0]), CHUNK)])

    def _code(self, done: Forward) -> Array | None:
        return None if self.goal.sparse is None else done.of(self.goal.sparse)


def chunks(count: int, size: int) -> Iterator[slice]:
    """``count`` examples, at most ``size`` at one time, in order."""
    for start in range(0, count, size):
        yield slice(start, start + size)


def _learned(summary: Summary) -> list[str]:
    """The names of the arrays that training changes."""
    return [
        f"{row.name}/{weight}"
        for row in summary.rows
        if row.layer.trainable
        for weight in row.weights
        if not weight.startswith("moving_")
    ]
