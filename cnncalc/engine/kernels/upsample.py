"""Enlarging: repeated positions, or a mixture of neighbours."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights, along
from cnncalc.engine.fast.job import CACHE, Job, pieces
from cnncalc.engine.kernels import Gradients, backward, fast_form
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Phase, Work
from cnncalc.kinds.upsample import Upsample


def upsample(kind: Upsample, weights: Weights, x: Array) -> Array:
    """One axis after the other."""
    for axis, size in enumerate(kind.reached(shape_of(x)), start=1):
        x = _stretched(kind, x, size, axis)
    return x


def _stretched(kind: Upsample, x: Array, size: int, axis: int) -> Array:
    """``x`` with ``size`` positions along an axis."""
    return x.take(_repeated(x.shape[axis], size), axis) if kind.mode == "nearest" else _mixed(kind, x, size, axis)


def _repeated(old: int, size: int) -> Array:
    """``⌊i · old/size⌋``, in single precision like PyTorch."""
    return np.minimum(np.arange(size, dtype=np.float32) * np.float32(old / size), old - 1).astype(np.intp)


def _mixed(kind: Upsample, x: Array, size: int, axis: int) -> Array:
    """Along one axis: each new position lies between two old ones."""
    old = x.shape[axis]
    if kind.align_corners:
        places = np.arange(size) * ((old - 1) / max(1, size - 1))
    else:
        places = np.maximum((np.arange(size) + 0.5) * (old / size) - 0.5, 0)
    before = np.minimum(places.astype(np.intp), old - 1)
    share = (places - before).astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
    after = np.minimum(before + 1, old - 1)
    return x.take(before, axis) * (1 - share) + x.take(after, axis) * share


@fast_form(Upsample)
def fast_upsample(job: Job) -> list[Work] | None:
    """Repeated positions are written where they go, piece by piece; the rest is left to the reference."""
    x, y, finish = job.xs[0], job.y, job.finish
    examples, height, width, channels = x.shape
    (down, more), (across, wider) = divmod(y.shape[1], height), divmod(y.shape[2], width)
    if job.kind.mode != "nearest" or more or wider:
        return None
    blocks = y.reshape(examples, height, down, width, across, channels)
    if not np.may_share_memory(blocks, y):
        return None
    parts = pieces(examples, height, max(1, CACHE // (width * channels * down * across)), job.workers)

    def run(block: int, scratch: Array) -> None:
        n, rows = parts[block]
        np.copyto(blocks[n, rows], x[n, rows, None, :, None])
        piece = (n, slice(rows.start * down, rows.stop * down), slice(None), slice(None))
        target = y[piece]
        finish(target, target, piece)

    return [Phase(len(parts), run)]


@backward(Upsample)
def upsample_backward(kind: Upsample, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Each axis is a product with the matrix of the old positions' weights in the new ones."""
    for axis in range(1, dy.ndim - 1):
        one = np.eye(xs[0].shape[axis], dtype=dy.dtype)
        dy = along(_stretched(kind, one, y.shape[axis], 0).T, dy, axis)
    return [dy], {}
