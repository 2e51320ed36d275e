"""A chain of dense layers, forwards and backwards: the objective of an autoencoder and its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import kernels, reference
from cnncalc.engine.arrays import Array
from cnncalc.engine.kernels import activation
from cnncalc.engine.kernels.activation import Derivative
from cnncalc.engine.train import objective
from cnncalc.engine.train.objective import Reached
from cnncalc.errors import Problem, SpecError
from cnncalc.kinds.activation import Linear
from cnncalc.kinds.base.activated import Activated, ending
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.dense import Dense
from cnncalc.spec.objective import Sparsity
from cnncalc.summary import autoencoder

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


class Link(NamedTuple):
    """A layer: its row, the activation function that it ends in with its derivative, its arrays' names in a file."""

    row: Row
    function: Function
    derivative: Derivative
    own: dict[str, str]


class Chain:
    """The layers of an autoencoder one after the other, and what they are trained for.

    Raises SpecError with each layer that cannot be trained here, or where the objective cannot be measured.
    """

    def __init__(self, summary: Summary) -> None:
        objective.check(summary)
        self.summary = summary
        self.links = _links(summary)
        self.sparse = autoencoder.watched(summary)
        self.sparsity = summary.network.objective.sparsity if summary.network.objective else None
        if self.sparse is not None and not autoencoder.has_shares(self.sparse):
            text = f"{self.sparse.name}: sparsity needs activations between 0 and 1"
            raise SpecError(text, mark=self.sparse.layer.mark, help=", ".join(autoencoder.SHARES))

    def forward(self, arrays: Mapping[str, Array], x: Array) -> list[Array]:
        """The input and the output of each layer, by the kernels that ``run`` uses."""
        values = [x]
        for link in self.links:
            own = {name: arrays[full] for name, full in link.own.items()}
            values.append(reference.forward(link.row, kernels.find(link.row.layer.kind), own, values[-1:]))
        return values

    def measure(self, arrays: Mapping[str, Array], x: Array, target: Array) -> Reached:
        """The objective where ``x`` is to be made ``target``."""
        values = self.forward(arrays, x)
        shares = objective.means(values[1 + self.sparse.index]) if self.sparse else np.empty(0)
        return objective.measure(self.summary, target, values[-1], shares)

    def gradients(
        self, arrays: Mapping[str, Array], x: Array, target: Array, sparsity: Sparsity | None
    ) -> dict[str, Array]:
        """The gradient of ``J = ½ Σ ‖target − f(x)‖² + λ Σ KL(p ‖ p̂_j)`` by every array, by backpropagation.

        ``delta`` is the derivative of J by the output of a layer, then by the sums before its activation. In the
        sparse layer each of m examples has its part ``λ KL'(p̂_j)/m`` in their mean.
        """
        values = self.forward(arrays, x)
        delta = values[-1] - target
        found: dict[str, Array] = {}
        for link, below, y in zip(reversed(self.links), values[-2::-1], values[:0:-1], strict=True):
            if sparsity and link.row is self.sparse:
                delta = delta + sparsity.weight * objective.kl_slope(sparsity.target, y.mean(axis=0)) / len(y)
            delta = delta * link.derivative(link.function, y)
            if "bias" in link.own:
                found[link.own["bias"]] = delta.sum(axis=0)
            if "kernel" in link.own:
                found[link.own["kernel"]] = below.T @ delta
                delta = delta @ arrays[link.own["kernel"]].T
        return found


def _links(summary: Summary) -> list[Link]:
    first, problems, links = len(summary.inputs), [], []
    for row in summary.rows:
        kind = row.layer.kind
        function = ending(kind) or (Linear() if isinstance(kind, Activated) else None)
        derivative = None if function is None else activation.derivative(function)
        fits = row.output.rank == 1 and row.xs[0].rank == 1 and "gain" not in row.weights
        if not fits or row.layer.borrows or not (function and derivative):
            ends = f" with {function.word()}" if isinstance(kind, Dense) and function and not derivative else ""
            text = f'{row.kind} "{row.name}"{ends} cannot be trained here'
            help = f"dense layers on features, and {', '.join(activation.differentiable())}, can"
            problems.append(Problem(text, row.layer.mark, help=help))
            continue
        if row.layer.sources != (first + row.index - 1,):
            problems.append(Problem(f'"{row.name}" does not read the layer above it', row.layer.mark))
        links.append(Link(row, function, derivative, {name: f"{row.name}/{name}" for name in row.weights}))
    if problems:
        raise SpecError(problems)
    return links
