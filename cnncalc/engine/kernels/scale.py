"""Learned factors."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward, outward, summed_to
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.scale import Scale


def scale(kind: Scale, weights: Weights, x: Array) -> Array:
    """gamma ``[C]``, ``[1]``, or ``[sizes of an example in the spec's layout]``."""
    return x * inward(weights["gamma"][None], kind.layout)


@backward(Scale)
def scale_backward(kind: Scale, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    learned = inward(weights["gamma"][None], kind.layout)
    return [dy * learned], {"gamma": outward(summed_to(dy * xs[0], learned.shape), kind.layout)[0]}
