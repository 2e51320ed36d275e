"""Expressions in topological order, each subexpression once, with the demands on them: constraint propagation.

Intervals of the unknowns run forwards, demands run back. Where an unknown appears once, that leaves exactly the
numbers that fit; where it appears several times, no answer is lost, but some numbers remain that do not fit.
"""

from __future__ import annotations

from math import gcd, lcm
from typing import NamedTuple

from cnncalc.solve.propagation import intervals, operations
from cnncalc.solve.propagation.intervals import INFINITY, Interval
from cnncalc.symbolic.expr import Expr, Extreme, Letter, Number, Product, Quotient, Sum, value
from cnncalc.symbolic.tree import parts

Box = dict[str, Interval]
_ROUNDS = 8  # after these, splitting a box narrows faster


class Pair(NamedTuple):
    """Places of two sizes that must be equal; where they broadcast, one of them may be 1."""

    first: int
    second: int
    alike: bool  # they grow at the same pace, so that they match periodically
    broadcasts: bool


class ConstraintGraph:
    """The expressions in order, the interval demanded of each, and pairs of sizes that must match."""

    def __init__(self) -> None:
        self.nodes: list[operations.Operation] = []
        self.demanded: list[Interval] = []
        self.uses: list[frozenset[str]] = []  # unknowns in each place
        self.unknowns: dict[str, int] = {}
        self.pairs: list[Pair] = []
        self.work = 0  # about a microsecond each
        self._places: dict[Number, int] = {}
        self._paces: list[Interval] = []

    def place(self, number: Number) -> int:
        """The place of ``number``, which is appended if it is new."""
        waiting = [number]
        while waiting:
            top = waiting[-1]
            missing = [] if top in self._places or value(top) is not None else self._missing(top)
            waiting.extend(missing)
            if not missing:
                self._append(waiting.pop())
        return self._places[number]

    def _missing(self, number: Expr) -> list[Number]:
        return [part for part in parts(number) if part not in self._places]

    def _append(self, number: Number) -> None:
        if number in self._places:
            return
        known = value(number)
        node = operations.Constant(known) if known is not None else self._node(number)
        self._places[number] = len(self.nodes)
        self.nodes.append(node)
        self.demanded.append((-INFINITY, INFINITY))
        if isinstance(node, operations.Unknown):
            self.unknowns[node.name] = len(self.nodes) - 1
            self.uses.append(frozenset([node.name]))
        else:
            below = parts(number) if known is None else ()
            self.uses.append(frozenset().union(*(self.uses[self._places[part]] for part in below)))

    def _node(self, number: Expr) -> operations.Operation:
        at = self._places
        match number:
            case Letter():
                return operations.Unknown(number.name)
            case Sum():
                known = sum(c * value(t) for c, t in number.terms if t.value is not None)
                unknown = tuple((c, at[t]) for c, t in number.terms if t.value is None)
                return operations.Total(number.constant + known, unknown)
            case Product():
                return operations.Times(tuple(at[factor] for factor in number.factors))
            case Quotient():
                self._at_least_one(at[number.lower])
                return operations.Over(at[number.upper], at[number.lower], number.rounding)
            case Extreme():
                return operations.Extremum(number.which == "max", at[number.first], at[number.second])
        raise TypeError(f"not an expression: {number!r}")

    def _at_least_one(self, place: int) -> None:
        low, high = self.demanded[place]
        self.demanded[place] = (max(low, 1), high)

    def demand(self, number: Number, low: int | None, high: int | None = None) -> None:
        """``number`` must lie between ``low`` and ``high``, None being no bound."""
        place = self.place(number)
        a, b = self.demanded[place]
        self.demanded[place] = (a if low is None else max(a, low), b if high is None else min(b, high))

    def pair(self, first: Number, second: Number, *, broadcasts: bool) -> None:
        """Two sizes that must be equal; where they broadcast, one of them may be 1."""
        a, b = self.place(first), self.place(second)
        (step, rise), (other_step, other_rise) = self._pace(a), self._pace(b)
        alike = bool(step and other_step) and rise * other_step == other_rise * step
        self.pairs.append(Pair(a, b, alike, broadcasts))

    def uses_of(self, number: Number) -> frozenset[str]:
        """The unknowns in ``number``, which has a place."""
        return self.uses[self._places[number]]

    def coupled(self, box: Box) -> list[frozenset[str]] | None:
        """Sets of unknowns that a demand couples within ``box``; None if nothing in it fits."""
        x, tight, _ = self._forward(box)
        if x is None:
            return None
        exact = [isinstance(node, operations.Over) and node.rounding == "exact" for node in self.nodes]
        found = [self.uses[place] for place in range(len(self.nodes)) if tight[place] or exact[place]]
        return found + [self.uses[first] | self.uses[second] for first, second, *_ in self.pairs]

    def narrowed(self, box: Box) -> tuple[Box | None, bool]:
        """``box`` without what cannot fit (None: nothing fits), and whether all of it certainly fits.

        "For sure" leaves out whether quotients come out whole and pairs that grow alike match: that recurs, see
        ``period``, and is settled number by number.
        """
        for _ in range(_ROUNDS):
            self.work += 5 * len(self.nodes)
            x, tight, sure = self._forward(box)
            if x is None or sure:
                return (None if x is None else box), sure
            if not self._back(x, tight):
                return None, False
            smaller = {name: x[self.unknowns[name]] for name in box}  # the box's order is that of the search
            if smaller == box:
                return box, False
            box = smaller
        x, _, sure = self._forward(box)
        return (None if x is None else box), sure

    def _forward(self, box: Box) -> tuple[list[Interval] | None, list[bool], bool]:
        x = self.demanded.copy()
        tight = [False] * len(x)
        sure = True
        for place, node in enumerate(self.nodes):
            low, high = box[node.name] if isinstance(node, operations.Unknown) else node.forward(x)
            a, b = x[place]
            if a > low or b < high:
                sure, tight[place] = False, True
                low, high = max(a, low), min(b, high)
            if low > high:
                return None, tight, False
            x[place] = (low, high)
            if isinstance(node, operations.Over) and node.rounding == "exact":
                (first, last), (_, most) = x[node.upper], x[node.lower]
                if 0 < last < most:  # what is larger does not divide it
                    sure, tight[place] = sure and first < 1, True
                sure = sure and (first == last or self.recurs(place))
        for first, second, alike, broadcasts in self.pairs:
            (a, b), (c, d) = x[first], x[second]
            if (b < c or d < a) and not (broadcasts and (a <= 1 <= b or c <= 1 <= d)):
                return None, tight, False
            sure = sure and (alike or (a == b == c == d) or (broadcasts and (a == b == 1 or c == d == 1)))
        return x, tight, sure

    def _back(self, x: list[Interval], tight: list[bool]) -> bool:
        """Push the demands down to the unknowns; False if nothing is left."""
        for place in range(len(self.nodes) - 1, -1, -1):
            if not tight[place]:
                continue
            for part, (low, high) in self.nodes[place].back(x[place], x):
                a, b = x[part]
                if low > a or high < b:
                    a, b = max(a, low), min(b, high)
                    if a > b:
                        return False
                    x[part], tight[part] = (a, b), True
        return True

    def period(self, letter: str) -> int | None:
        """The period of ``letter``: quotients and pairs treat numbers so far apart alike; None if there is none."""
        steps = []
        for place, node in enumerate(self.nodes):
            if isinstance(node, operations.Over) and node.rounding == "exact" and self.uses[place] == {letter}:
                steps.append(self._recurrence(place))
        for first, second, alike, _ in self.pairs:
            if letter in self.uses[first] | self.uses[second]:
                steps += [self._pace(first)[0], self._pace(second)[0]] if alike else [0]
        return lcm(*steps) or None if steps else None

    def recurs(self, place: int) -> bool:
        """Whether the quotient there is whole periodically, or its divisor is unknown."""
        return bool(self.uses[self.nodes[place].lower] or self._recurrence(place))  # type: ignore[union-attr]

    def _recurrence(self, place: int) -> int:
        """After how many numbers a quotient is whole again, if it is once; 0 where that is not known.

        A polynomial leaves the same remainder again after as many numbers as its divisor.
        """
        node: operations.Over = self.nodes[place]  # type: ignore[assignment]
        below = self.nodes[node.lower]
        step = self._pace(place)[0]
        if step or not isinstance(below, operations.Constant):
            return step
        return abs(below.number) if len(self.uses[place]) == 1 and self._polynomial(node.upper) else 0

    def _polynomial(self, place: int) -> bool:
        """Whether the number there is made of sums and products alone."""
        waiting = [place]
        while waiting:
            node = self.nodes[waiting.pop()]
            if isinstance(node, operations.Total):
                waiting += [part for _, part in node.terms]
            elif isinstance(node, operations.Times):
                waiting += node.places
            elif not isinstance(node, operations.Unknown | operations.Constant):
                return False
        return True

    def _pace(self, place: int) -> Interval:
        """``(step, rise)``: whenever the unknown grows by ``step``, the number at ``place`` grows by ``rise``.

        ``(0, 0)`` where that is not so.
        """
        for later in range(len(self._paces), len(self.nodes)):
            self._paces.append(self._next_pace(later))
        return self._paces[place]

    def _next_pace(self, place: int) -> Interval:
        node, paces = self.nodes[place], self._paces
        if not self.uses[place] or len(self.uses[place]) > 1:
            return (1, 0) if not self.uses[place] else (0, 0)
        match node:
            case operations.Unknown():
                return 1, 1
            case operations.Total(terms=terms):
                step = lcm(*(paces[p][0] for _, p in terms))
                return (step, sum(c * paces[p][1] * (step // paces[p][0]) for c, p in terms)) if step else (0, 0)
            case operations.Times(places=places):
                unknown = [p for p in places if self.uses[p]]
                factor, _ = intervals.product(self.nodes[p].forward([]) for p in places if not self.uses[p])
                return (paces[unknown[0]][0], factor * paces[unknown[0]][1]) if len(unknown) == 1 else (0, 0)
            case operations.Over(upper=upper, lower=lower) if isinstance(
                below := self.nodes[lower], operations.Constant
            ):
                often = below.number // gcd(paces[upper][1], below.number)
                return paces[upper][0] * often, paces[upper][1] * often // below.number
            case operations.Extremum(first=first, second=second):
                (step, rise), (other_step, other_rise) = paces[first], paces[second]
                whole = lcm(step, other_step)
                if whole and rise * other_step == other_rise * step:
                    return whole, rise * (whole // step)
        return 0, 0
