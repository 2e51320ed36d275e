"""The slip behind a wrong answer: which changed rule gives it.

A claim must be more than a coincidence. The right answer never counts as a slip. Simple explanations come first: one
slip; then one made in a single layer, in the sum or in writing the number down; then two slips at once. Of a class
that explains the answer, at most three slips are named, and none if an answer that is merely near the right one would
have been "explained" as well with a chance of more than CHANCE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from fractions import Fraction
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import Truth, shaped, told
from cnncalc.check.slips import forward
from cnncalc.check.slips import numbers as mistakes
from cnncalc.check.slips.found import Explanation, Way
from cnncalc.check.slips.rules import SLIPS, Slip
from cnncalc.errors import CnncalcError
from cnncalc.explain.quantity import steps
from cnncalc.spec.demand import AXIAL, COUNTED, Key
from cnncalc.symbolic.expr import value

if TYPE_CHECKING:
    from cnncalc.explain.layer import Step
    from cnncalc.network.model import Network
    from cnncalc.summary.rows import Summary

#: The chance that a wrong number near the right one is explained, above which nothing is claimed: for each class.
CHANCE = (2 / 5, 1 / 6, 1 / 50, 1 / 100)
SOLVED = 20  # layers of a network that is solved anew for each slip, where a letter is asked for
NAMED = 3  # slips that are named where several give the same number
LARGEST = 200  # layers of a network in which two slips, or one in a single layer, are looked for

#: Layers that are worked out anew in search of the slips of one problem, some 20 microseconds each. What has not been
#: found by then is not named: a search that was cut short cannot tell which explanation is the simplest.
MOST_WALKED = 100_000

Value = int | Fraction | tuple[Any, ...]


class Reached(NamedTuple):
    """A number that slips lead to."""

    names: tuple[str, ...]
    said: str
    summary: Summary | None = None


def _any(reached: Reached) -> bool:
    return True


def explain(truth: Truth, key: Key, answer: Any, could_be: Callable[[Reached], bool] = _any) -> Explanation | None:
    """The slip behind a wrong ``answer``, a number or sizes; None if no slip can be claimed.

    ``could_be`` says of a slip whether it fits what else is known of the student.
    """
    if key.numbers:
        return forward.explain(truth, key, answer)
    search = truth.searches.get(key)
    if search is None:
        search = truth.searches[key] = Search(truth, key)
    return search.find(answer, could_be)


def mis_summed(truth: Truth, key: Key, own: int, answer: Any) -> Explanation | None:
    """The slip of a student whose own numbers add up to ``own``, and who has another total."""
    whose = "" if own == truth.get(key) else "by your own numbers, "
    said = [m for m in (*mistakes.carried(own), *mistakes.mis_written(own)) if m[0] == answer]
    ways = tuple(Way(whose + words, names=(name,)) for _, name, words in said[:1])
    return Explanation(str(key), own, ways) if ways else None


class _GivenUp(Exception):
    """The search has taken as much work as it may."""


class Search:
    """The numbers that slips lead to in one question, computed on demand.

    ``complete`` turns false when ``most`` layers have been worked out for the problem; the levels then end early.
    """

    def __init__(self, truth: Truth, key: Key, most: int = MOST_WALKED) -> None:
        self.truth, self.key, self.most = truth, key, most
        self.complete = True
        self.right = told(key, truth.get(key))
        self.value = _value(self.right)
        self.levels: list[dict[Value, list[Reached]]] = []
        self.everywhere: list[tuple[str, Value, Summary]] = []  # single slips that make a difference

    def find(self, answer: Any, could_be: Callable[[Reached], bool] = _any) -> Explanation | None:
        """The explanation of a wrong answer, among those that ``could_be``."""
        answer = shaped(self.key, answer, self.right)
        form = mistakes.form(answer, self.right, self.truth.layout) if self.key.quantity == "output" else None
        if form:
            return Explanation(str(self.key), self.right, (Way(form[1], names=form[:1]),))
        wrong = _value(answer)
        if self.value is None or wrong is None or wrong == self.value:
            return None
        if isinstance(wrong, tuple) and isinstance(self.right, list) and len(wrong) == len(self.right) - 1:
            completed = self._completed(wrong)
            if completed != self.value:
                wrong = completed
        if not self.key.quantity and (len(self.truth.letters) > 1 or len(self.truth.network.layers) > SOLVED):
            return None
        for level, chance in enumerate(CHANCE if self.key.quantity else CHANCE[:1]):
            found = [way for way in self.level(level).get(wrong, ()) if could_be(way)]
            if not self.complete:
                return None
            if found:
                return self._claim(found) if self._chance(level) <= chance and len(found) <= NAMED else None
        return None

    def level(self, number: int) -> dict[Value, list[Reached]]:
        """The numbers that explanations of one class lead to, with these explanations; the simplest class is 0."""
        makers = (self._single, self._placed, self._double, self._summed)
        while len(self.levels) <= number:
            self.levels.append(self._collected(makers[len(self.levels)]()))
        return self.levels[number]

    def _completed(self, sizes: tuple[Any, ...]) -> tuple[Any, ...]:
        """Spatial sizes with the right channels beside them."""
        first = self.truth.layout == "channels_first" and len(self.right) > 2
        return (self.right[0], *sizes) if first else (*sizes, self.right[-1])

    def _claim(self, found: list[Reached]) -> Explanation:
        ways = tuple(Way(reached.said, self.steps(reached.summary), reached.names) for reached in found)
        return Explanation(str(self.key), self.right, ways)

    def steps(self, summary: Summary | None) -> tuple[Step, ...]:
        """The lines of the wrong working that differ from the right one."""
        if summary is None:
            return ()
        right = {step.letter: value(step.expression) for step in steps(self.truth.summary, self.key)}
        return tuple(s for s in steps(summary, self.key) if value(s.expression) != right.get(s.letter))

    def _said(self, name: str, layer: str | None = None) -> str:
        """A slip in words, with the number of biases (of ``layer``) if it is about them."""
        about = Key(layer or self.key.layer, "bias_params")
        count = self.truth.get(about) if self.key.quantity == "params" else 0
        said = SLIPS[name].said.replace("the biases", f"its {count} biases") if _many(count) else SLIPS[name].said
        if layer is None:
            return said
        return said.replace("this layer", layer) if SLIPS[name].alone else f"{said} in {layer}"

    def _collected(self, reached: Iterator[tuple[Any, Reached]]) -> dict[Value, list[Reached]]:
        """By number, each way once, without the right answer. Slips that change no rule come last."""
        found: dict[Value, list[Reached]] = {}
        try:
            for number, way in reached:
                reached_value = _value(number)
                if reached_value is not None and reached_value != self.value:
                    ways = found.setdefault(reached_value, [])
                    if all(way.said != other.said for other in ways) and (way.summary or not ways):
                        ways.append(way)
        except _GivenUp:
            self.complete = False
        return found

    def _chance(self, level: int) -> float:
        """The chance that a number near the right one (half to twice as large) is reached up to a level."""
        near = [v for found in self.levels[: level + 1] for v in found if _near(v, self.value)]
        sizes: set[Any] = set(self.value) if isinstance(self.value, tuple) else {self.value}
        return len(near) / float(prod(2 * size - (size + 1) // 2 + 1 for size in sizes))

    def _single(self) -> Iterator[tuple[Any, Reached]]:
        """One slip in the layer asked for or in every layer; or another quantity than the one asked for."""
        rows = self.truth.summary.rows
        block = self.truth.network.blocks.get(self.key.layer or "")
        asked = set(range(block.first, block.last)) if block else set()
        asked |= {row.index for row in rows if row.name == self.key.layer}
        for name, slip in SLIPS.items():
            if slip.alone:
                continue
            for layers in (asked, set(range(len(rows)))):
                number, summary = self._with(layers, slip)
                if summary is not None:
                    yield number, Reached((name,), self._said(name), summary)
            if summary is not None and _value(number) not in (None, self.value):
                self.everywhere.append((name, number, summary))
        if self.key.quantity:
            yield from self._told(mistakes.confused(self.truth.summary, self.key, self.right))

    def _placed(self) -> Iterator[tuple[Any, Reached]]:
        """One slip in one other layer, in the sum, or in writing the number down."""
        rows = self.truth.summary.rows
        if len(rows) <= LARGEST:
            names = [name for name, _, _ in self.everywhere]
            if self.key.layer and self.key.quantity not in AXIAL:  # of a sum, and of a field, others say the same
                names += [name for name, slip in SLIPS.items() if slip.alone]
            for row in rows:
                for name in names:
                    number, summary = self._with({row.index}, SLIPS[name])
                    if summary is not None:
                        yield number, Reached((name,), self._said(name, row.name), summary)
        if self.key.layer is None and self.key.quantity in COUNTED:
            yield from self._told(mistakes.mis_added(self.truth.summary, self.key.quantity))
        yield from self._told(mistakes.batched(self.key.quantity, self.right))
        yield from self._told(mistakes.mis_written(self.right))

    @staticmethod
    def _told(numbers: Iterator[tuple[Any, str, str]]) -> Iterator[tuple[Any, Reached]]:
        for number, name, said in numbers:
            yield number, Reached((name,), said)

    def _double(self) -> Iterator[tuple[Any, Reached]]:
        """Two slips, each made in every layer where it is possible."""
        layers = set(range(len(self.truth.summary.rows)))
        if len(layers) > LARGEST:
            return
        for (first, _, _), (second, _, _) in combinations(self.everywhere, 2):
            number, summary = self._with(layers, SLIPS[first], SLIPS[second])
            if summary is not None and _value(number) not in self.level(0):
                said = f"{self._said(first)} and {self._said(second)}"
                yield number, Reached((first, second), said, summary)

    def _summed(self) -> Iterator[tuple[Any, Reached]]:
        """One slip, and another in the sum or in writing."""
        for name, number, _ in self.everywhere:
            for again, other, said in (*mistakes.carried(number), *mistakes.mis_written(number)):
                yield again, Reached((name, other), f"{self._said(name)} ({number:,}) and {said}")

    def _with(self, layers: set[int], *slips: Slip) -> tuple[Any, Summary | None]:
        """The wanted number with ``slips`` made in ``layers``; None if nothing changes. Raises _GivenUp."""
        network = slipped(self.truth.summary, layers, *slips)
        if network is None:
            return None, None
        self.truth.walked += len(network.layers)
        if self.truth.walked > self.most:
            raise _GivenUp
        try:
            changed = Truth(network, self.truth.layout)
            return told(self.key, changed.get(self.key)), changed.summary
        except (CnncalcError, ZeroDivisionError):
            return None, None


def slipped(summary: Summary, layers: set[int], *slips: Slip) -> Network | None:
    """The network with ``slips`` made in these layers; None if a slip applies to none of them."""
    network = copy(summary.network)
    network.layers = list(network.layers)
    firsts = {index if (shared := network.layers[index].shares) is None else shared for index in layers}
    sharing = {row.index for row in summary.rows if row.layer.shares in firsts}  # shared weights share the slip
    made = set()
    for index in firsts | sharing:
        row = summary.rows[index]
        kind = row.layer.kind
        for slip in slips:
            changed = slip.change(kind, row.xs[0])
            if changed is not None:
                kind = changed
                made.add(slip)
        if kind is not row.layer.kind:
            network.layers[index] = copy(row.layer)
            network.layers[index].kind = kind
    return network if len(made) == len(slips) else None


def _value(number: Any) -> Value | None:
    """An answer as a key: a number or a tuple of sizes; None for anything else."""
    if isinstance(number, list):
        return tuple(number) if all(isinstance(size, int | Fraction) for size in number) else None
    return number if isinstance(number, int | Fraction) else None


def _many(count: Any) -> bool:
    return isinstance(count, int) and count > 1


def _near(number: Any, right: Any) -> bool:
    """Whether a number is half to twice as large as the right one; for sizes, whether all are."""
    if isinstance(right, tuple):
        alike = isinstance(number, tuple) and len(number) == len(right)
        return alike and all(_near(n, r) for n, r in zip(number, right, strict=True))
    return not isinstance(number, tuple) and right <= 2 * number <= 4 * right
