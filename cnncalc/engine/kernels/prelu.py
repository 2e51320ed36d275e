"""A leaky ReLU with a learned slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights, summed_to
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.prelu import Prelu


def prelu(kind: Any, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, x * weights["alpha"])


@backward(Prelu)
def prelu_backward(kind: Prelu, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    (x,), alpha = xs, weights["alpha"]
    return [np.where(x > 0, dy, dy * alpha)], {"alpha": summed_to(np.where(x > 0, 0, dy * x), alpha.shape)}
