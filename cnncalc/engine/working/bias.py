"""Learned numbers added, one by one."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.bias import Bias


@by_hand(Bias)
def bias_by_hand(kind: Bias, weights: Weights, x: Array) -> Place:
    """``x + b``."""
    added = np.broadcast_to(inward(weights["bias"][None], kind.layout)[0], x.shape[1:])
    return lambda place: Formula("{} + {}", (x[0][place], added[place]))
