"""Repeats a vector as a sequence."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.repeat_vector import RepeatVector


def repeat_vector(kind: RepeatVector, weights: Weights, x: Array) -> Array:
    """``[batch, F]`` to ``[batch, times, F]``."""
    return np.repeat(x[:, None], kind.times, axis=1)


@backward(RepeatVector)
def repeat_vector_backward(kind: RepeatVector, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [dy.sum(axis=1)], {}
