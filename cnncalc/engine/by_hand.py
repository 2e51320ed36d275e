"""One layer by hand: what each output number is the sum, the mean or the largest of."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array, Weights, outward
from cnncalc.engine.kernels.pool import counted
from cnncalc.engine.kernels.window import border, bordered, shape_of
from cnncalc.kinds.base.kind import Kind
from cnncalc.kinds.conv import Conv, DepthwiseConv
from cnncalc.kinds.dense import Dense
from cnncalc.kinds.pool import Avgpool, Maxpool
from cnncalc.rules import extent

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row

MOST = 100  # output numbers that are shown
TERMS = 100  # numbers that each is made of, at most


class Window(NamedTuple):
    """How one output number comes about.

    ``place`` is where it stands, from 1: row, column, channel (or fewer axes). ``numbers`` are what the window sees,
    ``factors`` what each is multiplied with (empty for a pool), ``bias`` what is added (None: nothing), ``activation``
    what the sum goes through, ``divisor`` that of a mean, and ``value`` what the layer put out.
    """

    place: tuple[int, ...]
    numbers: list[float]
    factors: list[float]
    bias: float | None
    activation: str | None
    divisor: int | None
    value: float


class Traced(NamedTuple):
    """The windows of a layer's first example, and how many there are beyond those."""

    row: Row
    windows: list[Window]
    more: int


def can_show(kind: Kind) -> bool:
    """Whether :func:`trace` knows the kind."""
    return isinstance(kind, (Conv, DepthwiseConv, Maxpool, Avgpool, Dense))


def trace(row: Row, weights: Weights, xs: list[Array], y: Array) -> Traced:
    """The windows of the first example: at most MOST of them, each of at most TERMS numbers."""
    places = islice(product(*(range(size) for size in y.shape[1:])), MOST)
    kind: Any = row.layer.kind
    made = _dense(kind, weights, xs[0][:1], y[0]) if isinstance(kind, Dense) else _slid(kind, weights, xs[0][:1], y[0])
    windows = [window for window in map(made, places) if len(window.numbers) <= TERMS]
    return Traced(row, windows, math.prod(y.shape[1:]) - len(windows))


Made = Callable[[tuple[int, ...]], Window]


def _dense(kind: Dense, weights: Weights, x: Array, y: Array) -> Made:
    flat = outward(x, kind.layout).reshape(-1) if kind.flattens(shape_of(x)) else None

    def made(place: tuple[int, ...]) -> Window:
        numbers = x[(0, *place[:-1])] if flat is None else flat
        return _window(kind, weights, y, place, numbers, weights["kernel"][:, place[-1]])

    return made


def _slid(kind: Any, weights: Weights, x: Array, y: Array) -> Made:
    """The window of a convolution or a pool at each place of its output."""
    shape = shape_of(x)
    windows, counts = kind.windows(shape), kind.positions(shape)
    largest = isinstance(kind, Maxpool)
    wide = bordered(x, border(windows, counts), -np.inf if largest else 0)[0]

    def made(place: tuple[int, ...]) -> Window:
        cuts = [
            slice(i * w.stride, i * w.stride + extent(w.kernel, w.dilation), w.dilation)
            for i, w in zip(place, windows, strict=False)
        ]
        channel = place[-1]
        if isinstance(kind, Conv):
            share = x.shape[-1] // kind.groups
            first = channel // (kind.filters // kind.groups) * share
            seen = wide[(*cuts, slice(first, first + share))]
            return _window(kind, weights, y, place, seen, weights["kernel"][..., channel])
        if isinstance(kind, DepthwiseConv):
            source, number = divmod(channel, kind.multiplier)
            return _window(kind, weights, y, place, wide[(*cuts, source)], weights["kernel"][..., source, number])
        numbers = wide[(*cuts, channel)]
        if largest:
            return _window(kind, weights, y, place, numbers[numbers > -np.inf], np.empty(0))
        return _window(kind, weights, y, place, numbers, np.empty(0), int(divisors[place[:-1]]))

    divisors = counted(kind, shape) if isinstance(kind, Avgpool) else np.empty(0)
    return made


def _window(
    kind: Any,
    weights: Weights,
    y: Array,
    place: tuple[int, ...],
    numbers: Array,
    factors: Array,
    divisor: int | None = None,
) -> Window:
    bias = weights.get("bias")
    return Window(
        tuple(i + 1 for i in place),
        [float(n) for n in numbers.ravel()[: TERMS + 1]],
        [float(f) for f in factors.ravel()[: TERMS + 1]],
        None if bias is None else float(bias[place[-1]]),
        getattr(kind, "activation", None),
        divisor,
        float(y[place]),
    )
