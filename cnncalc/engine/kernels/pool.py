"""Pools: a running maximum or sum of shifted views."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.pooling import Running
from cnncalc.engine.kernels import Terms, by_hand, fast_form
from cnncalc.engine.kernels.window import seen, shape_of, sliding
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.base.window import Window
from cnncalc.kinds.pool import AdaptiveAvgpool, AdaptiveMaxpool, Avgpool, GlobalAvgpool, GlobalMaxpool, Lppool, Maxpool
from cnncalc.rules import extent
from cnncalc.shape import Shape


def maxpool(kind: Maxpool, weights: Weights, x: Array) -> Array:
    """Padding counts as −∞."""
    _, taps = sliding(kind, x, -np.inf)
    return reduce(np.maximum, (view for _, view in taps)).copy()


def avgpool(kind: Avgpool, weights: Weights, x: Array) -> Array:
    """The sum over each window, divided by how many positions count."""
    counts, taps = sliding(kind, x)
    total = np.zeros((len(x), *counts, x.shape[-1]), x.dtype)
    for _, view in taps:
        total += view
    return total / counted(kind, shape_of(x)).astype(x.dtype)[..., None]


def counted(kind: Avgpool, shape: Shape) -> Array:
    """How many positions count in the mean at each place of the window: ``[counts...]``."""
    along = [_counted(w, n, kind) for w, n in zip(kind.windows(shape), kind.positions(shape), strict=True)]
    return reduce(np.multiply.outer, along)


def _counted(w: Window, count: int, kind: Avgpool) -> Array:
    """Along one axis: positions of each window in the input, with its padding if that counts, never beyond it."""
    starts = np.arange(count) * w.stride - w.begin
    end = extent(w.kernel) if w.padding is None else w.padding - w.begin
    low, high = (-w.begin, w.size + end) if kind.count_include_pad else (0, w.size)
    return np.minimum(starts + w.kernel, high) - np.maximum(starts, low)


def lppool(kind: Lppool, weights: Weights, x: Array) -> Array:
    """``(Σ|x|^p)^(1/p)``."""
    counts, taps = sliding(kind, np.abs(x) ** kind.p)
    total = np.zeros((len(x), *counts, x.shape[-1]), x.dtype)
    for _, view in taps:
        total += view
    return total ** x.dtype.type(1 / kind.p)


def global_maxpool(kind: GlobalMaxpool, weights: Weights, x: Array) -> Array:
    """The largest number of each channel."""
    return x.max(axis=tuple(range(1, x.ndim - 1)), keepdims=kind.keepdims)


def global_avgpool(kind: GlobalAvgpool, weights: Weights, x: Array) -> Array:
    """The mean of each channel."""
    return x.mean(axis=tuple(range(1, x.ndim - 1)), keepdims=kind.keepdims)


def adaptive_maxpool(kind: AdaptiveMaxpool, weights: Weights, x: Array) -> Array:
    """The largest of each window."""
    return _adaptive(kind, x, np.max)


def adaptive_avgpool(kind: AdaptiveAvgpool, weights: Weights, x: Array) -> Array:
    """The mean of each window."""
    return _adaptive(kind, x, np.mean)


def _adaptive(kind: AdaptiveMaxpool | AdaptiveAvgpool, x: Array, put_down: Callable[..., Any]) -> Array:
    """``put_down`` over each window."""
    shape = shape_of(x)
    targets = per_axis(kind.target, shape, "output")
    axes = tuple(range(1, x.ndim - 1))
    y = np.empty((len(x), *targets, x.shape[-1]), x.dtype)
    for place in np.ndindex(*targets):
        spans: list[Any] = [_span(*axis) for axis in zip(place, shape.spatial, targets, strict=True)]
        y[(slice(None), *place)] = put_down(x[(slice(None), *spans)], axis=axes)
    return y


def _span(i: int, size: int, count: int) -> slice:
    """Window ``i`` of ``count``: from ``⌊iW/o⌋`` to ``⌈(i+1)W/o⌉``."""
    return slice(i * size // count, -(-(i + 1) * size // count))


@by_hand(Maxpool)
def maxpool_by_hand(kind: Maxpool, weights: Weights, x: Array) -> Callable[[tuple[int, ...]], Terms]:
    """The numbers of the window; the padding is left out, because it is never the largest."""
    window = seen(kind, x, -np.inf)

    def terms(place: tuple[int, ...]) -> Terms:
        numbers = window(place)[..., place[-1]]
        return Terms(numbers[numbers > -np.inf])

    return terms


@by_hand(Avgpool)
def avgpool_by_hand(kind: Avgpool, weights: Weights, x: Array) -> Callable[[tuple[int, ...]], Terms]:
    """The numbers of the window, over how many of them count."""
    window, divisors = seen(kind, x), counted(kind, shape_of(x))
    return lambda place: Terms(window(place)[..., place[-1]], divisor=int(divisors[place[:-1]]))


@fast_form(Maxpool)
def fast_maxpool(job: Job) -> list[Work] | None:
    """The largest of each window; the border of the input holds −∞."""
    return [Running(job, np.maximum)]


@fast_form(Avgpool)
def fast_avgpool(job: Job) -> list[Work] | None:
    """The mean of each window where all have as many positions that count; else None."""
    counts = counted(job.kind, job.shape)
    return [Running(job, np.add, 1 / counts.flat[0])] if (counts == counts.flat[0]).all() else None
