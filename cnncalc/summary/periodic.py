"""Receptive fields of maps that are finer than the map they were made from.

The windows of neighbours are then not shifted copies of each other: in an image enlarged twice, two neighbours see the
same position. The pattern repeats, though, so one period of windows describes them all.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cnncalc.kinds.base.kind import Reach

LONGEST = 64  # windows in a period; the deepest published decoders enlarge 32 times


class Phases(NamedTuple):
    """Output ``o`` sees the input from ``windows[o][0]`` to ``windows[o][1]``. ``len(windows)`` outputs later, the
    window lies ``advance`` positions further on.
    """

    advance: int
    windows: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """The largest number of positions that an output sees."""
        return max(last - first + 1 for first, last in self.windows)

    @property
    def jump(self) -> Fraction:
        """The average distance from one output to the next, in input positions."""
        return Fraction(self.advance, len(self.windows))

    @property
    def padding(self) -> int:
        """How far before the input the window of the first output begins."""
        return -self.windows[0][0]

    def at(self, output: int) -> tuple[int, int]:
        """The window of any output."""
        turns, phase = divmod(output, len(self.windows))
        first, last = self.windows[phase]
        return first + turns * self.advance, last + turns * self.advance

    def through(self, reach: Reach) -> Phases | None:
        """The windows seen through one more layer; None if the period gets too long."""
        step = Fraction(reach.step)
        turns = step.numerator // gcd(step.numerator, len(self.windows))
        period = step.denominator * len(self.windows) * turns // step.numerator
        if period > LONGEST:
            return None
        begins = [output * step - reach.begin for output in range(period)]
        windows = [(self.at(-(-b // 1))[0], self.at((b + reach.extent - 1) // 1)[1]) for b in begins]
        return Phases(self.advance * turns, tuple(windows))


def of(field: Any) -> Phases:
    """A field in whole numbers as a period of one window."""
    if isinstance(field, Phases):
        return field
    return Phases(field.jump, ((-field.padding, field.size - 1 - field.padding),))


def union(branches: list[Phases]) -> Phases | None:
    """What any of the branches sees; all have the same effective stride. None if the period gets too long."""
    period = lcm(*(len(branch.windows) for branch in branches))
    if period > LONGEST:
        return None
    seen = [[branch.at(output) for branch in branches] for output in range(period)]
    windows = tuple((min(first for first, _ in each), max(last for _, last in each)) for each in seen)
    return Phases(branches[0].advance * (period // len(branches[0].windows)), windows)
