"""When a value dies: the one rule for peak memory, for the engines, and for the buffers of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def dying(reads: Iterable[Sequence[int]]) -> list[list[int]]:
    """For each step, the values that it is the last one to read, given the values that each step reads.

    A value that no step reads is an output of the network and lives to the end: it is in no list.
    """
    steps = [*reads]
    last = {value: number for number, values in enumerate(steps) for value in values}
    found: list[list[int]] = [[] for _ in steps]
    for value, number in last.items():
        found[number].append(value)
    return found
