"""The place of each output: a slice of one arena, shared by outputs that are not alive at the same time.

An output that a window with padding reads is given the padding's border, so that padding costs nothing. An operand of
a concat along the channels is written where the concat has it, so that joining costs nothing either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.engine.arrays import Array

if TYPE_CHECKING:
    from cnncalc.shape import Shape

Widths = list[tuple[int, int]]
LINE = 16  # numbers in a cache line; each slice begins at one


class Buffer:
    """The place of one output ``[batch, spatial..., channels]`` with a border of ``widths`` that holds ``fill``.

    ``parent`` is the buffer in whose channels, from ``offset`` on, it lies (None: a stretch of its own). It is alive
    from op ``first`` to op ``last``.
    """

    def __init__(self, batch: int, shape: Shape, first: int) -> None:
        self.batch, self.shape = batch, shape
        self.widths: Widths = [(0, 0)] * len(shape.spatial)
        self.fill = 0.0
        self.parent: Buffer | None = None
        self.offset = 0
        self.first = self.last = first
        self.full: Array = np.empty(0, np.float32)

    @property
    def root(self) -> Buffer:
        return self if self.parent is None else self.parent.root

    @property
    def sizes(self) -> tuple[int, ...]:
        """The array with its border."""
        wide = (b + w + e for w, (b, e) in zip(self.shape.spatial, self.widths, strict=True))
        return (self.batch, *wide, self.shape.channels)

    def widen(self, widths: Widths) -> None:
        """Make the border, and that of the enclosing buffer, at least as wide."""
        self.widths = [(max(a, c), max(b, d)) for (a, b), (c, d) in zip(self.widths, widths, strict=True)]
        if self.parent is not None:
            self.parent.widen(self.widths)

    def view(self, widths: Widths | None = None) -> Array:
        """The numbers with a border of ``widths``, by default without."""
        widths = widths or [(0, 0)] * len(self.widths)
        cuts = [
            slice(b - wb, b + w + we)
            for w, (b, _), (wb, we) in zip(self.shape.spatial, self.widths, widths, strict=True)
        ]
        return self.full[(slice(None), *cuts)]

    def edges(self) -> list[Array]:
        """The parts of the border: before and behind each axis."""
        found = []
        for axis, (before, behind) in enumerate(self.widths, start=1):
            if before:
                found.append(self.full[(slice(None),) * axis + (slice(0, before),)])
            if behind:
                found.append(self.full[(slice(None),) * axis + (slice(-behind, None),)])
        return found


def settle(buffers: list[Buffer]) -> tuple[int, dict[int, int]]:
    """The size of the arena in numbers, and the start of each root (by its id).

    In the order of running: the smallest gap that fits, else the arena grows.
    """
    roots = {id(b.root): b.root for b in buffers}
    for buffer in buffers:
        root = buffer.root
        root.widen(buffer.widths)
        root.first, root.last = min(root.first, buffer.first), max(root.last, buffer.last)
    gaps: list[tuple[int, int]] = []
    size, places = 0, {}
    ending: dict[int, list[tuple[int, int]]] = {}
    for root in sorted(roots.values(), key=lambda b: b.first):
        for time in sorted(t for t in ending if t < root.first):
            for gap in ending.pop(time):
                _free(gaps, gap)
        length = -(-math.prod(root.sizes) // LINE) * LINE
        fitting = [gap for gap in gaps if gap[1] - gap[0] >= length]
        if fitting:
            begin, end = min(fitting, key=lambda gap: gap[1] - gap[0])
            gaps.remove((begin, end))
            if end - begin > length:
                gaps.append((begin + length, end))
        else:
            begin = next((gap[0] for gap in gaps if gap[1] == size), size)
            gaps = [gap for gap in gaps if gap[1] != size or gap[0] != begin]
            size = begin + length
        places[id(root)] = begin
        ending.setdefault(root.last, []).append((begin, begin + length))
    return size, places


def _free(gaps: list[tuple[int, int]], gap: tuple[int, int]) -> None:
    """Add a gap, joined with its neighbours."""
    begin, end = gap
    for other in [g for g in gaps if g[1] == begin or g[0] == end]:
        gaps.remove(other)
        begin, end = min(begin, other[0]), max(end, other[1])
    gaps.append((begin, end))


def bind(buffers: list[Buffer], size: int, places: dict[int, int], allocate: Callable[[int], Array]) -> None:
    """Give every buffer its slice of what ``allocate`` returns."""
    arena = allocate(size + LINE)
    arena.fill(0)  # makes the system provide the memory now, not while the first layers are timed
    start = -(arena.ctypes.data // arena.itemsize) % LINE
    for buffer in buffers:
        root = buffer.root
        if not root.full.size:
            begin = start + places[id(root)]
            root.full = arena[begin : begin + math.prod(root.sizes)].reshape(root.sizes)
    for buffer in buffers:
        chain, offset = buffer, 0
        while chain.parent is not None:
            offset += chain.offset
            chain = chain.parent
        if chain is not buffer:
            buffer.widths = chain.widths
            buffer.full = chain.full[..., offset : offset + buffer.shape.channels]
