"""Receptive fields of maps that are finer than what they were made from.

Neighbours then see windows that do not follow by a shift: of an image enlarged twice, two positions see the same one.
What positions see repeats, though, so one period of windows says it all.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cnncalc.kinds.base.kind import Reach

LONGEST = 64  # windows in a period; the deepest published decoders enlarge 32 times


class Phases(NamedTuple):
    """Output ``o`` sees the input from the first to the last of ``windows[o]``; ``len(windows)`` outputs later the
    window lies ``advance`` further.
    """

    advance: int
    windows: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """The most positions that an output sees."""
        return max(last - first + 1 for first, last in self.windows)

    @property
    def jump(self) -> Fraction:
        """How far it is from one output to the next, on the whole."""
        return Fraction(self.advance, len(self.windows))

    @property
    def padding(self) -> int:
        """How far before the input the first output's window begins."""
        return -self.windows[0][0]

    def at(self, output: int) -> tuple[int, int]:
        """The window of any output."""
        turns, phase = divmod(output, len(self.windows))
        first, last = self.windows[phase]
        return first + turns * self.advance, last + turns * self.advance

    def through(self, reach: Reach) -> Phases | None:
        """What is seen through one more layer; None where the period gets too long."""
        step = Fraction(reach.step)
        turns = step.numerator // gcd(step.numerator, len(self.windows))
        period = step.denominator * len(self.windows) * turns // step.numerator
        if period > LONGEST:
            return None
        begins = [output * step - reach.begin for output in range(period)]
        windows = [(self.at(-(-b // 1))[0], self.at((b + reach.extent - 1) // 1)[1]) for b in begins]
        return Phases(self.advance * turns, tuple(windows))


def of(field: Any) -> Phases:
    """The one window of a field in whole numbers, as a period."""
    if isinstance(field, Phases):
        return field
    return Phases(field.jump, ((-field.padding, field.size - 1 - field.padding),))


def union(branches: list[Phases]) -> Phases | None:
    """What any of the branches sees; all of them move alike. None where the period gets too long."""
    period = lcm(*(len(branch.windows) for branch in branches))
    if period > LONGEST:
        return None
    seen = [[branch.at(output) for branch in branches] for output in range(period)]
    windows = tuple((min(first for first, _ in each), max(last for _, last in each)) for each in seen)
    return Phases(branches[0].advance * (period // len(branches[0].windows)), windows)
