"""The constraints on a network with letters: everything that must hold, as expressions and their intervals."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

from cnncalc.errors import SpecError
from cnncalc.limits import Limits
from cnncalc.network.model import Network
from cnncalc.network.unknowns import Unknowns
from cnncalc.solve.propagation.graph import ConstraintGraph
from cnncalc.solve.propagation.intervals import FAR, INFINITY, Interval
from cnncalc.solve.propagation.search import Effort
from cnncalc.spec.demand import AXIAL, Demand
from cnncalc.summary import infer, quantities
from cnncalc.summary.quantities import holds, quantity, sides
from cnncalc.summary.rows import Summary
from cnncalc.symbolic.expr import Expr, Letter, Number, Quotient, value
from cnncalc.symbolic.tree import substitute

_BOUNDS = {"=": (0, 0), "<=": (-INFINITY, 0), ">=": (0, INFINITY), "<": (-INFINITY, -1), ">": (1, INFINITY)}
_NEVER: tuple[Number, Interval] = (0, (1, 1))


class Asked(NamedTuple):
    """A demand, and what the network gives for it: a number, sizes, or None."""

    demand: Demand
    got: Any

    @property
    def name(self) -> str:
        """As in a file: ``conv1.output``."""
        return f"{self.demand.layer or 'total'}.{self.demand.quantity}"

    @property
    def wanted(self) -> str:
        """What is wanted, as text."""
        relation = "" if self.demand.relation == "=" else f"{self.demand.relation} "
        return relation + quantities.shown(self.demand.wanted)


class NetworkQuestion:
    """A network with letters, worked out once with the letters in it."""

    domain: Interval = (0, FAR)

    def __init__(
        self,
        network: Network,
        demands: list[Demand] | None = None,
        effort: Effort | None = None,
        *,
        margins: bool = True,
    ) -> None:
        """``demands`` replace those of the network; ``effort`` limits the search. Without ``margins`` only sizes count,
        not what else a layer wants of its numbers.
        """
        if demands is not None:
            network = copy(network)
            network.demands, network.given = demands, []
        self.network = network
        self.unknown = Unknowns(network)
        self.names = self.unknown.names
        self.summary = infer.infer(network)
        self.asked = [Asked(d, quantity(self.summary, d.layer, d.quantity, d.mark)) for d in self.unknown.demands]
        self.effort = effort or Effort(", ".join(self.names))
        self._limits = Limits(**{**vars(network.limits), "size": INFINITY})
        self._constraints = self._fitting(margins=margins) + [c for asked in self.asked for c in self.demanded(asked)]
        self._pairs = [
            (first, second, row.layer.kind.broadcasts)
            for row in self.summary.rows
            for first, second in row.layer.kind.matches(*row.xs)
            if value(first - second) is None
        ]
        self._all = self._graph(self._constraints, self._pairs)

    def _fitting(self, *, margins: bool) -> list[tuple[Number, Interval]]:
        """What must hold for the layers to fit, whatever is demanded."""
        found = [(number, (least, INFINITY)) for number, least in self.unknown.numbers]
        for row in self.summary.rows:
            sizes = [*row.output.sizes, *(size for weight in row.weights.values() for size in weight)]
            found += [(size, (1, INFINITY)) for size in sizes]
            found += [(margin, (0, INFINITY)) for margin in row.layer.kind.margins(*row.xs)] if margins else []
        return [(number, wanted) for number, wanted in found if value(number) is None]

    def demanded(self, asked: Asked) -> list[tuple[Number, Interval]]:
        """A demand as expressions that lie in intervals; none if only a trial can tell."""
        pairs = sides(self.summary, asked.demand, asked.got)
        if pairs is None and asked.demand.quantity == "output":
            return [_NEVER]  # another number of sizes is wanted, and letters do not change that
        if pairs is None or (asked.demand.quantity in AXIAL and self._fine):
            return []
        if any(not isinstance(number, int | Expr) for pair in pairs for number in pair):
            return []
        return [(got - wanted, _BOUNDS[asked.demand.relation]) for wanted, got in pairs]

    @property
    def _axial(self) -> bool:
        """Whether receptive fields are demanded, which need a walk of their own."""
        return any(asked.demand.quantity in AXIAL for asked in self.asked)

    def allows(self, point: dict[str, int]) -> bool:
        """Whether every number of the network that contains letters is allowed there."""
        return all(value(substitute(number, point)) >= least for number, least in self.unknown.numbers)

    @property
    def _fine(self) -> bool:
        """Whether some map may be finer than the input: then steps are fractions, and only a trial tells."""
        reaches = [reach for row in self.summary.rows for reach in row.layer.kind.reach(*row.xs) or ()]
        return any(isinstance(reach.step, Quotient) for reach in reaches) or any(
            seen.enlarged or seen.finding for seen in self.summary.fields
        )

    @staticmethod
    def _graph(constraints: list[tuple[Number, Interval]], pairs: list[tuple[Number, Number, bool]]) -> ConstraintGraph:
        graph = ConstraintGraph()
        for number, (low, high) in constraints:
            graph.demand(number, low, high)
        for first, second, broadcasts in pairs:
            graph.pair(first, second, broadcasts=broadcasts)
        return graph

    def graph(self, names: set[str]) -> ConstraintGraph:
        """The constraints on the letters of ``names`` alone."""
        constraints = [c for c in self._constraints if self._all.uses_of(c[0]) <= names]
        pairs = [p for p in self._pairs if self._all.uses_of(p[0]) | self._all.uses_of(p[1]) <= names]
        graph = self._graph(constraints, pairs)
        for name in names:
            graph.place(Letter(name))
        return graph

    def groups(self) -> list[list[str]] | None:
        """The letters, grouped by dependence; None if nothing can fit."""
        coupled = self._all.coupled(dict.fromkeys(self._all.unknowns, self.domain))
        if coupled is None:
            return None
        groups = [{name} for name in self.names]
        for together in coupled:
            joined = {name for group in groups if group & together for name in group}
            groups = [group for group in groups if not group & together] + ([joined] if joined else [])
        ordered = [[name for name in self.names if name in group] for group in groups]
        return sorted(ordered, key=lambda group: self.names.index(group[0]))

    def touched(self, names: list[str]) -> bool:
        """Whether a demand involves one of the letters."""
        return any(self._all.uses_of(number) & set(names) for asked in self.asked for number, _ in self.demanded(asked))

    def known(self, point: dict[str, int]) -> Summary | None:
        """The network worked out with numbers for the letters; None if a layer does not fit."""
        self.effort.spend(100 + (60 if self._axial else 8) * len(self.network.layers))
        network = self.unknown.put(point)
        network.limits = self._limits
        try:
            return infer.infer(network)
        except SpecError:
            return None

    def fits(self, point: dict[str, int]) -> bool:
        """Whether the network with these numbers fits together and meets every demand."""
        summary = self.known(point)
        return summary is not None and all(
            holds(summary, demand, quantity(summary, demand.layer, demand.quantity))
            for demand in (*summary.network.demands, *summary.network.given)
        )
