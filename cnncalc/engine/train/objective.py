"""What an autoencoder is trained for: ``J = L + λ Σ KL(p ‖ p̂_j)``, with ``L = ½ Σ ‖x − x̂‖²``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.errors import SpecError
from cnncalc.summary import autoencoder

if TYPE_CHECKING:
    from cnncalc.spec.objective import Sparsity
    from cnncalc.summary.rows import Summary


def kl(target: float, mean: Any) -> Any:
    """``KL(p ‖ p̂) = p ln(p/p̂) + (1 − p) ln((1 − p)/(1 − p̂))`` in nats: how far shares ``mean`` are from ``target``.

    Infinite where a share is 0 or 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return target * np.log(target / mean) + (1 - target) * np.log((1 - target) / (1 - mean))


def kl_slope(target: float, mean: Any) -> Any:
    """The derivative of :func:`kl` by ``mean``: ``−p/p̂ + (1 − p)/(1 − p̂)``."""
    with np.errstate(divide="ignore"):
        return -target / mean + (1 - target) / (1 - mean)


class Reached(NamedTuple):
    """An objective on given data: the ``loss`` L and, of the layer kept sparse, the ``means`` p̂_j of its units."""

    loss: float
    sparsity: Sparsity | None
    means: Array

    @property
    def divergence(self) -> float:
        """``Σ KL(p ‖ p̂_j)``; 0 where nothing is kept sparse."""
        return float(np.sum(kl(self.sparsity.target, self.means))) if self.sparsity else 0.0

    @property
    def total(self) -> float:
        """J."""
        return self.loss + (self.sparsity.weight * self.divergence if self.sparsity else 0.0)


def squared_error(x: Array, made: Array) -> float:
    """``L = ½ Σ ‖x − x̂‖²``, summed over the examples, in float64."""
    return float(np.sum(np.square(np.subtract(made, x, dtype=np.float64))) / 2)


def means(y: Array) -> Array:
    """``p̂_j``: the mean of each unit (or channel) of ``[batch, ..., units]`` over examples and positions."""
    return np.asarray(np.mean(y, axis=tuple(range(y.ndim - 1)), dtype=np.float64))


def measure(summary: Summary, x: Array, made: Array, shares: Array) -> Reached:
    """The objective of an autoencoder that makes ``made`` of ``x``; ``shares`` are the means of the sparse layer."""
    objective = summary.network.objective
    return Reached(squared_error(x, made), objective and objective.sparsity, shares)


def check(summary: Summary) -> None:
    """Raise SpecError where the objective cannot be measured: the output has not the sizes of the input."""
    text = autoencoder.incomparable(summary)
    if text:
        raise SpecError(text, mark=summary.network.mark, help="the last layer makes what the network reads")
