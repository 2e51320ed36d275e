"""Adds a border around the spatial axes."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.pad import Pad, ends


def pad(kind: Pad, weights: Weights, x: Array) -> Array:
    widths = ends(kind.amount, shape_of(x))
    return np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=kind.value)
