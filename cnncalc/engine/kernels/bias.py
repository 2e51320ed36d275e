"""Adds learned numbers."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward, outward, summed_to
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.bias import Bias


def bias(kind: Bias, weights: Weights, x: Array) -> Array:
    """bias ``[C]``, or ``[sizes of an example in the spec's layout]``."""
    return x + inward(weights["bias"][None], kind.layout)


@backward(Bias)
def bias_backward(kind: Bias, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    learned = inward(weights["bias"][None], kind.layout)
    return [dy], {"bias": outward(summed_to(dy, learned.shape), kind.layout)[0]}
