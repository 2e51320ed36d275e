"""The matrix product of two sequences."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.matmul import Matmul


def matmul(kind: Matmul, weights: Weights, first: Array, second: Array) -> Array:
    """``[batch, T, F]`` and ``[batch, F, G]`` (``transpose``: ``[batch, G, F]``) to ``[batch, T, G]``."""
    return np.matmul(first, second.swapaxes(1, 2) if kind.transpose else second)


@backward(Matmul)
def matmul_backward(kind: Matmul, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    first, second = xs
    if kind.transpose:
        return [dy @ second, dy.swapaxes(1, 2) @ first], {}
    return [dy @ second.swapaxes(1, 2), first.swapaxes(1, 2) @ dy], {}
