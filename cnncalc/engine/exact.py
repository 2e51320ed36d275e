"""A network on the numbers that its file states, in double precision: every layer by its reference kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.engine import by_hand, chain_rule, gradients, kernels, model, stated
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, Weights, inward, largest_term, outward, settled
from cnncalc.engine.kernels.activation import activate
from cnncalc.engine.planning import memory
from cnncalc.engine.train import objective
from cnncalc.engine.train.objective import Goal
from cnncalc.errors import SpecError
from cnncalc.kinds.base.activated import added
from cnncalc.kinds.base.kind import Kind
from cnncalc.summary.stated import TARGET

if TYPE_CHECKING:
    from cnncalc.engine.by_hand import Traced
    from cnncalc.engine.chain_rule import Chain
    from cnncalc.errors import Mark
    from cnncalc.summary.rows import Row, Summary

#: Another kind and other weights for a layer: (row, its weights) -> both.
Change = Callable[["Row", Weights], tuple[Kind, Weights]]


class Exact:
    """The outputs of layers, each computed on demand. Arrays are ``[1, spatial..., channels]``.

    ``change`` replaces a layer's kind or weights. ``outputs`` are used
    instead of the outputs of the layers with these names, in the spec's layout without a batch axis.
    """

    def __init__(
        self, summary: Summary, change: Change | None = None, outputs: Mapping[str, Array] | None = None
    ) -> None:
        self.summary, self.change = summary, change
        self.inputs, self.weights = stated.inputs(summary), stated.weights(summary)
        self.outputs: dict[str, Array] = {} if outputs is None else dict(outputs)
        self._known: dict[int, Array] = {}

    def output(self, row: Row) -> Array:
        """A layer's output, in the spec's layout without a batch axis."""
        with np.errstate(all="ignore"):
            for one in self.needed(row):
                self._known[len(self.summary.inputs) + one.index] = self._worked_out(one)
        found: Array = outward(self._known[len(self.summary.inputs) + row.index], self.summary.layout)[0]
        return found

    def traced(self, row: Row) -> Traced:
        """The working of a layer with its numbers."""
        self.output(row)
        own = learned.of(self.summary, row, self.weights)
        return by_hand.trace(row, own, self.operands(row), self._known[len(self.summary.inputs) + row.index])

    def operands(self, row: Row) -> list[Array]:
        """A layer's inputs, once its output is known."""
        return [self._value(source) for source in row.layer.sources]

    def needed(self, row: Row) -> list[Row]:
        """The layers that a layer's output depends on and that are not computed yet, in running order, itself last."""
        first, wanted = len(self.summary.inputs), {row.index}
        for index in range(row.index, -1, -1):
            if index in wanted and self.summary.rows[index].name not in self.outputs:
                wanted |= {source - first for source in self.summary.rows[index].layer.sources if source >= first}
        return [self.summary.rows[index] for index in sorted(wanted) if first + index not in self._known]

    def missing(self, row: Row) -> list[str]:
        """The names of the inputs and weights that a layer's output depends on and that are not stated."""
        names, first, found = list(self.summary.inputs), len(self.summary.inputs), dict[str, None]()
        for one in self.needed(row):
            if one.name in self.outputs:
                continue
            inputs = [names[source] for source in one.layer.sources if source < first]
            found |= dict.fromkeys(name for name in inputs if name not in self.inputs)
            found |= {
                f"{owner.name}.{weight}": None
                for owner in _owners(self.summary, one)
                for weight in owner.weights
                if f"{owner.name}/{weight}" not in self.weights
            }
        return list(found)

    def _worked_out(self, row: Row) -> Array:
        layout = self.summary.layout
        if row.name in self.outputs:
            return inward(self.outputs[row.name][None], layout)
        kind, own = row.layer.kind, learned.of(self.summary, row, self.weights)
        if self.change:
            kind, own = self.change(row, own)
        operands = self.operands(row)
        y: Array = kernels.find(kind)(kind, own, *operands)
        y = settled(y, largest_term(operands, own)) if row.macs else y
        function = added(kind)
        return y if function is None else activate(function, y)

    def _value(self, number: int) -> Array:
        if number not in self._known:
            name = list(self.summary.inputs)[number]
            self._known[number] = inward(self.inputs[name][None], self.summary.layout)
        return self._known[number]


def _owners(summary: Summary, row: Row) -> list[Row]:
    """The layers whose arrays a layer uses, its own among them."""
    owner = row if row.layer.shares is None else summary.rows[row.layer.shares]
    return [owner] if owner.layer.tie is None else [owner, summary.rows[owner.layer.tie.layer]]


def loss(exact: Exact) -> float:
    """The loss L of the output and the target. Raises SpecError unless the network has one output to compare."""
    summary, goal = exact.summary, Goal(exact.summary)
    given = objective.given_or_input(summary, _fed(exact), None)
    y = inward(exact.output(goal.row)[None], summary.layout)
    return goal.reached(y, goal.as_target(summary, given, 1)).loss


def gradient(exact: Exact, name: str) -> Array:
    """dL/d(weight) of the array called ``layer/weight``. Raises SpecError if a layer has no gradient."""
    return gradients.of(exact.summary, exact.weights, _fed(exact), None).weights[name]


def chains(exact: Exact, rows: list[Row]) -> list[Chain]:
    """The chain rule through each of ``rows``. Raises SpecError if a layer has no gradient."""
    found = gradients.of(exact.summary, exact.weights, _fed(exact), None)
    return [chain_rule.through(exact.summary, row, exact.weights, found) for row in rows]


def _fed(exact: Exact) -> dict[str, Array]:
    return {name: array[None] for name, array in exact.inputs.items()}


def shaped(flat: list[float], sizes: tuple[int, ...]) -> Array:
    """Numbers as an array of these sizes."""
    return np.array(flat, np.float64).reshape(sizes)


def check(exact: Exact, row: Row, what: str, mark: Mark | None, *, with_target: bool = False) -> None:
    """Raise SpecError if numbers are missing for ``what``, EngineError or LimitError if it cannot be run."""
    summary = exact.summary
    model.check_known(summary)
    missing = exact.missing(row)
    if with_target and TARGET not in summary.network.values and "encoder" not in summary.network.lists:
        missing.append(TARGET)
    if missing:
        listed = ", ".join(missing[:8]) + (", ..." if len(missing) > 8 else "")
        text = f"{what} needs numbers that are not given: {listed}"
        raise SpecError(text, mark=mark, help=f"values: {{{missing[0]}: ...}}")
    memory.check(memory.training(summary, 1), summary.network.limits.memory)
