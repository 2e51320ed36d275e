"""What sliding windows share: an input with its border, and its view under each element of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.kinds.base.window import Sliding, Window
from cnncalc.rules import extent, reached
from cnncalc.shape import Shape

Taps = Iterator[tuple[Any, Array]]


def shape_of(x: Array) -> Shape:
    """The shape of one example of ``x`` ``[batch, spatial..., channels]``."""
    return Shape(x.shape[1:-1], x.shape[-1])


def border(windows: list[Window], counts: tuple[int, ...]) -> list[tuple[int, int]]:
    """Positions that ``counts`` windows need before and behind each axis, without positions that no window reads."""
    return [
        (w.begin, max(0, reached(n, w.kernel, w.stride, w.dilation) - w.size - w.begin))
        for w, n in zip(windows, counts, strict=True)
    ]


def bordered(x: Array, widths: list[tuple[int, int]], fill: float = 0) -> Array:
    """``x`` with ``fill`` around its spatial axes; ``x`` itself if the border is empty."""
    if not any(map(any, widths)):
        return x
    return np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=fill)


def taps(x: Array, windows: list[Window], counts: tuple[int, ...]) -> Taps:
    """For each element of the window, its index and the view ``[batch, counts..., C]`` of ``x`` (with its border)
    that it meets at all positions.
    """
    for tap in product(*(range(w.kernel) for w in windows)):
        starts = [t * w.dilation for t, w in zip(tap, windows, strict=True)]
        cuts = [
            slice(start, start + (n - 1) * w.stride + 1, w.stride)
            for start, w, n in zip(starts, windows, counts, strict=True)
        ]
        yield tap, x[(slice(None), *cuts)]


def seen(kind: Sliding, x: Array, fill: float = 0) -> Callable[[tuple[int, ...]], Array]:
    """The window of ``kind`` on the first example of ``x``, ``[window..., C]``, for the index of an output number."""
    shape = shape_of(x)
    windows = kind.windows(shape)
    wide = bordered(x, border(windows, kind.positions(shape)), fill)[0]

    def at(place: tuple[int, ...]) -> Array:
        return wide[tuple(
            slice(i * w.stride, i * w.stride + extent(w.kernel, w.dilation), w.dilation)
            for i, w in zip(place, windows, strict=False)
        )]  # fmt: skip

    return at


def sliding(
    kind: Sliding, x: Array, fill: float = 0
) -> tuple[tuple[int, ...], Iterator[tuple[tuple[int, ...], Array]]]:
    """How many positions the window of ``kind`` takes along each axis, and its :func:`taps`."""
    shape = shape_of(x)
    windows, counts = kind.windows(shape), kind.positions(shape)
    return counts, taps(bordered(x, border(windows, counts), fill), windows, counts)


def landing(kind: Sliding, x: Array) -> tuple[Array, Taps]:
    """Zeros like ``x``, and for each element of the window the view of them that it meets at all positions.

    Gradients are added in these views, which correspond to those of :func:`sliding`; the border collects the rest.
    """
    shape = shape_of(x)
    windows, counts = kind.windows(shape), kind.positions(shape)
    widths = border(windows, counts)
    wide = np.zeros(
        (len(x), *(size + sum(ends) for size, ends in zip(shape.spatial, widths, strict=True)), x.shape[-1]), x.dtype
    )
    inner = tuple(slice(begin, begin + size) for size, (begin, _) in zip(shape.spatial, widths, strict=True))
    return wide[(slice(None), *inner)], taps(wide, windows, counts)
