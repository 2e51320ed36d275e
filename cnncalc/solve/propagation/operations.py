"""One operation of a constraint graph: intervals through it, forwards and backwards.

The operands are numbers of places in the row; ``x`` has the interval at each place.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from cnncalc.solve.propagation import intervals
from cnncalc.solve.propagation.intervals import INFINITY, Interval

#: What is asked of operands: the place, and where its number must lie.
Push = list[tuple[int, Interval]]


class Constant(NamedTuple):
    number: int

    def forward(self, x: list[Interval]) -> Interval:
        return self.number, self.number

    def back(self, here: Interval, x: list[Interval]) -> Push:
        return []


class Total(NamedTuple):
    constant: int
    terms: tuple[tuple[int, int], ...]  # coefficient, place

    def forward(self, x: list[Interval]) -> Interval:
        low = high = self.constant
        for factor, place in self.terms:
            a, b = intervals.scaled(factor, x[place])
            low, high = low + a, high + b
        return low, high

    def back(self, here: Interval, x: list[Interval]) -> Push:
        if here[0] == here[1] and (here[0] - self.constant) % gcd(*(factor for factor, _ in self.terms)):
            return [(self.terms[0][1], (1, 0))]  # an odd total of even parts, say
        low, high = self.forward(x)
        found = []
        for factor, place in self.terms:
            a, b = intervals.scaled(factor, x[place])
            found.append((place, intervals.unscaled(factor, (here[0] - high + b, here[1] - low + a))))
        return found


class Times(NamedTuple):
    places: tuple[int, ...]

    def forward(self, x: list[Interval]) -> Interval:
        return intervals.product(x[place] for place in self.places)

    def back(self, here: Interval, x: list[Interval]) -> Push:
        found = []
        for i, place in enumerate(self.places):
            others = intervals.product(x[p] for j, p in enumerate(self.places) if j != i)
            found.append((place, intervals.factors(here, others)))
        return found


class Over(NamedTuple):
    upper: int
    lower: int
    rounding: str

    def forward(self, x: list[Interval]) -> Interval:
        return intervals.divided(x[self.upper], x[self.lower], self.rounding)

    def back(self, here: Interval, x: list[Interval]) -> Push:
        return [
            (self.upper, intervals.undivided(here, x[self.lower], self.rounding)),
            (self.lower, intervals.divisors(here, x[self.upper], self.rounding)),
        ]


class Extremum(NamedTuple):
    largest: bool
    first: int
    second: int

    def forward(self, x: list[Interval]) -> Interval:
        (a, b), (c, d) = x[self.first], x[self.second]
        return (max(a, c), max(b, d)) if self.largest else (min(a, c), min(b, d))

    def back(self, here: Interval, x: list[Interval]) -> Push:
        found = []
        for one, other in ((self.first, self.second), (self.second, self.first)):
            if self.largest:
                needed = here[0] if x[other][1] < here[0] else -INFINITY
                found.append((one, (needed, here[1])))
            else:
                needed = here[1] if x[other][0] > here[1] else INFINITY
                found.append((one, (here[0], needed)))
        return found


class Unknown(NamedTuple):
    name: str

    def forward(self, x: list[Interval]) -> Interval:
        raise TypeError("an unknown is given, not worked out")

    def back(self, here: Interval, x: list[Interval]) -> Push:
        return []


Operation = Constant | Total | Times | Over | Extremum | Unknown
