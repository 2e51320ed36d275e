"""The padding of a window in numbers: words such as ``same`` mean different things elsewhere."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc import rules
from cnncalc.kinds.base.window import Sliding, Window
from cnncalc.kinds.conv import TransposedConv
from cnncalc.shape import Shape


class Ends(NamedTuple):
    """Positions along one axis before and behind the input, and ``extra`` ones that only the last window reaches."""

    begin: int
    end: int
    extra: int


def around(kind: Sliding, x: Shape) -> list[Ends]:
    """For each spatial axis. ``extra`` is more than 0 if a pool rounds up."""
    return [_ends(window, count) for window, count in zip(kind.windows(x), kind.positions(x), strict=True)]


def _ends(w: Window, count: int) -> Ends:
    total = rules.same_padding(w.size, w.kernel, w.stride, w.dilation) if w.padding is None else w.padding
    needed = rules.reached(count, w.kernel, w.stride, w.dilation) - w.size - w.begin
    end = total - w.begin
    return Ends(w.begin, end, max(0, needed - end))


class Cropped(NamedTuple):
    """Positions that a transposed convolution drops at the beginning and the end of an axis, or adds at the end."""

    begin: int
    end: int
    added: int


def cropped(kind: TransposedConv, x: Shape) -> list[Cropped]:
    """For each spatial axis, so that the output has the sizes that the rule gives."""
    found = []
    for (w, f, s, d, _, _), (begin, _), size in zip(kind._axes(x), kind.crop(x), kind.output(x).spatial, strict=True):
        end = rules.transposed(w, f, s, 0, d) - begin - size
        found.append(Cropped(begin, max(0, end), max(0, -end)))
    return found


def shares(size: int, count: int) -> list[tuple[int, int]]:
    """Where each of the ``count`` windows of an adaptive pool begins and ends: ``⌊iW/o⌋`` to ``⌈(i+1)W/o⌉``."""
    return [(place * size // count, -(-(place + 1) * size // count)) for place in range(count)]
