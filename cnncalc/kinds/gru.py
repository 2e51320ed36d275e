"""The gated recurrent unit."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Stage
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.shape import Shape


class Gru(Recurrent):
    """h_t = z·h_prev + (1 − z)·candidate. With one bias, r resets before the recurrent product; with two, after it."""

    gates = ("z", "r", "h")
    reference = "Cho et al., Learning phrase representations using RNN encoder–decoder (2014)"

    @property
    def resets_after(self) -> bool:
        """Whether the reset gate r is applied after the recurrent product rather than to the previous state."""
        return bool(self.biases == 2)

    def stages(self, *xs: Shape) -> list[Stage]:
        b, c = (" + b_h", " + c_h") if self.bias else ("", "")
        after = f"W_h x_t{b} + r ⊙ (U_h h_prev{c})"
        candidate = after if self.resets_after else f"W_h x_t + U_h (r ⊙ h_prev){b}"
        gates = [f"{gate} = σ({self.sums(gate)})" for gate in ("z", "r")]
        steps = self.state(*gates, f"candidate = tanh({candidate})", "h_t = z ⊙ h_prev + (1 − z) ⊙ candidate")
        return [*steps, *self.joined()]
