"""The letters of a whole network, from what is demanded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice, product

from cnncalc.errors import LimitError, NoSolution
from cnncalc.network.model import Network
from cnncalc.solve import report
from cnncalc.solve.algebra import Line
from cnncalc.solve.constraints import NetworkQuestion
from cnncalc.solve.propagation import search
from cnncalc.solve.propagation.graph import Box, ConstraintGraph
from cnncalc.solve.propagation.search import LISTED, NONE, Values
from cnncalc.solve.unsolved import Unsolved

#: Letters that may depend on each other.
MOST = 3
_TRIED = 100  # answers of one group of letters that are tried with those of another


class NetworkSolution:
    """The letters of a network: ``unknowns`` by name, each with its ``solutions`` and their ``range``.

    ``joint`` has the answers of all letters together, at most 1,000; ``free`` are letters that nothing fixes and that
    are too many to be tried out. ``working`` is the algebra, and the answers put back.
    """

    def __init__(
        self, question: NetworkQuestion, unknowns: dict[str, Values], joint: list[dict[str, int]], free: list[str]
    ) -> None:
        self._question, self.unknowns, self.joint, self.free = question, unknowns, joint, free

    @cached_property
    def lines(self) -> list[Line | str]:
        """The working; sentences are plain text."""
        return report.lines(self._question, self.unknowns, self.joint, self.free)

    @cached_property
    def working(self) -> list[str]:
        """The working as text."""
        return [line if isinstance(line, str) else line.written() for line in self.lines]


def solve(network: Network) -> NetworkSolution:
    """The letters of ``network``, from its ``expect`` and ``given``; without those, every value that its layers accept.

    Raises NoSolution with what is demanded and what would come out, SpecError where layers cannot fit whatever the
    letters are, LimitError where too many letters depend on each other or the search would not end.
    """
    question = NetworkQuestion(network)
    if not question.names:
        raise NoSolution("nothing is unknown: the spec has no letter for a number", help="for example padding: p")
    groups = question.groups()
    if groups is None:
        raise _unsolved(question)
    free = [name for group in groups if len(group) > MOST for name in group]
    for group in groups:
        if len(group) > MOST and question.touched(group):
            raise LimitError(
                f"{', '.join(group)} depend on each other; at most {MOST} letters are solved together "
                "(this limit is fixed)",
                help="put numbers for some of them",
            )
    parts = [_Group(question, group) for group in groups if len(group) <= MOST]
    if not free:
        _settle(question, parts)
    unknowns: dict[str, Values] = dict.fromkeys(free, NONE)
    for part in parts:
        unknowns |= part.values if not free else part.roughly()
    joint = [] if free else _joint(question.names, parts)
    return NetworkSolution(question, {name: unknowns[name] for name in question.names}, joint, free)


def _unsolved(question: NetworkQuestion) -> Unsolved[NetworkSolution]:
    nothing = NetworkSolution(question, dict.fromkeys(question.names, NONE), [], [])
    return Unsolved(report.none(question), nothing)


class _Group:
    """Letters that depend on each other and on no others."""

    def __init__(self, question: NetworkQuestion, names: list[str]) -> None:
        self.question, self.names = question, names
        self.graph: ConstraintGraph = question.graph(set(names))
        self.box: Box = dict.fromkeys(names, question.domain)
        self.others: dict[str, int] = {}

    def candidates(self) -> Iterator[dict[str, int]]:
        """What the rules allow, before it is tried."""
        return search.points(self.graph, self.box, lambda point: True, self.question.effort)

    def fits(self, point: dict[str, int]) -> bool:
        """Whether the network meets every demand with ``point`` and one answer of the other letters."""
        return self.question.fits({**self.others, **point})

    @cached_property
    def joint(self) -> list[dict[str, int]]:
        """The first answers, letter by letter."""
        if len(self.names) == 1:
            return [{self.names[0]: number} for number in self.values[self.names[0]].solutions]
        return list(islice(search.points(self.graph, self.box, self.fits, self.question.effort), LISTED))

    @cached_property
    def values(self) -> dict[str, Values]:
        """The answers of each letter."""
        if len(self.names) == 1 or len(self.joint) == LISTED:
            return {name: self._values(name, self.fits) for name in self.names}
        found = {name: sorted({point[name] for point in self.joint}) for name in self.names}
        return {name: Values(numbers, [numbers[0], numbers[-1]]) for name, numbers in found.items()}

    def _values(self, name: str, fits: Callable[[dict[str, int]], bool]) -> Values:
        """The answers of one letter, whatever the others."""
        return search.values(self.graph, {name: self.box[name], **self.box}, fits, self.question.effort)

    def roughly(self) -> dict[str, Values]:
        """The answers by the rules alone: they cannot be tried while other letters are open."""
        return {name: self._values(name, lambda point: True) for name in self.names}


def _settle(question: NetworkQuestion, parts: list[_Group]) -> None:
    """Give each group an answer of the other groups to be tried with. Raises NoSolution if there is none."""
    if len(parts) == 1:
        if not parts[0].joint:
            raise _unsolved(question)
        return
    tried = [list(islice(part.candidates(), _TRIED)) for part in parts]
    for points in product(*tried):
        together = {name: number for point in points for name, number in point.items()}
        if question.fits(together):
            for part in parts:
                part.others = {name: number for name, number in together.items() if name not in part.names}
            return
    if any(len(points) == _TRIED for points in tried):
        raise LimitError(
            f"{', '.join(question.names)}: the search was given up after {_TRIED} answers of each (this limit "
            "is fixed)",
            help="put numbers for some of them",
        )
    raise _unsolved(question)


def _joint(names: list[str], parts: list[_Group]) -> list[dict[str, int]]:
    """Answers of all letters together."""
    found = []
    for points in islice(product(*(part.joint for part in parts)), LISTED):
        together = {name: number for point in points for name, number in point.items()}
        found.append({name: together[name] for name in names})
    return found
