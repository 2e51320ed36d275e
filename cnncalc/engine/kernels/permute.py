"""Axes in another order, as the spec's layout writes them."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.permute import Permute


def permute(kind: Permute, weights: Weights, x: Array) -> Array:
    return inward(outward(x, kind.layout).transpose(0, *kind.order), kind.layout)


@backward(Permute)
def permute_backward(kind: Permute, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [inward(outward(dy, kind.layout).transpose(np.argsort((0, *kind.order))), kind.layout)], {}
