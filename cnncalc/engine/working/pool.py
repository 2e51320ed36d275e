"""Pools whose windows are powers, the whole map, or of unequal size."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, Terms, by_hand
from cnncalc.engine.kernels.window import seen, shape_of
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.pool import AdaptiveAvgpool, AdaptiveMaxpool, GlobalAvgpool, GlobalMaxpool, Lppool


@by_hand(Lppool)
def lppool_by_hand(kind: Lppool, weights: Weights, x: Array) -> Place:
    """``(|1|^2 + |3|^2)^(1/2)``."""
    window = seen(kind, x)

    def place(index: tuple[int, ...]) -> Formula:
        numbers = window(index)[..., index[-1]].ravel()
        text = " + ".join([f"|{{}}|^{kind.p:g}"] * len(numbers))
        return Formula(f"({text})^(1/{kind.p:g})", tuple(numbers))

    return place


@by_hand(GlobalMaxpool, GlobalAvgpool)
def global_pool_by_hand(kind: GlobalMaxpool | GlobalAvgpool, weights: Weights, x: Array) -> Place:
    """Every number of the channel."""
    count = x[0, ..., 0].size if isinstance(kind, GlobalAvgpool) else None
    return lambda place: Terms(x[0, ..., place[-1]].ravel(), divisor=count)


@by_hand(AdaptiveMaxpool, AdaptiveAvgpool)
def adaptive_pool_by_hand(kind: AdaptiveMaxpool | AdaptiveAvgpool, weights: Weights, x: Array) -> Place:
    """Window i of o runs from ⌊iW/o⌋ to ⌈(i+1)W/o⌉."""
    targets = per_axis(kind.target, shape_of(x), "output")

    def place(index: tuple[int, ...]) -> Terms:
        sizes = zip(index, x.shape[1:], targets, strict=False)
        cut = tuple(slice(i * size // count, -(-(i + 1) * size // count)) for i, size, count in sizes)
        numbers = x[0][(*cut, index[-1])].ravel()
        return Terms(numbers, divisor=numbers.size if isinstance(kind, AdaptiveAvgpool) else None)

    return place
