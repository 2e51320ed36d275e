"""Pools: a running maximum or sum of shifted views."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from itertools import product

import numpy as np

from cnncalc.engine.arrays import Array, Weights, along
from cnncalc.engine.fast.job import Job, spans
from cnncalc.engine.fast.pooling import Running
from cnncalc.engine.kernels import Gradients, Terms, backward, by_hand, fast_form
from cnncalc.engine.kernels.window import landing, seen, shape_of, sliding
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.base.window import Window
from cnncalc.kinds.pool import AdaptiveAvgpool, AdaptiveMaxpool, Avgpool, GlobalAvgpool, GlobalMaxpool, Lppool, Maxpool
from cnncalc.rules import extent
from cnncalc.shape import Shape

BLOCK = 1 << 18  # numbers per block of an adaptive pool


def maxpool(kind: Maxpool, weights: Weights, x: Array) -> Array:
    """Padding counts as −∞."""
    _, taps = sliding(kind, x, -np.inf)
    return reduce(np.maximum, (view for _, view in taps)).copy()


@backward(Maxpool)
def maxpool_backward(kind: Maxpool, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """To the largest number of each window, the first of several."""
    (x,) = xs
    (_, taps), (dx, places) = sliding(kind, x, -np.inf), landing(kind, x)
    open = np.ones(y.shape, bool)
    for (_, view), (_, place) in zip(taps, places, strict=True):
        chosen = open & (view == y)
        place += dy * chosen
        open &= ~chosen
    return [dx], {}


def avgpool(kind: Avgpool, weights: Weights, x: Array) -> Array:
    """The sum over each window, divided by how many positions count."""
    counts, taps = sliding(kind, x)
    total = np.zeros((len(x), *counts, x.shape[-1]), x.dtype)
    for _, view in taps:
        total += view
    return total / counted(kind, shape_of(x)).astype(x.dtype)[..., None]


@backward(Avgpool)
def avgpool_backward(kind: Avgpool, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """The same share to every number of the window."""
    (x,) = xs
    share = dy / counted(kind, shape_of(x)).astype(x.dtype)[..., None]
    dx, places = landing(kind, x)
    for _, place in places:
        place += share
    return [dx], {}


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


@backward(Lppool)
def lppool_backward(kind: Lppool, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dy/dx = sign(x)·(|x|/y)^(p − 1)``; 0 if the whole window is 0."""
    (x,) = xs
    dx, places = landing(kind, x)
    for (_, view), (_, place) in zip(sliding(kind, x)[1], places, strict=True):
        ratio = np.divide(np.abs(view), y, out=np.zeros_like(y), where=y > 0)
        place += dy * np.sign(view) * ratio ** (kind.p - 1)
    return [dx], {}


def global_maxpool(kind: GlobalMaxpool, weights: Weights, x: Array) -> Array:
    """The largest number of each channel."""
    return x.max(axis=tuple(range(1, x.ndim - 1)), keepdims=kind.keepdims)


def global_avgpool(kind: GlobalAvgpool, weights: Weights, x: Array) -> Array:
    """The mean of each channel."""
    return x.mean(axis=tuple(range(1, x.ndim - 1)), keepdims=kind.keepdims)


@backward(GlobalMaxpool)
def global_maxpool_backward(kind: GlobalMaxpool, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """To the first of the largest numbers of each channel."""
    (x,) = xs
    flat = x.reshape(len(x), -1, x.shape[-1])
    dx = np.zeros_like(flat)
    np.put_along_axis(dx, flat.argmax(axis=1)[:, None], dy.reshape(len(x), 1, -1), axis=1)
    return [dx.reshape(x.shape)], {}


@backward(GlobalAvgpool)
def global_avgpool_backward(kind: GlobalAvgpool, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """The same share to every position."""
    (x,) = xs
    share = dy.reshape(len(x), *(1,) * (x.ndim - 2), -1) / math.prod(x.shape[1:-1])
    return [np.broadcast_to(share, x.shape)], {}


def adaptive_maxpool(kind: AdaptiveMaxpool, weights: Weights, x: Array) -> Array:
    """The largest of each window."""
    return _adaptive(kind, x, _largest)


def adaptive_avgpool(kind: AdaptiveAvgpool, weights: Weights, x: Array) -> Array:
    """The mean of each window."""
    return _adaptive(kind, x, _means)


@backward(AdaptiveMaxpool)
def adaptive_maxpool_backward(
    kind: AdaptiveMaxpool, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    """To the first of the largest numbers of each window."""
    (x,) = xs
    dx = np.zeros_like(x)
    cuts = [zip(*edges(n, count), strict=True) for n, count in zip(x.shape[1:-1], y.shape[1:-1], strict=True)]
    for place, ends in zip(np.ndindex(*y.shape[1:-1]), product(*cuts), strict=True):
        cut = (slice(None), *(slice(start, end) for start, end in ends))
        seen, at = x[cut].reshape(len(x), -1, x.shape[-1]), (slice(None), *place)
        chosen = np.arange(seen.shape[1])[:, None] == seen.argmax(axis=1)[:, None]
        dx[cut] += (chosen * dy[at][:, None]).reshape(x[cut].shape)
    return [dx], {}


@backward(AdaptiveAvgpool)
def adaptive_avgpool_backward(
    kind: AdaptiveAvgpool, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    """Each axis is a product with the matrix of the windows' shares."""
    for axis in range(1, dy.ndim - 1):
        size = xs[0].shape[axis]
        shares = _means(np.eye(size, dtype=dy.dtype), *edges(size, y.shape[axis]))
        dy = along(shares.T.astype(dy.dtype), dy, axis)
    return [dy], {}


def edges(size: int, count: int, part: slice = slice(None)) -> tuple[Array, Array]:
    """Where the windows of an adaptive pool begin and end along an axis: window i of o from ⌊iW/o⌋ to ⌈(i+1)W/o⌉."""
    places = np.arange(count)[part]
    return places * size // count, -(-(places + 1) * size // count)


def _adaptive(
    kind: AdaptiveMaxpool | AdaptiveAvgpool, x: Array, reduce_axis: Callable[[Array, Array, Array], Array]
) -> Array:
    """One axis after the other: a window is a rectangle. Axes that shrink come first, so that intermediate results are
    never larger than the input and the output.
    """
    targets = (len(x), *per_axis(kind.target, shape_of(x), "output"), x.shape[-1])
    for axis in sorted(range(1, x.ndim - 1), key=lambda axis: targets[axis] / x.shape[axis]):
        size, count = x.shape[axis], targets[axis]
        turned = np.moveaxis(x, axis, 0)
        y = np.empty((count, *turned.shape[1:]), x.dtype)
        for part in spans(count, BLOCK // y[0].size):
            y[part] = reduce_axis(turned, *edges(size, count, part))
        x = np.moveaxis(y, 0, axis)
    return np.ascontiguousarray(x)


def _reduced(join: np.ufunc, x: Array, starts: Array, ends: Array, dtype: type | None = None) -> Array:
    """``join`` over ``x[start:end]`` for each pair.

    ``reduceat`` joins from each place to the next, so every second result is a window. Its places lie inside the array:
    the windows that reach the end, which begin at two places at most, are computed separately.
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
    """The mean of each window if all windows count equally many positions; else None."""
    counts = counted(job.kind, job.shape)
    return [Running(job, np.add, 1 / counts.flat[0])] if (counts == counts.flat[0]).all() else None
