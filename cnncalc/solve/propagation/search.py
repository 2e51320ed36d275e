"""Every whole number that fits, in order: boxes of unknowns are narrowed, and split while they are not settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import NamedTuple

from cnncalc.errors import LimitError
from cnncalc.solve.propagation.graph import Box, ConstraintGraph
from cnncalc.solve.propagation.intervals import BOUND

#: Answers that are listed.
LISTED = 1000

_EFFORT = 5_000_000


class Effort:
    """How much work may still be done. A unit is about a microsecond."""

    def __init__(self, what: str, most: int = _EFFORT) -> None:
        self.what, self.most, self.left = what, most, most

    def spend(self, units: int) -> None:
        """Take off ``work``. Raises LimitError when nothing is left."""
        self.left -= units
        if self.left < 0:
            raise LimitError(
                f"{self.what}: the search was given up after {self.most} steps (this limit is fixed)",
                help="give a number for one of the unknowns, or a bound such as expect: {params: <= 1000000}",
            )


class Values(NamedTuple):
    """The answers of one unknown, smallest first (at most LISTED of them), and ``[first, last]`` of all.

    ``last`` is None if there is no end to them; both are None if there is no answer.
    """

    solutions: list[int]
    range: list[int | None]


NONE = Values([], [None, None])


def boxes(graph: ConstraintGraph, box: Box, effort: Effort, *, backwards: bool = False) -> Iterator[Box]:
    """Boxes that certainly fit and together hold every answer, in order of the first unknown, then the next."""
    waiting = [box]
    while waiting:
        before = graph.work
        narrowed, sure = graph.narrowed(waiting.pop())
        effort.spend(graph.work - before)
        if narrowed is None:
            continue
        split = None if sure else next((name for name, (low, high) in narrowed.items() if low < high), None)
        if split is None:
            if sure:
                yield narrowed
            continue
        low, high = narrowed[split]
        middle = min((low + high) // 2, max(2 * low, 16) if low >= 0 else (low + high) // 2)
        halves = [{**narrowed, split: (low, middle)}, {**narrowed, split: (middle + 1, high)}]
        waiting.extend(halves if backwards else reversed(halves))


def points(
    graph: ConstraintGraph, box: Box, fits: Callable[[dict[str, int]], bool], effort: Effort, *, backwards: bool = False
) -> Iterator[dict[str, int]]:
    """Every answer, in order of the first unknown, then the next. ``fits`` decides about each.

    Numbers that leave the remainder of one for which a quotient is not whole are passed over.
    """
    name = next(iter(box))
    period = graph.period(name) if len(box) == 1 else None
    for found in boxes(graph, box, effort, backwards=backwards):
        refused: set[int] = set()  # remainders
        whole: set[int] = set()
        order = (range(a, b + 1)[:: -1 if backwards else 1] for a, b in found.values())
        for numbers in _combined(list(order)):
            effort.spend(1)
            rest = numbers[0] % period if period else 0
            if rest in refused:
                continue
            if period and rest not in whole:
                before = graph.work
                certain = graph.narrowed({name: (numbers[0], numbers[0])})[0] is not None
                effort.spend(graph.work - before)
                (whole if certain else refused).add(rest)
                if len(refused) == period:
                    break
                if not certain:
                    continue
            point = dict(zip(found, numbers, strict=True))
            if fits(point):
                yield point


def _combined(ranges: list[range]) -> Iterator[tuple[int, ...]]:
    """All combinations, the last one counting fastest; the ranges may be far too long to list."""
    if len(ranges) == 1:
        return ((number,) for number in ranges[0])
    if all(abs(r[-1] - r[0]) < 1 << 16 for r in ranges):
        return product(*ranges)
    return ((number, *rest) for number in ranges[0] for rest in _combined(ranges[1:]))


def firsts(
    graph: ConstraintGraph, box: Box, fits: Callable[[dict[str, int]], bool], effort: Effort, *, backwards: bool = False
) -> Iterator[int]:
    """The answers of the first unknown of ``box``: each number for which the others have an answer, once."""
    name = next(iter(box))
    if len(box) == 1:
        yield from (point[name] for point in points(graph, box, fits, effort, backwards=backwards))
        return
    while point := next(points(graph, box, fits, effort, backwards=backwards), None):
        yield point[name]
        low, high = box[name]
        box = {**box, name: (low, point[name] - 1) if backwards else (point[name] + 1, high)}
        if box[name][0] > box[name][1]:
            return


def values(graph: ConstraintGraph, box: Box, fits: Callable[[dict[str, int]], bool], effort: Effort) -> Values:
    """The answers of the first unknown of ``box``."""
    listed = list(islice(firsts(graph, box, fits, effort), LISTED))
    if not listed:
        return NONE
    last = listed[-1]
    if len(listed) == LISTED:
        last = next(firsts(graph, box, fits, effort, backwards=True))
    return Values(listed, [listed[0], last if last < BOUND else None])
