"""Dropout: the identity at inference; in training, numbers are dropped at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward, while_training
from cnncalc.kinds.dropout import Dropout


def dropout(kind: Any, weights: Weights, x: Array) -> Array:
    return x


@backward(Dropout)
def dropout_backward(kind: Dropout, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [dy], {}


@while_training(Dropout)
def dropout_while_training(
    kind: Dropout, weights: Weights, xs: list[Array], random: np.random.Generator, *, wanted: bool
) -> tuple[Array, Callable[[Array], Gradients], Weights]:
    """Each number is dropped with the probability ``rate``, and the others are divided by 1 − rate."""
    (x,) = xs
    factor = ((random.random(x.shape) >= kind.rate) / max(1 - kind.rate, 1e-30)).astype(x.dtype)
    return x * factor, lambda dy: ([dy * factor], {}), {}
