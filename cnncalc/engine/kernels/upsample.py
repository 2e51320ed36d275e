"""Enlarging: repeated positions, or a mixture of neighbours."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import CACHE, Job, pieces
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Phase, Work
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.upsample import Upsample


def upsample(kind: Upsample, weights: Weights, x: Array) -> Array:
    """One axis after the other."""
    for axis, factor in enumerate(per_axis(kind.factor, shape_of(x), "factor"), start=1):
        x = np.repeat(x, factor, axis) if kind.mode == "nearest" else _mixed(x, factor, axis)
    return x


def _mixed(x: Array, factor: int, axis: int) -> Array:
    """Along one axis: each new position lies between two old ones, their centres half a position in."""
    size = x.shape[axis]
    places = np.maximum((np.arange(size * factor) + 0.5) / factor - 0.5, 0)
    before = places.astype(np.intp)
    share = (places - before).astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
    after = np.minimum(before + 1, size - 1)
    return x.take(before, axis) * (1 - share) + x.take(after, axis) * share


def fast_upsample(job: Job) -> list[Work] | None:
    """Repeated positions are written where they go, piece by piece; a mixture is left to the reference."""
    if job.kind.mode != "nearest":
        return None
    x, y, finish = job.xs[0], job.y, job.finish
    examples, height, width, channels = x.shape
    down, across = y.shape[1] // height, y.shape[2] // width
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
