"""A learned token that stands for the whole sequence."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Kind, Reach, Weights
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Number


class ClassToken(Kind):
    """Puts one learned token in front of the sequence."""

    sequence = True

    reference = "Devlin et al., BERT (2018); Dosovitskiy et al., An image is worth 16×16 words (2020)"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_sequence(x, self)
        return Shape((x.spatial[0] + 1,), x.channels)

    def weights(self, *xs: Shape) -> Weights:
        return {"token": (xs[0].channels,)}

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return 0

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
