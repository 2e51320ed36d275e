"""Which way of counting gives the number that another tool or another person has."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import shaped
from cnncalc.check.answers.answer import Answer
from cnncalc.check.answers.compare import same
from cnncalc.check.slips import tools
from cnncalc.check.slips.numbers import CONVENTIONS
from cnncalc.check.slips.rules import SLIPS
from cnncalc.check.slips.search import Search
from cnncalc.errors import UsageError
from cnncalc.spec.demand import Key

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.explain.layer import Step

_MOST_WALKED = 4_000_000  # layers: one number is asked for, and its search may take a minute
NEAREST = 5  # nearest ways, shown if none gives the number


class Way(NamedTuple):
    """A way of counting: what it does, in words that follow the number of this library, and its result."""

    said: str
    value: Any
    convention: bool
    steps: tuple[Step, ...] = ()


class Reconciliation(NamedTuple):
    """A ``value`` from elsewhere beside what is ``computed``: the ``ways`` that give it, or else the ``nearest``."""

    key: Key
    value: Any
    computed: Any
    agrees: bool
    ways: list[Way]
    nearest: list[Way]


def reconcile(truth: Truth, key: Key, text: str, tolerance: float = 0.0) -> Reconciliation:
    """The ways of counting that give ``text``, conventions of tools before slips, simple ways before double ones.

    Raises UsageError if ``text`` is no number (of sizes: no sizes), SpecError if there is no such layer.
    """
    search = Search(truth, key, _MOST_WALKED)
    if search.right is None:
        raise UsageError(f"{key} is none: there is nothing to compare with")
    wanted = _read(truth, search, text)
    if wanted is None or isinstance(wanted, list) != isinstance(search.right, list):
        form = "sizes such as 28x28x10" if key.sizes else "a number such as 183242"
        raise UsageError(f'--value "{text[:60]}" is not {form}')
    if _alike(wanted, search.right, tolerance):
        return Reconciliation(key, wanted, search.right, agrees=True, ways=[], nearest=[])
    every: list[Way] = []
    elsewhere = _of_tools(truth, key)
    for ways in _ways(search):
        ways, elsewhere = elsewhere + ways, []
        found = [way for way in ways if _alike(way.value, wanted, tolerance)]
        if found:
            found.sort(key=lambda way: not way.convention)
            return Reconciliation(key, wanted, search.right, agrees=False, ways=found, nearest=[])
        every += ways
    every.sort(key=lambda way: _distance(way.value, wanted))
    return Reconciliation(key, wanted, search.right, agrees=False, ways=[], nearest=every[:NEAREST])


def _of_tools(truth: Truth, key: Key) -> list[Way]:
    """How other tools count multiply-accumulates."""
    if key.quantity != "macs":
        return []
    rows = tools.rows_of(truth.summary, key.layer)
    return [
        Way(f"as {name} counts: {tool.said}", tools.total(tool, rows), convention=True)
        for name, tool in tools.TOOLS.items()
        if tool.rules  # Keras counts none
    ]


def _read(truth: Truth, search: Search, text: str) -> Any:
    """``text`` as it was understood, as data; None if it cannot be read."""
    value = truth.judge(Answer(text, search.key)).value
    return shaped(search.key, value, search.right)


def _ways(search: Search) -> Iterator[list[Way]]:
    """The ways of counting, class by class."""
    for level in range(3):
        yield [
            Way(
                way.said,
                list(number) if isinstance(number, tuple) else number,
                all(SLIPS[name].convention if name in SLIPS else name in CONVENTIONS for name in way.names),
                search.steps(way.summary) if level == 0 else (),
            )
            for number, ways in search.level(level).items()
            for way in ways
        ]


def _alike(first: Any, second: Any, tolerance: float) -> bool:
    if isinstance(first, list) and isinstance(second, list):
        pairs = zip(first, second, strict=False)
        return len(first) == len(second) and all(same(a, b, tolerance) for a, b in pairs)
    return not isinstance(first, list) and not isinstance(second, list) and same(first, second, tolerance)


def _distance(first: Any, second: Any) -> Fraction:
    """How far a number is from another one; sizes are furthest."""
    numbers = isinstance(first, int | Fraction) and isinstance(second, int | Fraction)
    return Fraction(abs(first - second)) if numbers else Fraction(1 << 100)
