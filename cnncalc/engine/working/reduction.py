"""Sums and means along an axis, one by one."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.axis import position
from cnncalc.kinds.base.reduction import Reduction
from cnncalc.kinds.mean import Mean
from cnncalc.kinds.sum import Sum


@by_hand(Sum, Mean)
def reduction_by_hand(kind: Reduction, weights: Weights, x: Array) -> Place:
    """The numbers along the axis added, over how many they are for a mean."""
    axis = position(shape_of(x), kind.axis, kind)
    rows = np.moveaxis(x[0], axis, -1)
    text = " + ".join(["{}"] * rows.shape[-1])
    text = f"({text})/{rows.shape[-1]}" if isinstance(kind, Mean) else text

    def place(index: tuple[int, ...]) -> Formula:
        rest = index[:axis] + index[axis + 1 :] if kind.keepdims else index
        return Formula(text, tuple(rows[rest]))

    return place
