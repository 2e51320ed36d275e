"""Recurrent layers: the same weights at every step of a sequence, and a state handed from step to step."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncalc.kinds.base.fields import Count, Fixed, Flag, Names, Word, traced
from cnncalc.kinds.base.kind import Kind, Misfit, Portion, Reach, Stage, Weights, times
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ, product
from cnncalc.symbolic.expr import Number, value


class Recurrent(Kind):
    """Reads a sequence step by step. Each of its ``gates`` is a weighted sum of the step's input and the last state.

    ``gates`` names them in the order in which they lie side by side in the arrays.
    """

    family = "recurrent"
    sequence = True

    units = Count("h", doc="numbers in the state")
    return_sequences = Flag(default=False, doc="output the state of every step, not only of the last")
    bidirectional = Flag(default=False, doc="a second direction reads from the end; the two outputs are joined")
    bias = Flag(default=True, doc="biases; the field biases says how many vectors")
    biases = Fixed(1, most=2, doc="2: one for the input and one for the state, as in PyTorch and in Keras's GRU")
    layers = Fixed(1, doc="number of layers in the stack")
    merge = Word(("concat", "sum", "average", "multiply"), default="concat", doc="how the two directions are joined")
    initial_state = Names("", None, doc="the layer or input with the state before the first step; zeros by default")
    gates: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]] = ("h",)
    projection: Any = None
    operands = (1, 2)

    @property
    def directions(self) -> tuple[str, ...]:
        """The prefix of each direction's array names."""
        return ("", "backward_") if self.bidirectional else ("",)

    @property
    def width(self) -> Number:
        """Size of the output at each step, with the directions joined."""
        return len(self.directions) * self.hidden if self.merge == "concat" else self.hidden

    @property
    def hidden(self) -> Number:
        """Size of one direction's output at a step, which the next step reads."""
        return self.units if self.projection is None else self.projection

    def output(self, *xs: Shape) -> Shape:
        x, *given = xs
        need_sequence(x, self)
        if self.merge != "concat" and not self.bidirectional:
            raise Misfit(f"merge: {self.merge} joins two directions, but there is only one", field="merge")
        if given:
            self._check_states(given)
        return Shape(x.spatial if self.return_sequences else (), self.width)

    def _check_states(self, given: list[Shape]) -> None:
        """Raise Misfit unless each state is given, as ``[h]``, or ``[layers · directions, h]`` if there are several."""
        if len(given) != len(self.states):
            listed = " and ".join(self.states)
            raise Misfit(f"{self.word()} starts from {listed}; {len(given)} given", field="initial_state")
        for name, x, wanted in zip(self.states, given, self._state_shapes(), strict=True):
            if len(x.sizes) != len(wanted.sizes) or any(map(differ, x.sizes, wanted.sizes)):
                text = f"the initial state {name} has to be {times(wanted.sizes)}; it is {times(x.sizes)}"
                raise Misfit(text, field="initial_state")

    def _state_shapes(self) -> list[Shape]:
        count = self.layers * len(self.directions)
        sizes = {"h": self.hidden, "c": self.units}
        return [Shape((count,) if count > 1 else (), sizes[name]) for name in self.states]

    def starts(self, *xs: Shape) -> Weights:
        """``initial_state`` and, of an LSTM, ``initial_cell``; none where a layer or an input holds them."""
        names = {"h": "initial_state", "c": "initial_cell"}
        if len(xs) > 1:
            return {}
        return {names[state]: x.sizes for state, x in zip(self.states, self._state_shapes(), strict=True)}

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        return [(x.channels, wanted.channels) for x, wanted in zip(xs[1:], self._state_shapes(), strict=False)]

    def weights(self, *xs: Shape) -> Weights:
        gated = len(self.gates) * self.units
        found: Weights = {}
        inputs = xs[0].channels
        for layer in range(1, self.layers + 1):
            for direction in self.directions:
                start = f"layer{layer}_{direction}" if layer > 1 else direction
                found[start + "kernel"] = (inputs, gated)
                found[start + "recurrent_kernel"] = (self.hidden, gated)
                if self.projection is not None:
                    found[start + "projection_kernel"] = (self.units, self.projection)
                for name in ("bias", "recurrent_bias")[: self.biases if self.bias else 0]:
                    found[start + name] = (gated,)
            inputs = self.width
        return found

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """Every step multiplies its input and the last state with every kernel once."""
        a_step: Number = 0
        for name, sizes in self.weights(*xs).items():
            if name.endswith("kernel"):
                a_step = a_step + product(sizes)
        return xs[0].spatial[0] * a_step

    def portions(self, *xs: Shape) -> list[Portion]:
        """Each layer in each direction. Each after the first reads the output of the one below."""
        if self.layers == 1 and not self.bidirectional:
            return []
        one = self.altered(layers=1, bidirectional=False, merge="concat")
        found = []
        for layer in range(1, self.layers + 1):
            x = xs[0] if layer == 1 else Shape(xs[0].spatial, traced(value(self.width), "C_2"))
            for direction in ("forward", "backward")[: len(self.directions)]:
                second = f", {direction}" if self.bidirectional else ""
                called = f"layer {layer}{second}" if self.layers > 1 else f"the {direction} direction"
                found.append(Portion(called, one, x))
        return found

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None

    def sums(self, gate: str) -> str:
        """The weighted sum of a gate, as its formula."""
        return f"W_{gate} x_t + U_{gate} h_prev" + "".join(
            f" + {vector}_{gate}" for vector in "bc"[: self.biases if self.bias else 0]
        )

    def state(self, *formulas: str) -> list[Stage]:
        """Stages that give one number per unit."""
        return [Stage(formula, (self.units,)) for formula in formulas]

    def joined(self) -> list[Stage]:
        """How the directions h_t and k_t are joined; none where there is one."""
        formulas = {"concat": "[h_t, k_t]", "sum": "h_t + k_t", "average": "(h_t + k_t)/2", "multiply": "h_t ⊙ k_t"}
        return [Stage(f"y_t = {formulas[self.merge]}", (self.width,))] if self.bidirectional else []
