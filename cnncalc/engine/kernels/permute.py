"""Axes in another order, as the spec's layout writes them."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.kinds.permute import Permute


def permute(kind: Permute, weights: Weights, x: Array) -> Array:
    return inward(outward(x, kind.layout).transpose(0, *kind.order), kind.layout)
