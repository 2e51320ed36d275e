"""All numbers in one row, in the order of the spec's layout."""

from __future__ import annotations

from typing import Any

from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.flatten import Flatten


def flatten(kind: Any, weights: Weights, x: Array) -> Array:
    return outward(x, kind.layout).reshape(len(x), -1)


@backward(Flatten)
def flatten_backward(kind: Flatten, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [inward(dy.reshape(outward(xs[0], kind.layout).shape), kind.layout)], {}
