"""Numbers moved between channels and positions."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle


def pixel_shuffle(kind: PixelShuffle, weights: Weights, x: Array) -> Array:
    """Channel ``c·r² + i·r + j`` to row i, column j of the block."""
    n, *spatial, channels = x.shape
    axes, r = len(spatial), kind.factor
    blocks = x.reshape(n, *spatial, channels // r**axes, *(r,) * axes)
    order = [0, *(i for axis in range(1, axes + 1) for i in (axis, axis + axes + 1)), axes + 1]
    return blocks.transpose(order).reshape(n, *(w * r for w in spatial), channels // r**axes)


def pixel_unshuffle(kind: PixelUnshuffle, weights: Weights, x: Array) -> Array:
    """The inverse of pixel_shuffle."""
    n, *spatial, channels = x.shape
    axes, r = len(spatial), kind.factor
    blocks = x.reshape(n, *(size for w in spatial for size in (w // r, r)), channels)
    order = [0, *range(1, 2 * axes, 2), 2 * axes + 1, *range(2, 2 * axes + 1, 2)]
    return blocks.transpose(order).reshape(n, *(w // r for w in spatial), channels * r**axes)


def channel_shuffle(kind: ChannelShuffle, weights: Weights, x: Array) -> Array:
    """``[g, C/g]`` read as ``[C/g, g]``."""
    parts = x.reshape(*x.shape[:-1], kind.groups, -1)
    return parts.swapaxes(-1, -2).reshape(x.shape)


@backward(PixelShuffle)
def pixel_shuffle_backward(kind: PixelShuffle, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [pixel_unshuffle(PixelUnshuffle(factor=kind.factor), weights, dy)], {}


@backward(PixelUnshuffle)
def pixel_unshuffle_backward(kind: PixelUnshuffle, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [pixel_shuffle(PixelShuffle(factor=kind.factor), weights, dy)], {}


@backward(ChannelShuffle)
def channel_shuffle_backward(kind: ChannelShuffle, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    parts = dy.reshape(*dy.shape[:-1], -1, kind.groups)
    return [parts.swapaxes(-1, -2).reshape(dy.shape)], {}
