"""Random draws: one seed gives the same on every machine and in every version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Draw:
    """Draws that follow from a ``seed``.

    Python promises the same numbers in every version only for ``random``, so everything else is made
    from it.
    """

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random() < probability

    def choice(self, choices: Sequence[_T]) -> _T:
        """One of ``choices``, all equally likely."""
        return choices[int(self._random() * len(choices))]

    def weighted(self, choices: Sequence[_T], weights: Sequence[float]) -> _T:
        """One of ``choices``, as likely as its weight says."""
        place = self._random() * sum(weights)
        for choice, weight in zip(choices, weights, strict=True):
            place -= weight
            if place < 0:
                return choice
        return choices[-1]

    def shuffled(self, items: Sequence[_T]) -> list[_T]:
        """The items in a random order."""
        left, found = list(items), []
        while left:
            found.append(left.pop(int(self._random() * len(left))))
        return found
