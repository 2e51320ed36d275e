"""Convolutions whose windows adapt to the input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.conv import biased, conv, conv_backward, dbias, grouped, grouped_backward
from cnncalc.engine.kernels.recurrent import sigmoid
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.deformable_conv import DeformableConv


def deformable_conv(kind: DeformableConv, weights: Weights, x: Array) -> Array:
    """For each element of the window: the input at its offset, times the kernel of the element."""
    taps, made = _taps(kind, weights, x)
    y = np.zeros((*made.shape[:3], kind.filters), x.dtype)
    for tap, share, places in taps:
        seen = _between(kind, x, places)
        seen *= share[..., None]
        y += grouped(seen.reshape(*seen.shape[:3], -1), weights["kernel"][tap], kind.groups)
    return biased(y, weights)


@backward(DeformableConv)
def deformable_conv_backward(kind: DeformableConv, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """To the input at each element's place, and through the offsets and shares to their convolution."""
    (x,), own = xs, {name: weights[f"offset_{name}"] for name in ("kernel", "bias")}
    taps, made = _taps(kind, weights, x)
    dx, dkernel = np.zeros_like(x), np.empty_like(weights["kernel"])
    doffsets, dshares = [], []
    for tap, share, places in taps:
        seen = _between(kind, x, places)
        flat = (share[..., None] * seen).reshape(*seen.shape[:3], -1)
        dflat, dkernel[tap] = grouped_backward(flat, weights["kernel"][tap], kind.groups, dy)
        dseen = dflat.reshape(seen.shape)
        dshares.append((dseen * seen).sum(axis=-1) * share * (1 - share))
        part, dplaces = _between_backward(kind, x, places, dseen * share[..., None])
        dx += part
        doffsets.append(np.stack(dplaces, axis=-1))
    parts = [np.stack(doffsets, axis=-2), *([np.stack(dshares, axis=-1)] if kind.modulated else [])]
    dmade = np.concatenate([part.reshape(*made.shape[:3], -1) for part in parts], axis=-1, dtype=x.dtype)
    (part,), found = conv_backward(kind.offsets(shape_of(x)), own, [x], made, dmade)
    named = {f"offset_{name}": array for name, array in found.items()}
    return [dx + part], {"kernel": dkernel, **named, **dbias(weights, dy)}


#: An element of the window, its share ``[batch, h, w, groups]``, and the rows and columns that it reads.
Tap = tuple[tuple[int, int], Array, tuple[Array, Array]]


def _taps(kind: DeformableConv, weights: Weights, x: Array) -> tuple[Iterator[Tap], Array]:
    """The elements of the window, one at a time, and the output of the convolution of the offsets."""
    shape = shape_of(x)
    windows, groups = kind.windows(shape), kind.offset_groups
    made = conv(kind.offsets(shape), {name: weights[f"offset_{name}"] for name in ("kernel", "bias")}, x)
    batch, height, width, _ = made.shape
    taps = list(product(*(range(w.kernel) for w in windows)))
    offsets = made[..., : 2 * groups * len(taps)].reshape(batch, height, width, groups, len(taps), 2)
    shares = np.broadcast_to(x.dtype.type(1), offsets.shape[:-1])
    if kind.modulated:
        shares = sigmoid(made[..., 2 * groups * len(taps) :].reshape(shares.shape).copy())
    rows, columns = (np.arange(n) * w.stride - w.begin for n, w in zip((height, width), windows, strict=True))

    def each() -> Iterator[Tap]:
        for number, (down, right) in enumerate(taps):
            places = (
                (rows + down * windows[0].dilation)[:, None, None] + offsets[..., number, 0],
                (columns + right * windows[1].dilation)[:, None] + offsets[..., number, 1],
            )
            yield (down, right), shares[..., number], places

    return each(), made


class Corner(NamedTuple):
    """One of the four positions around each place: its index ``at``, how far the place is from it, and 1 if it lies
    ``inside`` the image, else 0.
    """

    at: tuple[Array, ...]
    down: Array
    right: Array
    inside: Array

    @property
    def share(self) -> Array:
        return (1 - np.abs(self.down)) * (1 - np.abs(self.right)) * self.inside


def _corners(x: Array, places: tuple[Array, Array]) -> Iterator[Corner]:
    batch, height, width, groups, _ = x.shape
    example, group = np.arange(batch)[:, None, None, None], np.arange(groups)
    row, column = places
    top, left = np.floor(row), np.floor(column)
    for i, j in product((0, 1), (0, 1)):
        at_row, at_column = top + i, left + j
        inside = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
        index = [np.where(inside, at, 0).astype(np.intp) for at in (at_row, at_column)]
        yield Corner((example, *index, group), row - at_row, column - at_column, inside)


def _between(kind: DeformableConv, x: Array, places: tuple[Array, Array]) -> Array:
    """``x`` at the places ``[batch, h, w, groups]``: a mixture of the four positions around each, with zeros beyond the
    edges.
    """
    parts = x.reshape(*x.shape[:-1], kind.offset_groups, -1)
    total = np.zeros((*places[0].shape, parts.shape[-1]), x.dtype)
    for corner in _corners(parts, places):
        total += corner.share[..., None].astype(x.dtype) * parts[corner.at]
    return total


def _between_backward(
    kind: DeformableConv, x: Array, places: tuple[Array, Array], dy: Array
) -> tuple[Array, tuple[Array, Array]]:
    """The gradients of :func:`_between` by ``x``, and by the rows and columns of the places."""
    parts = x.reshape(*x.shape[:-1], kind.offset_groups, -1)
    dx, drow, dcolumn = np.zeros_like(parts), np.zeros_like(places[0]), np.zeros_like(places[1])
    for corner in _corners(parts, places):
        np.add.at(dx, corner.at, corner.share[..., None] * dy)
        worth = (dy * parts[corner.at]).sum(axis=-1) * corner.inside
        drow -= np.where(corner.down >= 0, 1, -1) * (1 - np.abs(corner.right)) * worth
        dcolumn -= np.where(corner.right >= 0, 1, -1) * (1 - np.abs(corner.down)) * worth
    return dx.reshape(x.shape), (drow, dcolumn)
