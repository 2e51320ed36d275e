"""One layer by hand: what each output number is the sum, the mean or the largest of."""

from __future__ import annotations

import math
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.engine import kernels
from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Terms
from cnncalc.kinds.base.activated import added

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row

MOST = 100  # output numbers that are shown
TERMS = 100  # numbers that each is made of, at most


class Tap(NamedTuple):
    """How one output number comes about.

    ``place`` is its position, from 1: row, column, channel (or fewer axes). ``numbers`` are what the window sees,
    ``factors`` what each is multiplied by (empty for a pool), ``bias`` what is added (None: nothing), ``activation``
    the function that is applied to the sum, ``divisor`` that of a mean, and ``value`` the output of the layer.
    """

    place: tuple[int, ...]
    numbers: list[float]
    factors: list[float]
    bias: float | None
    activation: str | None
    divisor: int | None
    value: float


class Traced(NamedTuple):
    """The output numbers of a layer's first example, and how many there are beyond those."""

    row: Row
    windows: list[Tap]
    more: int


def can_show(row: Row) -> bool:
    """Whether :func:`trace` can show the layer."""
    return kernels.find_by_hand(row.layer.kind) is not None


def trace(row: Row, weights: Weights, xs: list[Array], y: Array) -> Traced:
    """The output numbers of the first example: at most MOST of them, each of at most TERMS numbers."""
    shown = kernels.find_by_hand(row.layer.kind)
    assert shown is not None, row.kind
    terms = shown(row.layer.kind, weights, xs[0][:1])
    places = islice(product(*(range(size) for size in y.shape[1:])), MOST)
    taps = [_tap(row, weights, y[0], place, terms(place)) for place in places]
    taps = [tap for tap in taps if len(tap.numbers) <= TERMS]
    return Traced(row, taps, math.prod(y.shape[1:]) - len(taps))


def _tap(row: Row, weights: Weights, y: Array, place: tuple[int, ...], terms: Terms) -> Tap:
    bias, function = weights.get("bias"), added(row.layer.kind)
    return Tap(
        tuple(i + 1 for i in place),
        _listed(terms.numbers),
        [] if terms.factors is None else _listed(terms.factors),
        None if bias is None else float(bias[place[-1]]),
        None if function is None else function.word(),
        terms.divisor,
        float(y[place]),
    )


def _listed(numbers: Array) -> list[float]:
    """The numbers in order: one more than are shown tells that there are too many."""
    return [float(n) for n in numbers.ravel()[: TERMS + 1]]
