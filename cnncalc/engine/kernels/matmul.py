"""The matrix product of two sequences."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.matmul import Matmul


def matmul(kind: Matmul, weights: Weights, first: Array, second: Array) -> Array:
    """``[batch, T, F]`` and ``[batch, F, G]`` (``transpose``: ``[batch, G, F]``) to ``[batch, T, G]``."""
    return np.matmul(first, second.swapaxes(1, 2) if kind.transpose else second)
