"""A leaky ReLU with a learned slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights


def prelu(kind: Any, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, x * weights["alpha"])
