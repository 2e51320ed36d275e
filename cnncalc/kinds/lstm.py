"""The recurrent layer with a memory cell."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import Misfit, Stage
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number


class Lstm(Recurrent):
    """Three gates decide what enters the cell, what stays in it and what leaves it."""

    projection = Count("p", None, special=True, doc="size of the projected output (PyTorch's proj_size)")
    gates = ("i", "f", "g", "o")
    states = ("h", "c")
    operands = (1, 3)
    reference = (
        "Hochreiter & Schmidhuber, Long short-term memory (1997); Gers et al., Learning to forget (2000); "
        "Sak et al., LSTM with projection (2014)"
    )

    def output(self, *xs: Shape) -> Shape:
        if self.projection is not None and anywhere(self.projection >= self.units):
            text = f"projection {self.projection} has to be smaller than units {self.units}"
            raise Misfit(text, field="projection")
        return super().output(*xs)

    def margins(self, *xs: Shape) -> list[Number]:
        return [] if self.projection is None else [self.units - self.projection - 1]

    def stages(self, *xs: Shape) -> list[Stage]:
        gates = [f"{gate} = {'tanh' if gate == 'g' else 'σ'}({self.sums(gate)})" for gate in self.gates]
        steps = self.state(*gates, "c_t = f ⊙ c_prev + i ⊙ g")
        if self.projection is None:
            return [*steps, *self.state("h_t = o ⊙ tanh(c_t)"), *self.joined()]
        return [*steps, Stage("h_t = W_p (o ⊙ tanh(c_t))", (self.hidden,)), *self.joined()]
