"""One layer by hand: the terms of each output number (a sum, a mean or a maximum), or its steps one by one."""

from __future__ import annotations

import math
from copy import copy
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import kernels
from cnncalc.engine.arrays import Array, Weights, settled
from cnncalc.engine.kernels import Formula, Place, Shown, Terms
from cnncalc.engine.working.activation import over_channels
from cnncalc.kinds.base.activated import added

if TYPE_CHECKING:
    from cnncalc.kinds.base.function import Function
    from cnncalc.summary.rows import Row

MOST = 100  # output numbers, or steps, that are shown
_QUOTIENTS = 12  # most summands of a softmax that is written out
_NOTHING = 1e-9  # an output below this follows from a sum of 0 where the function keeps 0
TERMS = 100  # numbers that each is made of, at most


class Tap(NamedTuple):
    """The working of one output number.

    ``place`` is its position, from 1: row, column, channel (or fewer axes). ``numbers`` are those in the window,
    ``factors`` multiply each of them (empty for a pool), ``bias`` is added (None: nothing), ``activation`` is
    the function applied to the sum, ``divisor`` that of a mean, and ``value`` the output of the layer.
    ``formula`` is any other formula of the numbers, with {} in place of each.
    """

    place: tuple[int, ...]
    numbers: list[float]
    factors: list[float]
    bias: float | None
    activation: str | None
    divisor: int | None
    value: float
    formula: str | None = None

    @property
    def sum(self) -> float:
        """The numbers times their factors and the bias, added up."""
        terms = [n * f for n, f in zip(self.numbers, self.factors, strict=True)] + [self.bias or 0.0]
        return float(settled(np.array(math.fsum(terms)), max(map(abs, terms))))


class Traced(NamedTuple):
    """The working of a layer on its first example: ``windows`` (and how many there are beyond those), or ``steps``.

    ``operands`` are its inputs and ``output`` is its output, ``[spatial..., channels]``.
    """

    row: Row
    windows: list[Tap]
    more: int
    steps: list[Shown]
    more_steps: bool
    operands: list[Array]
    output: Array


def trace(row: Row, weights: Weights, xs: list[Array], y: Array) -> Traced:
    """The working of the first example: at most MOST output numbers or steps, each of at most TERMS numbers."""
    form = kernels.find_by_hand(row.layer.kind)
    operands, output = [x[:1].copy() for x in xs], y[0].copy()  # the engine reuses these arrays
    shown = form(row.layer.kind, weights, *operands) if form else ()
    operands = [x[0] for x in operands]
    if not callable(shown):
        steps = list(islice(shown, MOST + 1))
        return Traced(row, [], 0, steps[:MOST], len(steps) > MOST, operands, output)
    function = added(row.layer.kind)
    if function is not None and function.over_channels:
        return _before(row, weights, xs, y, shown, function)
    places = islice(product(*(range(size) for size in y.shape[1:])), MOST)
    taps = [_tap(row, weights, y[0], place, shown(place)) for place in places]
    taps = [tap for tap in taps if len(tap.numbers) <= TERMS]
    return Traced(row, taps, math.prod(y.shape[1:]) - len(taps), [], more_steps=False, operands=operands, output=output)


def _before(row: Row, weights: Weights, xs: list[Array], y: Array, shown: Place, function: Function) -> Traced:
    """The working of a layer that ends in softmax, which needs all numbers: its sums, then softmax step by step."""
    plain = copy(row)
    plain.layer = row.layer.of(row.layer.kind.altered(activation=None))
    z = kernels.find(plain.layer.kind)(plain.layer.kind, weights, *(x[:1] for x in xs))
    quotients, places = over_channels(function, z), product(*(range(size) for size in z.shape[1:]))
    sums = tuple(quotients(place) for place in islice(places, TERMS)) if z.shape[-1] <= _QUOTIENTS else ()
    found = trace(plain, weights, xs, z)
    return found._replace(row=row, steps=[Shown("y", f"{function.word()}(z)", y[0], sums)], output=y[0].copy())


def _tap(row: Row, weights: Weights, y: Array, place: tuple[int, ...], terms: Terms | Formula) -> Tap:
    function, value = added(row.layer.kind), float(y[place])
    called, where = None if function is None else function.word(), tuple(i + 1 for i in place)
    if isinstance(terms, Formula):
        numbers = [float(number) for number in terms.numbers]
        return Tap(where, numbers, [], None, called, None, value, terms.text)
    bias = weights.get("bias")
    tap = Tap(
        where,
        _listed(terms.numbers),
        [] if terms.factors is None else _listed(terms.factors),
        None if bias is None or terms.factors is None else float(bias[place if bias.ndim > 1 else place[-1]]),
        called,
        terms.divisor,
        value,
    )
    return tap._replace(value=0.0) if tap.factors and tap.sum == 0 and abs(value) < _NOTHING else tap


def _listed(numbers: Array) -> list[float]:
    """The numbers in order: one more than can be shown marks that there are too many."""
    return [float(n) for n in numbers.ravel()[: TERMS + 1]]
