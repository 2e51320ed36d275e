"""Stochastic depth: the identity at inference; in training, examples are dropped at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward, while_training
from cnncalc.kinds.stochastic_depth import StochasticDepth


def stochastic_depth(kind: Any, weights: Weights, x: Array) -> Array:
    return x


@backward(StochasticDepth)
def stochastic_depth_backward(
    kind: StochasticDepth, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    return [dy], {}


@while_training(StochasticDepth)
def stochastic_depth_while_training(
    kind: StochasticDepth, weights: Weights, xs: list[Array], random: np.random.Generator, *, wanted: bool
) -> tuple[Array, Callable[[Array], Gradients], Weights]:
    """Each example is dropped with the probability ``rate``, and the others are divided by 1 − rate."""
    (x,) = xs
    kept = random.random((len(x), *(1,) * (x.ndim - 1))) >= kind.rate
    factor = (kept / max(1 - kind.rate, 1e-30)).astype(x.dtype)
    return x * factor, lambda dy: ([dy * factor], {}), {}
