"""Enlarging without learned weights."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.kinds.base.fields import PerAxis, Word
from cnncalc.kinds.base.kind import Reach, Weightless, finer, need_spatial, one_over, per_axis
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Expr, Number


class Upsample(Weightless):
    """Makes every position ``factor`` positions, by repeating it or by bilinear mixing (half-pixel centres)."""

    factor = PerAxis("S", 2, doc="how many times as large")
    mode = Word(("nearest", "bilinear"), default="nearest", doc="repeat, or mix the neighbours")
    reference = "PyTorch, torch.nn.Upsample (align_corners false)"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        return Shape(
            tuple(w * s for w, s in zip(x.spatial, per_axis(self.factor, x, "factor"), strict=True)), x.channels
        )

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Nearest sees one position, bilinear those less than one from its half-pixel centre."""
        factors = per_axis(self.factor, xs[0], "factor")
        return tuple(_mixed(s) if self.mode == "bilinear" else finer(s) for s in factors)


def _mixed(factor: Number) -> Reach:
    step = one_over(factor)
    return Reach(2, step, 1) if isinstance(step, Expr) else Reach(3 - step, step, Fraction(3, 2) - step)
