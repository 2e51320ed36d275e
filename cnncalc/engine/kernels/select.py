"""One step of a sequence."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.select import Select


def select(kind: Select, weights: Weights, x: Array) -> Array:
    """``[batch, T, F]`` to ``[batch, F]``."""
    return x[:, kind.index - 1]


@backward(Select)
def select_backward(kind: Select, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    dx = np.zeros_like(xs[0])
    dx[:, kind.index - 1] = dy
    return [dx], {}
