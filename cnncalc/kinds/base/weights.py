"""Learned arrays by name: how many numbers they hold, and which of them are biases or moving statistics."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Weights
from cnncalc.symbolic.arithmetic import everywhere, product
from cnncalc.symbolic.expr import Number


def is_moving(name: str) -> bool:
    """Whether a weight array holds moving statistics, which are not trained."""
    return name.startswith("moving_")


def is_bias(name: str) -> bool:
    """Whether a weight array is added rather than multiplied: a bias, or the shift of a normalisation."""
    return name.endswith("bias") or name == "beta"


def count(weights: Weights) -> Number:
    """How many numbers the arrays hold; their common last size is put outside the brackets:
    ``(3·3·3 + 1)·32``.
    """
    if not weights:
        return 0
    sizes = list(weights.values())
    last = sizes[0][-1]
    if all(everywhere(size[-1] == last) for size in sizes):
        rest: Number = 0
        for size in sizes:
            rest = rest + product(size[:-1])
        return rest * last
    total: Number = 0
    for size in sizes:
        total = total + product(size)
    return total
