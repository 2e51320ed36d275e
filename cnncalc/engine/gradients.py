"""Gradients by backpropagation: how the loss changes with each layer output and each weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, doubled, inward, outward
from cnncalc.engine.backpropagation import Backpropagation, Forward
from cnncalc.engine.train import objective
from cnncalc.engine.train.objective import Goal, Reached

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary


class Gradients(NamedTuple):
    """The objective on some examples, and its gradients, float64.

    ``outputs``: dL/d(output) of each layer by its name, ``[batch, axes in the spec's layout]``; zeros if the loss
    does not depend on it. ``weights``: dL/d(weight) by ``layer/weight``, as in a weights file. ``steps``: for each
    recurrent layer the norm of dL/d(state) at every step, by the prefix of the arrays of a direction and layer.
    ``forward`` has the numbers of the forward pass, ``target`` is the wanted output, both
    ``[batch, spatial..., channels]``.
    """

    objective: Reached
    outputs: dict[str, Array]
    weights: dict[str, Array]
    steps: dict[str, dict[str, Array]]
    forward: Forward
    target: Array

    @property
    def loss(self) -> float:
        """The loss L, without the term for sparsity."""
        return self.objective.loss


def of(summary: Summary, arrays: Mapping[str, Array], feeds: Mapping[str, Array], target: Array | None) -> Gradients:
    """The gradients of the network's objective (by default a squared error).

    ``arrays`` are weights by ``layer/weight``; ``feeds`` the inputs by name, ``[batch, axes in the spec's layout]``;
    ``target`` is the wanted output in the same form, or whole numbers as labels for a cross-entropy; None: the
    input itself. Raises SpecError for a layer that has no gradient, and for a target that does not fit.
    """
    whole = Backpropagation(summary)
    doubles = {name: array.astype(np.float64) for name, array in arrays.items()}
    xs = [inward(doubled(feeds[name]), summary.layout) for name in summary.inputs]
    goal = Goal(summary)
    aim = goal.as_target(summary, objective.given_or_input(summary, feeds, target), len(xs[0]))
    with np.errstate(all="ignore"):  # numbers that are not finite are shown as such
        done = whole.forward(doubles, xs)
        y, code = done.of(goal.row), done.of(goal.sparse) if goal.sparse else None
        reached, begin = goal.reached(y, aim, code), goal.slopes(y, aim, code)
        back = whole.backward(doubles, done, begin)
        slopes = {row.name: (row, dy) for row, dy in zip(summary.rows, back.outputs, strict=True)}
        steps = {name: whole.by_step(row, doubles, done, dy) for name, (row, dy) in slopes.items()}
    zeros = {name: np.zeros_like(doubles[name]) for name in learned.wanted(summary)}
    outputs = {
        name: outward(np.zeros_like(done.of(row)) if dy is None else dy, summary.layout)
        for name, (row, dy) in slopes.items()
    }
    found = {name: norms for name, norms in steps.items() if norms}
    return Gradients(reached, outputs, zeros | back.weights, found, done, aim)
