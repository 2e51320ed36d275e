"""All numbers along an axis reduced to one."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.axis import position
from cnncalc.kinds.base.reduction import Reduction
from cnncalc.kinds.mean import Mean
from cnncalc.kinds.sum import Sum


def sum(kind: Reduction, weights: Weights, x: Array) -> Array:
    """Without the axis, or with it at size 1."""
    return x.sum(axis=1 + position(shape_of(x), kind.axis, kind), keepdims=kind.keepdims)


def mean(kind: Reduction, weights: Weights, x: Array) -> Array:
    """Without the axis, or with it at size 1."""
    return x.mean(axis=1 + position(shape_of(x), kind.axis, kind), keepdims=kind.keepdims)


@backward(Sum, Mean)
def reduction_backward(kind: Reduction, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """The same to each number along the axis: all of dy, or its share."""
    (x,), axis = xs, 1 + position(shape_of(xs[0]), kind.axis, kind)
    share = dy / x.shape[axis] if isinstance(kind, Mean) else dy
    return [np.broadcast_to(share if kind.keepdims else np.expand_dims(share, axis), x.shape)], {}
