"""Gradients by backpropagation: what the loss changes by, for each number that a layer gives and for each weight.

:func:`of` is the whole of it for one run. :class:`Backpropagation` has the two halves, which training calls again and
again. Numbers are worked out as the arrays have them: float64 for float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import kernels
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.kernels.activation import activate, activate_backward
from cnncalc.engine.reference import check_sizes
from cnncalc.engine.train import objective
from cnncalc.engine.train.objective import Goal, Reached, Slopes
from cnncalc.errors import EngineError, Problem, SpecError
from cnncalc.kinds.base.activated import added

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


class Gradients(NamedTuple):
    """The objective on some examples, and its gradients.

    ``outputs``: dL/d(output) of each layer by its name, ``[batch, axes in the spec's layout]``; a layer that the loss
    does not depend on has zeros. ``weights``: dL/d(weight) by ``layer/weight``, as in a weights file. float64.
    """

    objective: Reached
    outputs: dict[str, Array]
    weights: dict[str, Array]

    @property
    def loss(self) -> float:
        """The loss L, without the term for sparsity."""
        return self.objective.loss


def of(summary: Summary, arrays: Mapping[str, Array], feeds: Mapping[str, Array], target: Array | None) -> Gradients:
    """The gradients of the network's objective (a squared error where it states none).

    ``arrays`` are weights by ``layer/weight``; ``feeds`` the inputs by name, ``[batch, axes in the spec's layout]``;
    ``target`` what the output should be, in the same form, or whole numbers as labels for a cross-entropy; None: the
    input itself. Raises SpecError for a layer that has no gradient, and for a target that does not fit.
    """
    whole = Backpropagation(summary)
    doubles = {name: array.astype(np.float64) for name, array in arrays.items()}
    xs = [inward(_double(feeds[name]), summary.layout) for name in summary.inputs]
    goal = Goal(summary)
    aim = goal.as_target(summary, objective.given_or_input(summary, feeds, target), len(xs[0]))
    with np.errstate(all="ignore"):  # what is not finite is shown as such
        done = whole.forward(doubles, xs)
        y, code = done.of(goal.row), done.of(goal.sparse) if goal.sparse else None
        reached, begin = goal.reached(y, aim, code), goal.slopes(y, aim, code)
        weights, outputs, _ = whole.backward(doubles, done, begin)
    zeros = {name: np.zeros_like(doubles[name]) for name in learned.wanted(summary)}
    named = {
        row.name: outward(np.zeros_like(done.of(row)) if dy is None else dy, summary.layout)
        for row, dy in zip(summary.rows, outputs, strict=True)
    }
    return Gradients(reached, named, zeros | weights)


def _double(x: Array) -> Array:
    return x.astype(np.float64) if x.dtype.kind == "f" else x


class Forward(NamedTuple):
    """A forward pass: the inputs, then the output of each layer; and before its activation, each layer's ``sums``."""

    values: list[Array]
    sums: list[Array]
    inputs: int

    def of(self, row: Row) -> Array:
        """The output of a layer."""
        return self.values[self.inputs + row.index]


class Backpropagation:
    """The forward pass of a network and the way back through it.

    Raises SpecError with every layer that has no gradient.
    """

    def __init__(self, summary: Summary) -> None:
        self.summary, self.first = summary, len(summary.inputs)
        self.forwards = [kernels.find(row.layer.kind) for row in summary.rows]
        self.backwards = _rules(summary.rows)

    def forward(self, arrays: Mapping[str, Array], xs: Sequence[Array]) -> Forward:
        """The values for inputs ``[batch, spatial..., channels]``."""
        done = Forward(list(xs), [], self.first)
        for row, kernel in zip(self.summary.rows, self.forwards, strict=True):
            own = learned.of(self.summary, row, arrays)
            sums = kernel(row.layer.kind, own, *(done.values[source] for source in row.layer.sources))
            check_sizes(row, sums, len(xs[0]))
            function = added(row.layer.kind)
            done.sums.append(sums)
            done.values.append(sums if function is None else activate(function, sums))
        return done

    def backward(
        self, arrays: Mapping[str, Array], done: Forward, begin: Slopes
    ) -> tuple[Weights, list[Array | None], list[Array | None]]:
        """dL/d(weight) by ``layer/weight``; dL/d(output) of each layer and dL/d(input) of each input, None where the
        loss does not depend on it.
        """
        found: Weights = {}
        slopes: list[Array | None] = [None] * len(done.values)
        for index, slope in begin.outputs.items():
            slopes[self.first + index] = slope
        for row in reversed(self.summary.rows):
            dy = slopes[self.first + row.index]
            if dy is None:
                continue
            dxs, own = self._layer(row, arrays, done, dy, begin.sums.get(row.index))
            learned.of_backward(self.summary, row, arrays, own, found)
            for source, dx in zip(row.layer.sources, dxs, strict=True):
                if dx is not None:
                    before = slopes[source]
                    slopes[source] = dx if before is None else before + dx
        return found, slopes[self.first :], slopes[: self.first]

    def _layer(
        self, row: Row, arrays: Mapping[str, Array], done: Forward, dy: Array, dsums: Array | None
    ) -> kernels.Gradients:
        """The chain rule through one layer: its activation, then its kernel. ``dsums`` is already through the first."""
        kind, xs = row.layer.kind, [done.values[source] for source in row.layer.sources]
        function, sums = added(kind), done.sums[row.index]
        if dsums is None:
            dsums = dy if function is None else activate_backward(function, sums, done.of(row), dy)
        elif function is None:  # the layer is the activation
            return [dsums], {}
        return self.backwards[row.index](kind, learned.of(self.summary, row, arrays), xs, sums, dsums)


def _rules(rows: Sequence[Row]) -> list[kernels.Backward]:
    found, problems = [], []
    for row in rows:
        try:
            found.append(kernels.find_backward(row.layer.kind))
        except EngineError as error:
            problems.append(Problem(f'"{row.name}": {error}', row.layer.mark))
    if problems:
        raise SpecError(problems)
    return found
