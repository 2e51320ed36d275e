"""The letters of a network that stand for unknown numbers, and the network with numbers in their place."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from cnncalc.kinds.base.kind import Kind
from cnncalc.network.model import Layer, Network
from cnncalc.shape import Shape
from cnncalc.spec.demand import Demand
from cnncalc.symbolic.expr import Expr, Number, value
from cnncalc.symbolic.tree import letters, substitute


class Unknowns:
    """What is unknown in a network: ``numbers`` with the least that each may be, and the ``names`` of the letters."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.numbers: list[tuple[Expr, int]] = []
        self._layers: list[int] = []
        self._kinds: dict[int, Kind] = {}  # layers alike share a kind, which is worked out once
        for x in network.inputs.values():
            self.numbers += [(size, 1) for size in x.sizes if isinstance(size, Expr)]
        for index, layer in enumerate(network.layers):
            found = _in_fields(layer)
            if found:
                self.numbers += found
                self._layers.append(index)
                self._kinds[id(layer.kind)] = layer.kind
        names = {name: None for number, _ in self.numbers for name in _names(number)}
        self.names = list(names | {n: None for d in self.demands for side in _wanted(d) for n in _names(side)})

    @property
    def demands(self) -> list[Demand]:
        """Everything that is demanded of the network: ``expect`` and ``given``."""
        return [*self.network.demands, *self.network.given]

    def put(self, numbers: Mapping[str, Number]) -> Network:
        """The network with ``numbers`` for the letters of these names."""
        given = dict(numbers)
        changed = copy(self.network)
        changed.inputs = {
            name: Shape(tuple(substitute(size, given) for size in x.spatial), substitute(x.channels, given))
            for name, x in self.network.inputs.items()
        }
        changed.layers = list(self.network.layers)
        kinds = {id(kind): kind.mapped(lambda n, _: substitute(n, given)) for kind in self._kinds.values()}
        for index in self._layers:
            layer = changed.layers[index]
            changed.layers[index] = layer.of(kinds[id(layer.kind)])
        changed.demands = [_put(demand, given) for demand in self.network.demands]
        changed.given = [_put(demand, given) for demand in self.network.given]
        return changed


def _in_fields(layer: Layer) -> list[tuple[Expr, int]]:
    found: list[tuple[Expr, int]] = []
    for field in layer.kind.fields.values():
        numbers: list[Number] = []
        field.mapped(layer.kind.__dict__[field.attribute], lambda n, _, to=numbers: to.append(n), ())  # type: ignore[misc]
        found += [(number, getattr(field, "least", 0)) for number in numbers if isinstance(number, Expr)]
    return found


def _names(number: Number) -> list[str]:
    return [name for name, letter in letters(number).items() if letter.value is None] if value(number) is None else []


def _wanted(demand: Demand) -> list[Number]:
    return demand.wanted if isinstance(demand.wanted, list) else [demand.wanted]


def _put(demand: Demand, given: dict[str, Number]) -> Demand:
    numbers = [substitute(number, given) for number in _wanted(demand)]
    return demand._replace(wanted=numbers if isinstance(demand.wanted, list) else numbers[0])
