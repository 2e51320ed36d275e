"""Operands joined number by number; ``[C]`` spreads over the positions."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.rowwise import Rowwise
from cnncalc.engine.kernels import fast_form
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.add import Add
from cnncalc.kinds.maximum import Maximum
from cnncalc.kinds.multiply import Multiply
from cnncalc.kinds.subtract import Subtract


def add(kind: Any, weights: Weights, *xs: Array) -> Array:
    return reduce(np.add, spread(xs))


def subtract(kind: Any, weights: Weights, *xs: Array) -> Array:
    return reduce(np.subtract, spread(xs))


def multiply(kind: Any, weights: Weights, *xs: Array) -> Array:
    return reduce(np.multiply, spread(xs))


def average(kind: Any, weights: Weights, *xs: Array) -> Array:
    return add(kind, weights, *xs) / xs[0].dtype.type(len(xs))


def maximum(kind: Any, weights: Weights, *xs: Array) -> Array:
    return reduce(np.maximum, spread(xs))


def spread(xs: tuple[Array, ...]) -> list[Array]:
    """Every operand with as many axes: ``[batch, C]`` as ``[batch, 1..., C]``."""
    most = max(x.ndim for x in xs)
    return [x.reshape(len(x), *(1,) * (most - x.ndim), *x.shape[1:]) for x in xs]


@fast_form(Add)
def fast_add(job: Job) -> list[Work]:
    return _fast(job, np.add)


@fast_form(Subtract)
def fast_subtract(job: Job) -> list[Work]:
    return _fast(job, np.subtract)


@fast_form(Multiply)
def fast_multiply(job: Job) -> list[Work]:
    return _fast(job, np.multiply)


@fast_form(Maximum)
def fast_maximum(job: Job) -> list[Work]:
    return _fast(job, np.maximum)


def _fast(job: Job, join: Any) -> list[Work]:
    def compute(first: Array, *rest: Array) -> None:
        *others, out = rest
        if not others:
            out[...] = first
            return
        join(first, others[0], out=out)
        for other in others[1:]:
            join(out, other, out=out)

    return [Rowwise(job, compute)]
