"""Operands joined number by number; ``[C]`` spreads over the positions."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights, summed_to
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.rowwise import Rowwise
from cnncalc.engine.kernels import Gradients, backward, fast_form
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.add import Add
from cnncalc.kinds.average import Average
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


@backward(Add, Average)
def add_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    share = dy / len(xs) if isinstance(kind, Average) else dy
    return [_unspread(share, x) for x in xs], {}


@backward(Subtract)
def subtract_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    first, *rest = xs
    return [_unspread(dy, first), *(_unspread(-dy, x) for x in rest)], {}


@backward(Multiply)
def multiply_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """dy times the product of all others."""
    wide = spread(tuple(xs))
    others = [reduce(np.multiply, wide[:n] + wide[n + 1 :], dy) for n in range(len(xs))]
    return [_unspread(other, x) for other, x in zip(others, xs, strict=True)], {}


@backward(Maximum)
def maximum_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """To the largest operand; tied operands get equal shares."""
    largest = [x == y for x in spread(tuple(xs))]
    share = dy / reduce(np.add, largest, np.zeros_like(y))
    return [_unspread(share * mask, x) for mask, x in zip(largest, xs, strict=True)], {}


def _unspread(dy: Array, x: Array) -> Array:
    """The gradient by an operand before it was :func:`spread` over the others."""
    return summed_to(dy, (len(x), *(1,) * (dy.ndim - x.ndim), *x.shape[1:])).reshape(x.shape)


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
