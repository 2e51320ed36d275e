"""The right answers: every quantity of a problem's network, and the letters for its unknown numbers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answers.compare import same
from cnncalc.check.answers.words import LONGEST
from cnncalc.check.computed import Computed, compare
from cnncalc.errors import LimitError, Mark, NoSolution, SpecError
from cnncalc.explain.quantity import steps
from cnncalc.network.unknowns import Unknowns
from cnncalc.spec.demand import AXIAL, Demand, Key
from cnncalc.summary import infer, quantities, stated
from cnncalc.symbolic.expr import Expr
from cnncalc.symbolic.tree import unknowns

if TYPE_CHECKING:
    from cnncalc.check.answers.answer import Answer
    from cnncalc.explain.layer import Step
    from cnncalc.network.model import Network
    from cnncalc.solve import NetworkSolution
    from cnncalc.summary.rows import Summary


class Judged(NamedTuple):
    """How an answer was read, as data. ``right`` is None if the answer could not be read.

    ``read``: the answer can be read in several ways, and only ``value`` is right. ``share``: the fraction of its
    cells that are right, if numbers are asked for. ``why``: why it is wrong, if the answer itself does not show it.
    """

    right: bool | None
    value: Any = None
    read: bool = False
    share: Fraction = Fraction(0)
    why: str = ""


class Leniency(NamedTuple):
    """What a problem accepts: a relative ``tolerance``, spatial sizes alone, sizes in any order. Also the marks for
    each number.
    """

    tolerance: float = 0.0
    spatial: bool = False
    any_order: bool = False
    shares: tuple[Fraction, ...] = ()


EXACT = Leniency()
_KEPT = 5000  # answers whose verdicts are kept


class Truth:
    """The right answers for a network; sizes are written in ``layout`` (default: the network's own)."""

    def __init__(self, network: Network, layout: str | None = None) -> None:
        self.network, self.layout = network, layout or network.layout
        self.searches: dict[Key, Any] = {}  # for slips: shared by all wrong answers to a question
        self._met: dict[frozenset[tuple[str, int]], bool] = {}  # results of earlier checks
        self._rights: dict[Key, Any] = {}
        self._judged: dict[tuple[Key, str, str | None, Leniency], Judged] = {}
        self._steps: dict[Key, tuple[Step, ...]] = {}
        self.worlds: dict[Any, Any] = {}  # results for students' own numbers
        self.walked = 0  # layers computed in these searches

    @cached_property
    def summary(self) -> Summary:
        """The summary of the network, with its letters left in. Raises SpecError, LimitError."""
        return stated.checked(self.of(self.network))

    def of(self, network: Network) -> Summary:
        """The summary of ``network``, with sizes in the layout of the answers."""
        return infer.infer(network, self.layout)

    @cached_property
    def computed(self) -> Computed:
        """The numbers computed from those the problem states. Raises SpecError if these do not fit."""
        return Computed(stated.checked((self.settled if self.letters else None) or self.summary))

    @cached_property
    def letters(self) -> list[str]:
        """The letters that stand for numbers of the network."""
        return Unknowns(self.network).names

    @cached_property
    def solution(self) -> NetworkSolution:
        """The letters solved for. Raises NoSolution, LimitError."""
        from cnncalc import solve

        return solve.network(self.network)

    @cached_property
    def settled(self) -> Summary | None:
        """The network with numbers for its letters, if the file allows just one for each."""
        unknown = Unknowns(self.network)
        if not unknown.names or not unknown.demands:
            return None
        try:
            joint = self.solution.joint
        except NoSolution:
            return None
        return self.of(unknown.put(joint[0])) if len(joint) == 1 else None

    def get(self, key: Key, mark: Mark | None = None) -> Any:
        """The right answer: a number, sizes as a list, or None; for a letter, all numbers that are right.

        It contains letters only if the file leaves them open. Raises SpecError for an unknown layer or letter,
        NoSolution if no number fits.
        """
        if key not in self._rights:
            self._rights[key] = self._get(key, mark)
        return self._rights[key]

    def _get(self, key: Key, mark: Mark | None) -> Any:
        if key.numbers:
            return self.computed.right(key, mark).nested()
        if key.quantity:
            got = quantities.quantity(self.summary, key.layer, key.quantity, mark)
            return quantity(self.settled, key) if _letters(got) and self.settled else got
        if key.layer not in self.letters:
            help = f"letters: {', '.join(self.letters)}" if self.letters else "write layer.quantity"
            raise SpecError(f"no number of the network is called {key.layer}", mark=mark, help=help)
        return self.solution.unknowns[str(key.layer)].solutions

    def steps(self, key: Key) -> tuple[Step, ...]:
        """The working of the right answer, computed once for all wrong answers."""
        if key not in self._steps:
            self._steps[key] = steps(self.summary, key)
        return self._steps[key]

    def judge(self, answer: Answer, leniency: Leniency = EXACT) -> Judged:
        """How ``answer`` is read, and whether it is right; computed once for all who write the same.

        Raises SpecError, NoSolution, LimitError.
        """
        written = answer.key, answer.text, answer.layout, leniency
        if written not in self._judged:
            if len(self._judged) >= _KEPT or len(answer.text) > LONGEST:
                self._judged.clear()
            self._judged[written] = self._judge(answer, leniency)
        return self._judged[written]

    def _judge(self, answer: Answer, leniency: Leniency) -> Judged:
        key = answer.key
        if key.numbers:
            found = compare(answer.text, self.computed.right(key), leniency.tolerance, leniency.shares)
            if found is None:
                return Judged(right=None)
            return Judged(found.share == 1, found.value, share=found.share, why=found.why)
        if not key.quantity:
            return _judged(answer.readings((), self.layout), lambda numbers: self._solves(str(key.layer), numbers))
        right = self.get(key)
        rights = (right, quantity(self.summary, key)) if self.letters else (right,)  # in numbers, and in letters
        missing = any(right is None for right in rights)
        if missing or (answer.is_nothing and key.quantity in AXIAL):
            return Judged(right=missing and answer.is_nothing)
        letters = {*self.letters, *(name for right in rights for name in _letters(right))}
        return _judged(
            answer.readings(letters, self.layout),
            lambda reading: any(agrees(self.summary, key, right, reading, leniency) for right in rights),
            _length(rights[0]),
        )

    def _solves(self, letter: str, numbers: list[Any]) -> bool:
        """Whether every number given for a letter fits."""
        found = self.solution.unknowns[letter]
        more = found.solutions[-1:] != found.range[1:]  # than are listed
        return all(
            number in found.solutions or (more and isinstance(number, int) and self._meets({letter: number}))
            for number in numbers
        )

    def _meets(self, numbers: dict[str, int]) -> bool:
        """Whether the demands can be met with ``numbers`` for their letters and some numbers for the other letters."""
        given = frozenset(numbers.items())
        if given not in self._met:
            self._met[given] = self._holds(Unknowns(self.network).put(numbers))
        return self._met[given]

    def _holds(self, network: Network) -> bool:
        from cnncalc import solve

        try:
            rest = Unknowns(network)
            if rest.names and rest.demands:
                with suppress(LimitError):
                    return bool(solve.network(network).unknowns)
            summary = self.of(network)
        except (SpecError, LimitError, NoSolution):
            return False
        wanted = [(d, quantities.quantity(summary, d.layer, d.quantity)) for d in (*network.demands, *network.given)]
        return all(quantities.holds(summary, demand, got) is not False for demand, got in wanted)

    def joins(self, letter: str, number: int, letters: Letters) -> bool:
        """Whether a number that fits for ``letter`` also fits together with what was given for other letters.

        With the right ones among them as they are; with a wrong one where it fits whatever is right in its place.
        """
        if letters.right and not self._meets({**letters.right, letter: number}):
            return False
        return all(
            self._meets({letter: number, other: right})
            for other in letters.wrong
            for right in _spread(self.solution.unknowns[other].solutions)
        )


class Letters:
    """The numbers given so far for the letters of one problem: those that are right together, and the others."""

    def __init__(self) -> None:
        self.right: dict[str, Any] = {}
        self.wrong: dict[str, Any] = {}

    def __str__(self) -> str:
        return ", ".join(f"{letter} = {number}" for letter, number in {**self.right, **self.wrong}.items())

    def add(self, letter: str, number: Any, *, right: bool) -> None:
        """Note the number given for a letter."""
        (self.right if right else self.wrong)[letter] = number


def _spread(numbers: list[int]) -> set[int]:
    """The first, the middle and the last number."""
    return {numbers[place] for place in (0, len(numbers) // 2, -1)} if numbers else set()


def _judged(readings: list[Any], fits: Callable[[Any], bool], length: int | None = None) -> Judged:
    """The verdict on an answer with these readings; if none is right, on the first of the right ``length``."""
    if not readings:
        return Judged(right=None)
    right = [reading for reading in readings if fits(reading)]
    if right:
        return Judged(right=True, value=right[0], read=len(right) == 1 < len(readings))
    return Judged(right=False, value=next((r for r in readings if _length(r) == length), readings[0]))


def _length(value: Any) -> int | None:
    """The number of sizes; None for a single number."""
    return len(value) if isinstance(value, list) else None


def _letters(got: Any) -> set[str]:
    """The unknown letters in a quantity."""
    numbers = got if isinstance(got, list | tuple) else [got]
    return set().union(*(unknowns(number) for number in numbers if isinstance(number, Expr)))


def quantity(summary: Summary, key: Key) -> Any:
    """A quantity in a summary. Raises SpecError."""
    return quantities.quantity(summary, key.layer, key.quantity)


def agrees(summary: Summary, key: Key, got: Any, answer: Any, leniency: Leniency = EXACT) -> bool:
    """Whether ``answer``, a number or sizes, equals ``got``."""
    if not isinstance(got, list) or not isinstance(answer, list):
        return not isinstance(answer, list) and same(answer, got, leniency.tolerance)
    if key.quantity == "output" and len(got) == 1 < len(answer):  # a vector as a row, a column, or 1×1×4096
        answer = [size for size in answer if size != 1] or [1]
    if not (len(answer) == len(got) or leniency.spatial or key.quantity in AXIAL):
        return False
    orders = permutations(answer) if leniency.any_order and key.quantity == "output" else [answer]
    return any(_agree(summary, key, got, list(order), leniency.tolerance) for order in orders)


def _agree(summary: Summary, key: Key, got: list[Any], sizes: list[Any], tolerance: float) -> bool:
    """Whether each of the sizes equals its counterpart in ``got``."""
    pairs = quantities.sides(summary, Demand(key.layer, key.quantity, "=", sizes, summary.network.mark), got)
    return bool(pairs) and all(same(wanted, number, tolerance) for wanted, number in pairs or ())


def told(key: Key, got: Any) -> Any:
    """The computed answer as data; a letter with just one number becomes that number."""
    return got[0] if not key.quantity and len(got) == 1 else got


def shaped(key: Key, value: Any, got: Any) -> Any:
    """An answer as data: one number for all axes is repeated for each axis; one number for a letter is not a list."""
    if not key.quantity and isinstance(value, list) and len(value) == 1:
        return value[0]
    if key.quantity in AXIAL and isinstance(value, list) and len(value) == 1 and isinstance(got, list):
        return value * len(got)
    return value
