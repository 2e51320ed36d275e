"""Joins operands along an axis."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.rowwise import Joined
from cnncalc.engine.kernels import Gradients, backward, fast_form
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.concat import Concat


def concat(kind: Concat, weights: Weights, *xs: Array) -> Array:
    """Along the axis of that name."""
    return np.concatenate(xs, axis=1 + shape_of(xs[0]).axes.index(kind.axis))


@fast_form(Concat)
def fast_concat(job: Job) -> list[Work] | None:
    """Along the channels, most operands are already in place in the output."""
    return [Joined(job)] if job.kind.axis == "channels" else None


@backward(Concat)
def concat_backward(kind: Concat, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    axis = 1 + shape_of(xs[0]).axes.index(kind.axis)
    return np.split(dy, np.cumsum([x.shape[axis] for x in xs])[:-1], axis=axis), {}
