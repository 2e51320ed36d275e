"""What is right: every quantity of a problem's network, and the letters that stand for unknown numbers in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.check.answers import LONGEST, as_number, as_sizes, same
from cnncalc.errors import LimitError, Mark, NoSolution, SpecError
from cnncalc.network.unknowns import Unknowns
from cnncalc.spec.demand import AXIAL, Demand, Key
from cnncalc.summary import infer, quantities
from cnncalc.symbolic.expr import Expr

if TYPE_CHECKING:
    from cnncalc.network.model import Network
    from cnncalc.solve import NetworkSolution
    from cnncalc.summary.rows import Summary

NOTHING = ("none", "-", "–")


class Truth:
    """The right answers of a network; sizes are written in ``layout`` (its own where none is given)."""

    def __init__(self, network: Network, layout: str | None = None) -> None:
        self.network, self.layout = network, layout or network.layout
        self.searches: dict[Key, Any] = {}  # for slips, which wrong answers to one question share

    @cached_property
    def summary(self) -> Summary:
        """The network worked out, its letters left in. Raises SpecError, LimitError."""
        return self.of(self.network)

    def of(self, network: Network) -> Summary:
        """``network`` worked out, its sizes written as the answers are."""
        return infer.infer(network, self.layout)

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
        """The network with numbers for its letters, where the file leaves just one for each."""
        unknown = Unknowns(self.network)
        if not unknown.names or not unknown.demands:
            return None
        try:
            joint = self.solution.joint
        except NoSolution:
            return None
        return self.of(unknown.put(joint[0])) if len(joint) == 1 else None

    def get(self, key: Key, mark: Mark | None = None) -> Any:
        """The right answer: a number, sizes as a list, None where there is none; of a letter, all that are right.

        It holds letters only where the file leaves them open. Raises SpecError where there is no such layer or letter,
        NoSolution where no number fits.
        """
        if key.quantity:
            got = quantities.quantity(self.summary, key.layer, key.quantity, mark)
            return quantity(self.settled, key) if _in_letters(got) and self.settled else got
        if key.layer not in self.letters:
            help = f"letters: {', '.join(self.letters)}" if self.letters else "write layer.quantity"
            raise SpecError(f"no number of the network is called {key.layer}", mark=mark, help=help)
        return self.solution.unknowns[str(key.layer)].solutions

    def fits(self, key: Key, text: str, tolerance: float = 0.0, *, spatial: bool = False) -> bool:
        """Whether the answer ``text`` is right; ``spatial``: of an output its spatial sizes are enough."""
        if not key.quantity:
            return self._solves(str(key.layer), text)
        either = (self.get(key), quantity(self.summary, key))  # in numbers, and in the letters of the file
        return any(agrees(self.summary, key, got, text, tolerance, spatial=spatial) for got in either)

    def _solves(self, letter: str, text: str) -> bool:
        """Whether every number given for a letter is one that fits."""
        found = self.solution.unknowns[letter]
        more = found.solutions[-1:] != found.range[1:]  # than are listed
        numbers = numbers_of(text)
        return bool(numbers) and all(
            number in found.solutions or (more and self._meets({letter: number})) for number in numbers
        )

    def _meets(self, numbers: dict[str, int]) -> bool:
        """Whether what is demanded can hold with ``numbers`` for their letters."""
        try:
            summary = self.of(Unknowns(self.network).put(numbers))
        except (SpecError, LimitError):
            return False
        network = summary.network
        wanted = [(d, quantities.quantity(summary, d.layer, d.quantity)) for d in (*network.demands, *network.given)]
        return all(quantities.holds(summary, demand, got) is not False for demand, got in wanted)

    def together(self, numbers: dict[str, int]) -> bool:
        """Whether numbers for several letters fit at the same time."""
        return len(numbers) < 2 or self._meets(numbers)


def _in_letters(got: Any) -> bool:
    """Whether an unknown letter is in a quantity."""
    return isinstance(got, Expr) or (isinstance(got, list) and any(isinstance(number, Expr) for number in got))


def numbers_of(text: str) -> list[int]:
    """The whole numbers given for a letter: ``2``, ``2 or 3``, ``{2, 3}``; nothing where ``text`` is something else."""
    sizes = as_sizes(text.replace(" or ", ", ").replace(" and ", ", ")) or []
    return [size for size in sizes if isinstance(size, int)] if all(isinstance(size, int) for size in sizes) else []


def quantity(summary: Summary, key: Key) -> Any:
    """A quantity of a network that was worked out. Raises SpecError."""
    return quantities.quantity(summary, key.layer, key.quantity)


def agrees(summary: Summary, key: Key, got: Any, text: str, tolerance: float = 0.0, *, spatial: bool = False) -> bool:
    """Whether the answer ``text`` says ``got``."""
    if got is None:
        return text.strip().lower() in NOTHING
    if not key.sizes:
        return same(as_number(text), got, tolerance)
    if not isinstance(got, list):
        return False
    for sizes in (as_sizes(text), [as_number(text)]):
        enough = sizes and (len(sizes) == len(got) or spatial or key.quantity in AXIAL)
        demand = Demand(key.layer, key.quantity, "=", sizes, summary.network.mark)
        pairs = quantities.sides(summary, demand, got) if enough else None
        if pairs and all(same(wanted, number, tolerance) for wanted, number in pairs):
            return True
    return False


def told(key: Key, got: Any) -> Any:
    """What comes out, as data; a letter with just one number is that number."""
    return got[0] if not key.quantity and len(got) == 1 else got


def cut(text: str) -> str:
    """An answer as it is shown: at most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def shaped(key: Key, text: str | None, got: Any = None) -> Any:
    """An answer as data: sizes as a list, one number for all axes written out; what is none as it was written."""
    if text is None:
        return None
    if not key.quantity:
        numbers = numbers_of(text)
        return cut(text) if not numbers else numbers if len(numbers) > 1 else numbers[0]
    if not key.sizes:
        number = as_number(text)
        return cut(text) if number is None else number
    sizes = as_sizes(text)
    if sizes is None:
        return cut(text)
    return sizes * len(got) if key.quantity in AXIAL and len(sizes) == 1 and isinstance(got, list) else sizes
