"""Positions in attention: windows of an image, distances between positions, rotations by position."""

from __future__ import annotations

import math
from copy import copy

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.attention import Attention
from cnncalc.kinds.base.attending import FARTHEST
from cnncalc.shape import Shape


class Relative:
    """The numbers added to the scores, by distance and head; False if there are none."""

    def __init__(self, kind: Attention, weights: Weights, query: Shape, memory: Shape) -> None:
        self.table = weights.get("relative_bias")
        if self.table is None:
            return
        axes = list(zip(kind.seen(query), kind.seen(memory), strict=True))
        self.places = [np.indices([sizes[n] for sizes in axes]).reshape(len(axes), -1) for n in (0, 1)]
        self.counts = [queries + positions - 1 for queries, positions in axes]
        self.nearest = [positions - 1 for _, positions in axes]
        self.buckets: Array | None = None
        if kind.relative_bias == "buckets":
            distances = np.arange(self.counts[0]) - self.nearest[0]
            self.buckets = bucket(-distances, kind.buckets, both=not kind.causal)
            self.table = self.table[self.buckets]

    def __bool__(self) -> bool:
        return self.table is not None

    def of(self, head: int) -> Relative:
        """Those of one head: their rows have no axis of heads."""
        one = copy(self)
        one.table = self.table if self.table is None else self.table[:, head]
        return one

    def rows(self, part: slice) -> Array:
        """``[heads, queries of the part, positions]``."""
        assert self.table is not None
        return np.moveaxis(self.table[self._numbers(part)], (0, 1), (-2, -1))

    def learned_rows(self) -> Array:
        """The row of the learned table, of distances or of buckets, for each pair: ``[queries, positions]``."""
        rows = self._numbers(slice(None))
        return rows if self.buckets is None else self.buckets[rows]

    def _numbers(self, part: slice) -> Array:
        """The row of the table for each pair: ``[queries of the part, positions]``."""
        of_query, of_memory = self.places
        number = np.zeros((of_query[0][part].size, of_memory.shape[1]), np.intp)
        for i, j, count, nearest in zip(of_query, of_memory, self.counts, self.nearest, strict=True):
            number = number * count + (i[part, None] - j + nearest)
        return number

    def backward(self, weights: Weights, dscores: Array) -> Weights:
        """The gradient by the table, of that by the scores ``[..., heads, T, S]``: summed over each distance."""
        if self.table is None:
            return {}
        total = dscores.sum(axis=tuple(range(dscores.ndim - 3)))
        found = np.zeros_like(weights["relative_bias"])
        np.add.at(found, self.learned_rows(), np.moveaxis(total, 0, -1))
        return {"relative_bias": found}


def bucket(ahead: Array, buckets: int, *, both: bool) -> Array:
    """The bucket of each number of positions that a memory is ``ahead`` of its query (Raffel et al., T5, 2020).

    Half of the buckets of a direction hold one distance each, the others ever more, up to FARTHEST. With ``both``
    directions, each has half of the buckets; otherwise positions ahead count as distance 0.
    """
    count = buckets // 2 if both else buckets
    first = (ahead > 0) * count if both else 0
    distance = np.abs(ahead) if both else np.maximum(-ahead, 0)
    exact = count // 2
    ratio = np.log(np.maximum(distance, 1).astype(np.float32) / np.float32(exact))  # in float32, as T5 rounds
    far = exact + (ratio / np.float32(math.log(FARTHEST / exact)) * np.float32(count - exact)).astype(np.intp)
    return np.asarray(first + np.where(distance < exact, distance, np.minimum(far, count - 1)))


def turned(x: Array, base: float, first: int = 0, *, back: bool = False) -> Array:
    """``[..., T, dim]``, positions from ``first`` on: columns 2i and 2i + 1 as a complex number, turned by
    ``position·base^(−2i/dim)``, or turned ``back`` by as much.
    """
    positions, dim = x.shape[-2:]
    angles = np.arange(first, first + positions)[:, None] * base ** (-np.arange(0, dim, 2) / dim)
    cos, sin = (each.astype(x.dtype) for each in (np.cos(angles), np.sin(-angles if back else angles)))
    even, odd = x[..., 0::2], x[..., 1::2]
    return np.stack((even * cos - odd * sin, even * sin + odd * cos), axis=-1).reshape(x.shape)


def cut(kind: Attention, x: Array) -> Array:
    """A sequence as it is, an image as one of its positions, ``[batch, H·W, C]``; where there are windows, moved up
    and left by ``shift``: ``[batch, windows, w·w, C]``.
    """
    if kind.window is None:
        return x.reshape(len(x), -1, x.shape[-1])
    moves = [-move for move in _moves(kind, x.shape[1:3])]
    return _tiles(np.roll(x, moves, axis=(1, 2)), kind.window)


def _tiles(x: Array, w: int) -> Array:
    """``[batch, H, W, C]`` as ``[batch, windows, w·w, C]``."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // w, w, width // w, w, channels).swapaxes(2, 3).reshape(batch, -1, w * w, channels)


def joined(kind: Attention, y: Array, image: Shape) -> Array:
    """The windows from ``cut``, joined and shifted back."""
    if kind.window is None:
        return y.reshape(len(y), *image.spatial, -1)
    (height, width), w = image.spatial, kind.window
    tiles = y.reshape(len(y), height // w, width // w, w, w, -1).swapaxes(2, 3)
    return np.roll(tiles.reshape(len(y), height, width, -1), _moves(kind, image.spatial), axis=(1, 2))


def _moves(kind: Attention, sizes: tuple[int, ...]) -> list[int]:
    """The shift of the windows along each axis; 0 where one window holds the whole axis."""
    return [kind.shift if size > kind.window else 0 for size in sizes]


def mask(kind: Attention, image: Shape) -> Array | None:
    """``[windows, 1, w·w, w·w]``: −∞ between positions that came into one window from opposite sides of the image."""
    if kind.window is None or not any(_moves(kind, image.spatial)):
        return None
    areas = np.zeros(image.spatial, np.float32)
    for axis, (size, move) in enumerate(zip(image.spatial, _moves(kind, image.spatial), strict=True)):
        came_round = np.arange(size) >= size - move
        areas += (axis + 1) * np.expand_dims(came_round, 1 - axis)
    (windows,) = _tiles(areas[None, :, :, None], kind.window)[..., 0]
    return np.where(windows[:, None, :, None] == windows[:, None, None, :], 0, -np.inf).astype(np.float32)
