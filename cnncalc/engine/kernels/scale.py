"""One learned factor for each channel."""

from __future__ import annotations

from typing import Any

from cnncalc.engine.arrays import Array, Weights


def scale(kind: Any, weights: Weights, x: Array) -> Array:
    return x * weights["gamma"]
