"""The plain recurrent layer."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Stage
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.shape import Shape


class Rnn(Recurrent):
    """h = tanh(W x + U h_prev + b) at every step."""

    gates = ("h",)
    reference = "Elman, Finding structure in time (1990)"

    def stages(self, *xs: Shape) -> list[Stage]:
        return [*self.state(f"h_t = tanh({self.sums('h')})"), *self.joined()]
