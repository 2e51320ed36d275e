"""Steps against the gradient, as PyTorch's optimizers of these names take them, and how the rate falls."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cnncalc.engine.arrays import Array

MOMENTUM = 0.9  # the share of the last step that the next one keeps
FIRST, SECOND, TINY = 0.9, 0.999, 1e-8  # Adam's decay rates for the gradient and its square; avoids division by zero

#: Changes an array in place: (array, its gradient, rate).
Step = Callable[[Array, Array, float], None]


def sgd(like: Array) -> Step:
    """``w −= rate·gradient``."""

    def step(array: Array, gradient: Array, rate: float) -> None:
        array -= rate * gradient

    return step


def momentum(like: Array) -> Step:
    """``v = 0.9·v + gradient``, ``w −= rate·v`` (Polyak 1964)."""
    speed = np.zeros_like(like)

    def step(array: Array, gradient: Array, rate: float) -> None:
        np.multiply(speed, MOMENTUM, out=speed)
        np.add(speed, gradient, out=speed)
        array -= rate * speed

    return step


def adam(like: Array) -> Step:
    """The mean of the gradients over the root of the mean of their squares (Kingma & Ba 2015)."""
    mean, square, steps = np.zeros_like(like), np.zeros_like(like), 0

    def step(array: Array, gradient: Array, rate: float) -> None:
        nonlocal mean, square, steps
        steps += 1
        mean += (1 - FIRST) * (gradient - mean)
        square += (1 - SECOND) * (gradient * gradient - square)
        size = np.sqrt(square / (1 - SECOND**steps)) + TINY
        array -= rate / (1 - FIRST**steps) * mean / size

    return step


OPTIMIZERS: dict[str, Callable[[Array], Step]] = {"adam": adam, "sgd": sgd, "momentum": momentum}

#: The remaining share of the rate after a share of the steps.
DECAYS: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "linear": lambda done: 1 - done,
    "none": lambda done: 1.0,
}
