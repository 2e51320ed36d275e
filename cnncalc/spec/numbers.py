"""Numbers that a file states: ``values: {input: [[1, 0], [0, 1]], c.kernel: [[1, 0], [0, -1]], target: 1/3}``."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from cnncalc.errors import Mark, Problem, SpecError
from cnncalc.spec import values
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, describe
from cnncalc.spec.values import BadValue, Context

FORM = "values: {input: [[1, 0], [0, 1]], conv1.kernel: [[1, 0], [0, -1]]}"


class Numbers(NamedTuple):
    """Numbers as nested lists hold them: ``flat`` in the order written, their ``sizes`` (empty: one number alone).

    ``place`` is that of the name which they are given to, ``mark`` their own.
    """

    flat: list[float]
    sizes: tuple[int, ...]
    place: Mark
    mark: Mark


def read_all(node: Node, context: Context) -> dict[str, Numbers]:
    """The numbers of a ``values``, by name. Raises SpecError with everything that is no number, or no full list."""
    if not isinstance(node, Mapping):
        raise values.expected("values", node, "numbers by the names of inputs and weights", FORM)
    found: dict[str, Numbers] = {}
    problems: list[Problem] = []
    for name, item in node.items.items():
        try:
            found[name] = read(name, item, node.keys[name], context)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return found


def read(name: str, node: Node, place: Mark, context: Context) -> Numbers:
    """The numbers that ``node`` holds for ``name``. Raises BadValue at the first that is none, or a row too short."""
    flat: list[float] = []
    return Numbers(flat, _collect(name, node, context, flat), place, node.mark)


def _collect(name: str, node: Node, context: Context, into: list[float]) -> tuple[int, ...]:
    """Add the numbers of ``node`` to a list; their sizes."""
    if isinstance(node, Scalar):
        into.append(number(name, node, context))
        return ()
    if not isinstance(node, Sequence) or not node.items:
        raise values.expected(name, node, "a number or a list of numbers", FORM)
    first: tuple[int, ...] | None = None
    for item in node.items:
        sizes = _collect(name, item, context, into)
        if first is None:
            first = sizes
        elif sizes != first:
            raise _ragged(name, item, sizes, node.items[0], first)
    return (len(node.items), *(first or ()))


def _ragged(name: str, item: Node, sizes: tuple[int, ...], other: Node, first: tuple[int, ...]) -> BadValue:
    """The error for a list whose items differ: rows of unequal length, or a number beside lists."""
    text = f"the rows of {name} differ: {_shown(item, sizes)} here, {_shown(other, first)} in the first"
    return BadValue(text, item.mark, "every row has as many numbers as the first")


def _shown(node: Node, sizes: tuple[int, ...]) -> str:
    if not sizes:
        return f"one number, {describe(node)}"
    return f"{sizes[0]} number{'s' * (sizes[0] > 1)}" if len(sizes) == 1 else f"a list of {'×'.join(map(str, sizes))}"


def number(name: str, node: Scalar, context: Context) -> float:
    """One number, or a fraction of two: ``0.5``, ``-2``, ``1e-3``, ``1/3``. Raises BadValue."""
    upper, slash, lower = node.text.partition("/")
    try:
        found = values.real(Scalar(upper.strip(), node.mark), context, name)
        if slash:
            found /= values.real(Scalar(lower.strip(), node.mark), context, name)
    except (SpecError, ZeroDivisionError):
        found = float("nan")
    if not isfinite(found):
        raise values.expected(name, node, "finite numbers such as 0.5 or 1/3")
    return found
