"""The same numbers, in the order of the spec's layout, in other sizes."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.reshape import Reshape


def reshape(kind: Reshape, weights: Weights, x: Array) -> Array:
    return inward(outward(x, kind.layout).reshape(len(x), *kind.shape), kind.layout)


@backward(Reshape)
def reshape_backward(kind: Reshape, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [inward(outward(dy, kind.layout).reshape(outward(xs[0], kind.layout).shape), kind.layout)], {}
