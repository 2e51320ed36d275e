"""Local response normalisation."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.lrn import Lrn


def lrn(kind: Lrn, weights: Weights, x: Array) -> Array:
    """Of an even size the extra channel is one after."""
    before, channels, number = (kind.size - 1) // 2, x.shape[-1], x.dtype.type
    squares = np.zeros((*x.shape[:-1], channels + kind.size - 1), x.dtype)
    squares[..., before : before + channels] = x * x
    total = np.zeros_like(x)
    for i in range(kind.size):
        total += squares[..., i : i + channels]
    return x / (number(kind.k) + number(kind.alpha / kind.size) * total) ** number(kind.beta)
