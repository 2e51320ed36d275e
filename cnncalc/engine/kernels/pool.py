"""Pools: a running maximum or sum of shifted views."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Job, spans
from cnncalc.engine.fast.pooling import Running
from cnncalc.engine.kernels import Terms, by_hand, fast_form
from cnncalc.engine.kernels.window import seen, shape_of, sliding
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.base.window import Window
from cnncalc.kinds.pool import AdaptiveAvgpool, AdaptiveMaxpool, Avgpool, GlobalAvgpool, GlobalMaxpool, Lppool, Maxpool
from cnncalc.rules import extent
from cnncalc.shape import Shape

BLOCK = 1 << 18  # numbers of an adaptive pool that are worked out at one time


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
    return _adaptive(kind, x, _largest)


def adaptive_avgpool(kind: AdaptiveAvgpool, weights: Weights, x: Array) -> Array:
    """The mean of each window."""
    return _adaptive(kind, x, _means)


def _adaptive(
    kind: AdaptiveMaxpool | AdaptiveAvgpool, x: Array, reduce_axis: Callable[[Array, Array, Array], Array]
) -> Array:
    """One axis after the other: a window is a rectangle. Those that shrink come first, so that what lies between is
    never larger than the input and the output are.
    """
    targets = (len(x), *per_axis(kind.target, shape_of(x), "output"), x.shape[-1])
    for axis in sorted(range(1, x.ndim - 1), key=lambda axis: targets[axis] / x.shape[axis]):
        size, count = x.shape[axis], targets[axis]
        turned = np.moveaxis(x, axis, 0)
        y = np.empty((count, *turned.shape[1:]), x.dtype)
        for part in spans(count, BLOCK // y[0].size):
            places = np.arange(part.start, part.stop)
            # window i of o runs from ⌊iW/o⌋ to ⌈(i+1)W/o⌉
            y[part] = reduce_axis(turned, places * size // count, -(-(places + 1) * size // count))
        x = np.moveaxis(y, 0, axis)
    return np.ascontiguousarray(x)


def _reduced(join: np.ufunc, x: Array, starts: Array, ends: Array, dtype: type | None = None) -> Array:
    """``join`` over ``x[start:end]`` for each pair.

    ``reduceat`` joins from each place to the next, so every second result is a window. Its places lie inside the array:
    the windows that reach the end, which begin at two places at most, are done by themselves.
    """
    x = x[: ends[-1]]
    places = np.stack([starts, np.minimum(ends, len(x) - 1)], axis=1).ravel()
    y: Array = join.reduceat(x, places, axis=0, dtype=dtype)[::2]
    at_end = ends == len(x)
    for start in np.unique(starts[at_end]):
        y[at_end & (starts == start)] = join.reduce(x[start:], axis=0, dtype=dtype)
    return y


def _largest(x: Array, starts: Array, ends: Array) -> Array:
    return _reduced(np.maximum, x, starts, ends)


def _means(x: Array, starts: Array, ends: Array) -> Array:
    """In double precision: the sum of a long window would lose digits."""
    return _reduced(np.add, x, starts, ends, np.float64) / (ends - starts).reshape(-1, *(1,) * (x.ndim - 1))


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
