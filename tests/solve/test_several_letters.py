"""Two and three letters that depend on each other: every answer, against all numbers tried with NumPy."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncalc import api
from cnncalc.solve.propagation.search import LISTED, Values
from cnncalc.solve.unsolved import Unsolved

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
FAR = 1200  # more numbers of a letter than are listed


def two_filters(rng: random.Random) -> tuple[str, str, Callable[..., Any], int]:
    first, second, channels = rng.choice((1, 3)), rng.choice((1, 3)), rng.randint(1, 3)
    text = (
        f"input: 16x16x{channels}\n"
        f"layers: [{{conv: {{filters: a, kernel: {first}}}}}, {{conv: {{filters: b, kernel: {second}}}}}]\n"
    )
    count = lambda a, b: (first**2 * channels + 1) * a + (second**2 * a + 1) * b  # noqa: E731
    return text, "params", count, rng.randint(50, 2500)


def window_and_filters(rng: random.Random) -> tuple[str, str, Callable[..., Any], int]:
    size, channels = rng.randint(3, 12), rng.randint(1, 2)
    text = f"input: {size}x{size}x{channels}\nlayers: [{{conv: {{filters: f, kernel: k}}}}]\n"
    count = lambda f, k: np.where(k <= size, (k * k * channels + 1) * f, -1)  # noqa: E731
    return text, "params", count, rng.randint(10, 1500)


def three_sizes(rng: random.Random) -> tuple[str, str, Callable[..., Any], int]:
    return "input: axbxc\nlayers: [relu]\n", "activations", lambda a, b, c: a * b * c, rng.randint(20, 100)


def three_layers(rng: random.Random) -> tuple[str, str, Callable[..., Any], int]:
    inputs = rng.randint(1, 3)
    text = f"input: {inputs}\nlayers: [dense: a, dense: b, dense: c]\n"
    count = lambda a, b, c: (inputs + 1) * a + (a + 1) * b + (b + 1) * c  # noqa: E731
    return text, "params", count, rng.randint(20, 100)


def tried(count: Callable[..., Any], relation: str, number: int, extents: list[int]) -> Any:
    """Which numbers from 1 to ``extents`` of the letters meet the demand, as an array with an axis for each letter."""
    letters = np.meshgrid(*(np.arange(1, extent + 1, dtype=np.int32) for extent in extents), indexing="ij", sparse=True)
    got = count(*letters)
    return RELATIONS[relation](got, number) & (got >= 0)


def expected(met: Any, axis: int) -> Values:
    """The answers of the letter along ``axis``, which is the long one."""
    others = tuple(other for other in range(met.ndim) if other != axis)
    numbers = [int(n) + 1 for n in np.flatnonzero(met.any(axis=others))]
    if not numbers:
        return Values([], [None, None])
    return Values(numbers[:LISTED], [numbers[0], None if numbers[-1] == met.shape[axis] else numbers[-1]])


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("network", [two_filters, window_and_filters, three_sizes, three_layers])
@pytest.mark.parametrize("seed", range(3))
def test_every_answer_of_each_letter_and_of_all_together(
    network: Callable[[random.Random], tuple[str, str, Callable[..., Any], int]], relation: str, seed: int
) -> None:
    text, quantity, count, number = network(random.Random(seed))
    sign = "" if relation == "=" else f"{relation} "
    try:
        found = api.parse(f'{text}expect: {{{quantity}: "{sign}{number}"}}').solve()
    except Unsolved as error:
        found = error.answer
    names = list(found.unknowns)
    assert names == list(count.__code__.co_varnames)
    far = max(FAR, number) + LISTED + 2
    for axis, name in enumerate(names):
        extents = [far if axis == other else number + 1 for other in range(len(names))]
        assert found.unknowns[name] == expected(tried(count, relation, number, extents), axis), name
    extents = [far, far] if len(names) == 2 else [number + 1, number + 1, far]
    true = np.argwhere(tried(count, relation, number, extents))[:LISTED] + 1
    assert [list(point.values()) for point in found.joint] == true.tolist()


def test_what_bounds_a_letter_when_the_answers_are_not_all_listed() -> None:
    convs = "{conv: {filters: a, kernel: 3, padding: 1}}, {conv: {filters: b, kernel: 3, padding: 1}}"
    for relation, range_of_b in {"<=": [1, 2997], ">=": [1, None]}.items():
        found = api.parse(f'input: 64x64x3\nlayers: [{convs}]\nexpect: {{params: "{relation} 30000"}}').solve()
        assert found.unknowns["b"].range == range_of_b
        assert found.unknowns["b"].solutions == list(range(1, LISTED + 1))
