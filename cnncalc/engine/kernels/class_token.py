"""A token of its own in front of the sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.class_token import ClassToken


def class_token(kind: Any, weights: Weights, x: Array) -> Array:
    """``[batch, T, F]`` to ``[batch, T + 1, F]``."""
    token = np.broadcast_to(weights["token"], (len(x), 1, x.shape[-1]))
    return np.concatenate([token, x], axis=1)


@backward(ClassToken)
def class_token_backward(kind: ClassToken, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [dy[:, 1:]], {"token": dy[:, 0].sum(axis=0)}
