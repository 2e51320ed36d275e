"""The chain rule through one layer by hand: the gradient of each number of its output and of its weights."""

from __future__ import annotations

import math
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, inward
from cnncalc.engine.gradients import Gradients
from cnncalc.engine.kernels.activation import activate_backward, derivative
from cnncalc.kinds.base.activated import added, ending
from cnncalc.kinds.dense import Dense

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

MOST = 24  # numbers that are shown
TERMS = 12  # terms of a sum that are shown


class Delta(NamedTuple):
    """The working of δ, dL/d(sum), of one output number, for the first example.

    ``place`` is its position, from 1. ``slope`` is dL/dy: of the network's output y − ``target`` where the loss is half
    a squared error, divided by ``share``; else the sum of the ``terms``, each a δ of the layer above times a weight;
    both may be missing. ``x`` and ``y`` are the input and output of the activation ``function``, ``rise`` its dy/dx.
    """

    place: tuple[int, ...]
    slope: float
    target: float | None
    share: int
    terms: list[tuple[float, float]]
    x: float
    y: float
    rise: float | None
    delta: float


class Product(NamedTuple):
    """dL/d(weight) of one weight of a dense layer: δ of its output times its input, summed over the examples."""

    weight: str
    place: tuple[int, ...]
    terms: list[tuple[float, float]]
    value: float


class Chain(NamedTuple):
    """The chain rule through a layer: the δ of its output numbers, the gradients of its weights, and how many there are
    beyond those.
    """

    row: Row
    function: str
    formula: str
    deltas: list[Delta]
    products: list[Product]
    more: int


def through(summary: Summary, row: Row, arrays: dict[str, Array], found: Gradients) -> Chain:
    """The chain rule through the layer of ``row``."""
    kind, done = row.layer.kind, found.forward
    function = ending(kind)
    slopes = inward(found.outputs[row.name], summary.layout)
    sums, y = done.sums[row.index], done.of(row)
    is_function = added(kind) is None and function is not None
    x = done.values[row.layer.sources[0]] if is_function else sums
    deltas = slopes if function is None else activate_backward(function, x, y, slopes)
    rises = None if function is None or function.over_channels else derivative(function, x, y)
    above = _above(summary, row, arrays, found)
    places = [*islice(product(*(range(size) for size in y.shape[1:])), MOST)]
    shown = []
    for place in places:
        at = (0, *place)
        terms = [] if above is None else [*zip(above[0].tolist(), above[1][place[-1]].tolist(), strict=True)]
        aim = float(found.target[at]) if _is_output(found, row) else None
        share = found.objective.examples if found.objective.stated.reduction == "mean" else 1
        rise = None if rises is None else float(rises[at])
        numbers = float(x[at]), float(y[at]), rise, float(deltas[at])
        shown.append(Delta(tuple(i + 1 for i in place), float(slopes[at]), aim, share, terms, *numbers))
    name, formula = ("", "") if function is None else (function.word(), function.derivative)
    return Chain(row, name, formula, shown, _products(row, deltas, found), math.prod(y.shape[1:]) - len(places))


def _is_output(found: Gradients, row: Row) -> bool:
    """Whether the squared error is computed from this layer's output."""
    last = len(found.forward.values) - found.forward.inputs - 1
    return row.index == last and found.objective.stated.loss == "squared_error"


def _above(summary: Summary, row: Row, arrays: dict[str, Array], found: Gradients) -> tuple[Array, Array] | None:
    """δ of the one dense layer that is the only reader of ``row``, for the first example, and its kernel; else None."""
    value = found.forward.inputs + row.index
    readers = [other for other in summary.rows if value in other.layer.sources]
    if len(readers) != 1 or not isinstance(readers[0].layer.kind, Dense) or row.output.rank != 1:
        return None
    (reader,) = readers
    kernel = learned.of(summary, reader, arrays)["kernel"]
    if kernel.shape[1] > TERMS:
        return None
    function, slopes = added(reader.layer.kind), inward(found.outputs[reader.name], summary.layout)
    sums, y = found.forward.sums[reader.index], found.forward.of(reader)
    deltas = slopes if function is None else activate_backward(function, sums, y, slopes)
    return deltas[0], kernel


def _products(row: Row, deltas: Array, found: Gradients) -> list[Product]:
    """The gradients of a dense layer's weights, for a few examples."""
    if not isinstance(row.layer.kind, Dense) or deltas.ndim != 2 or len(deltas) > TERMS or row.layer.borrows:
        return []
    x = found.forward.values[row.layer.sources[0]].reshape(len(deltas), -1)
    gradient = found.weights[f"{row.name}/kernel"]
    return [
        Product(
            "kernel", (i + 1, j + 1), [(float(d), float(n)) for d, n in zip(deltas[:, j], x[:, i], strict=True)],
            float(gradient[i, j]),
        )
        for i, j in islice(np.ndindex(*gradient.shape), MOST)
    ]  # fmt: skip
