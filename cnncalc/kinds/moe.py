"""The outputs of experts, weighted by a router."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import POINT, Misfit, Note, Reach, Stage, Weightless, times
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ
from cnncalc.symbolic.expr import Number, value


class Moe(Weightless):
    """A mixture of experts: a block with a router (``NAME/router``), and its ``layers`` once for each expert.

    Each position goes through the ``top`` experts for which the router gives it the largest numbers; their softmax
    weighs the experts' outputs in a sum. The block's own row is that sum: it reads the router and every expert.
    """

    experts = Count("E", doc="copies of the block's layers, each with its own weights; params counts them all")
    top = Count("k", doc="experts used for a position; macs and active_params count only these")
    operands = (2, 100_000)
    reference = "Jiang et al., Mixtral of experts (2024), section 2.1"

    def output(self, *xs: Shape) -> Shape:
        router, expert = xs[0], xs[-1]
        if len(router.spatial) != len(expert.spatial) or any(differ(*pair) for pair in self.matches(*xs)):
            raise Misfit(
                f"the router sees {_listed(router)}, and an expert gives {_listed(expert)}",
                help="the layers of an expert must keep the positions",
            )
        return expert

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        return list(zip(xs[0].spatial, xs[-1].spatial, strict=False))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (POINT,) * len(xs[0].spatial) or None

    def notes(self, *xs: Shape) -> list[Note]:
        top, experts = value(self.top), value(self.experts)
        return [Note(f"{top} of {experts} experts work on a position: macs and active_params count the first {top}")]

    def stages(self, *xs: Shape) -> list[Stage]:
        positions = xs[0].spatial
        return [
            Stage("r = x W_R", (*positions, self.experts)),
            Stage("g = softmax(k largest of r)", (*positions, self.top)),
            Stage("y = g_1 expert_1(x) + ... + g_k expert_k(x)", xs[-1].sizes),
        ]


def _listed(x: Shape) -> str:
    return f"{times(x.spatial)} positions" if x.spatial else "features"
