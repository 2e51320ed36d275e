"""Repeats a vector as a sequence."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.repeat_vector import RepeatVector


def repeat_vector(kind: RepeatVector, weights: Weights, x: Array) -> Array:
    """``[batch, F]`` to ``[batch, times, F]``."""
    return np.repeat(x[:, None], kind.times, axis=1)
