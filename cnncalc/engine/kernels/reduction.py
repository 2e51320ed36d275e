"""All numbers along an axis reduced to one."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.axis import position
from cnncalc.kinds.base.reduction import Reduction


def sum(kind: Reduction, weights: Weights, x: Array) -> Array:
    """Without the axis, or with it at size 1."""
    return x.sum(axis=1 + position(shape_of(x), kind.axis, kind), keepdims=kind.keepdims)


def mean(kind: Reduction, weights: Weights, x: Array) -> Array:
    """Without the axis, or with it at size 1."""
    return x.mean(axis=1 + position(shape_of(x), kind.axis, kind), keepdims=kind.keepdims)
