"""The recurrent layer with a cell of its own."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Stage
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.shape import Shape


class Lstm(Recurrent):
    """Three gates decide what enters the cell, what stays in it and what is shown of it."""

    gates = ("i", "f", "g", "o")
    reference = "Hochreiter & Schmidhuber, Long short-term memory (1997); Gers et al., Learning to forget (2000)"

    def stages(self, *xs: Shape) -> list[Stage]:
        gates = [f"{gate} = {'tanh' if gate == 'g' else 'σ'}({self.sums(gate)})" for gate in self.gates]
        return self.state(*gates, "c_t = f ⊙ c_prev + i ⊙ g", "h_t = o ⊙ tanh(c_t)")
