"""A token of its own in front of the sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights


def class_token(kind: Any, weights: Weights, x: Array) -> Array:
    """``[batch, T, F]`` to ``[batch, T + 1, F]``."""
    token = np.broadcast_to(weights["token"], (len(x), 1, x.shape[-1]))
    return np.concatenate([token, x], axis=1)
