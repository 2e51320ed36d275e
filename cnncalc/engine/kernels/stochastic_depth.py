"""Stochastic depth: the identity when run."""

from __future__ import annotations

from typing import Any

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.stochastic_depth import StochasticDepth


def stochastic_depth(kind: Any, weights: Weights, x: Array) -> Array:
    return x


@backward(StochasticDepth)
def stochastic_depth_backward(
    kind: StochasticDepth, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    return [dy], {}
