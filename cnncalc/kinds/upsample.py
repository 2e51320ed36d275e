"""Enlarging without learned weights."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.kinds.base import Reach, Weightless, need_spatial, per_axis
from cnncalc.kinds.fields import PerAxis, Word
from cnncalc.shape import Shape


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
        """Nearest sees one position; bilinear two, of which the first output's lies one before the input."""
        more = 1 if self.mode == "bilinear" else 0
        factors = per_axis(self.factor, xs[0], "factor")
        return tuple(Reach(1 + more, Fraction(1, s) if type(s) is int else s, more) for s in factors)
