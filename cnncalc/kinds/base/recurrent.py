"""Recurrent layers: the same weights at every step of a sequence, and a state handed from step to step."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.kinds.base.fields import Count, Fixed, Flag
from cnncalc.kinds.base.kind import Kind, Reach, Stage, Weights
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number


class Recurrent(Kind):
    """Reads a sequence step by step. Each of its ``gates`` is a weighted sum of the step's input and the last state.

    ``gates`` names them in the order in which they lie side by side in the arrays.
    """

    sequence = True

    units = Count("h", doc="numbers in the state")
    return_sequences = Flag(default=False, doc="put out the state of every step, not only of the last")
    bidirectional = Flag(default=False, doc="a second one reads from the end; the two outputs are joined")
    bias = Flag(default=True, doc="biases, as many vectors as biases says")
    biases = Fixed(1, most=2, doc="2: one for the input and one for the state, as in PyTorch")
    layers = Fixed(1, doc="how many, one upon the other")
    gates: ClassVar[tuple[str, ...]]

    @property
    def directions(self) -> tuple[str, ...]:
        """What the names of the arrays of each direction begin with."""
        return ("", "backward_") if self.bidirectional else ("",)

    @property
    def width(self) -> Number:
        """Numbers put out at a step: the directions are joined."""
        return len(self.directions) * self.units

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_sequence(x, self)
        return Shape(x.spatial if self.return_sequences else (), self.width)

    def weights(self, *xs: Shape) -> Weights:
        gated = len(self.gates) * self.units
        found: Weights = {}
        inputs = xs[0].channels
        for layer in range(1, self.layers + 1):
            for direction in self.directions:
                start = f"layer{layer}_{direction}" if layer > 1 else direction
                found[start + "kernel"] = (inputs, gated)
                found[start + "recurrent_kernel"] = (self.units, gated)
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

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None

    def sums(self, gate: str) -> str:
        """The weighted sum of a gate, as its formula."""
        return f"W_{gate} x_t + U_{gate} h_prev" + "".join(
            f" + {vector}_{gate}" for vector in "bc"[: self.biases if self.bias else 0]
        )

    def state(self, *formulas: str) -> list[Stage]:
        """Stages that give one number for each unit."""
        return [Stage(formula, (self.units,)) for formula in formulas]
