"""Fully connected layers: a matrix product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.fast.job import Job, flat, spans
from cnncalc.engine.fast.product import Gemm
from cnncalc.engine.kernels import Gradients, Terms, backward, by_hand, fast_form
from cnncalc.engine.kernels.conv import biased, dbias, grouped_backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.dense import Dense


def dense(kind: Dense, weights: Weights, x: Array) -> Array:
    """Kernel ``[in, out]``; an image is flattened in the spec's layout."""
    if kind.flattens(shape_of(x)):
        x = outward(x, kind.layout).reshape(len(x), -1)
    return biased(x @ weights["kernel"], weights)


@backward(Dense)
def dense_backward(kind: Dense, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dx = dy·kernelᵀ``, ``dkernel = xᵀ·dy``, ``dbias = Σ dy``."""
    (x,) = xs
    written = outward(x, kind.layout)
    read = written.reshape(len(x), -1) if kind.flattens(shape_of(x)) else x
    dx, dkernel = grouped_backward(read, weights["kernel"], 1, dy)
    if read is not x:
        dx = inward(dx.reshape(written.shape), kind.layout)
    return [dx], {"kernel": dkernel, **dbias(weights, dy)}


class _Flat:
    """A product over all numbers of an example, in pieces of units."""

    def __init__(self, job: Job) -> None:
        self.x, self.kernel, self.y, self.finish = job.xs[0], job.weights["kernel"], job.y, job.finish
        self.layout, self.flattens = job.kind.layout, job.kind.flattens(job.shape)
        units = job.y.shape[-1]
        self.parts = spans(units, units if job.finish.whole else max(16, -(-units // job.workers)))
        self.blocks = len(self.parts)
        self.scratch = self.x.size + self.y.size

    def run(self, block: int, scratch: Array) -> None:
        units = self.parts[block]
        matrix = flat(self.x) if not self.flattens else None
        if matrix is None:
            written = outward(self.x, self.layout) if self.flattens else self.x
            np.copyto(scratch[: written.size].reshape(written.shape), written)
            matrix = scratch[: written.size].reshape(-1, len(self.kernel))
        target = self.y[..., units]
        rest = scratch[self.x.size : self.x.size + target.size]
        np.matmul(matrix, self.kernel[:, units], out=rest.reshape(len(matrix), -1))
        self.finish(rest.reshape(target.shape), target, (slice(None), slice(None), slice(None), units))


@by_hand(Dense)
def dense_by_hand(kind: Dense, weights: Weights, x: Array) -> Callable[[tuple[int, ...]], Terms]:
    """Every input, times its weight."""
    row = outward(x, kind.layout).reshape(-1) if kind.flattens(shape_of(x)) else None
    return lambda place: Terms(x[(0, *place[:-1])] if row is None else row, weights["kernel"][:, place[-1]])


@fast_form(Dense)
def fast_dense(job: Job) -> list[Work]:
    """Pieces of units for few examples, pieces of positions for a long sequence or an image that is not flattened."""
    kernel, finish = job.weights["kernel"], job.finish
    if not job.kind.flattens(job.shape) and job.shape.spatial:
        return [Gemm(job.xs[0], (), kernel, job.y, finish, job.workers)]
    return [_Flat(job)]
