"""Enlarges without learned weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.kinds.base.fields import Flag, PerAxis, Word
from cnncalc.kinds.base.kind import POINT, Inverse, Misfit, Note, Reach, Weightless, need_spatial, one_over, per_axis
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import exact_div
from cnncalc.symbolic.expr import Expr, Number, value


class Upsample(Weightless):
    """Enlarges each axis by a ``factor`` or to a ``size``, by repeating positions or by bilinear interpolation.

    Bilinear places the centres of positions half a step in; with ``align_corners`` the outermost positions stay where
    they are.
    """

    factor = PerAxis("S", None, doc="how many times larger; 2 if neither factor nor size is given")
    size = PerAxis("O", None, special=True, doc="the output sizes, instead of factor")
    mode = Word(("nearest", "bilinear"), default="nearest", doc="repeat positions, or interpolate between neighbours")
    align_corners = Flag(default=False, doc="bilinear: the corner positions of input and output coincide")
    reference = "PyTorch, torch.nn.Upsample"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        if self.factor is not None and self.size is not None:
            raise Misfit("upsample takes either factor or size", help="leave one of them out", field="size")
        if self.align_corners and self.mode == "nearest":
            raise Misfit("align_corners has no meaning for mode nearest", help="mode: bilinear", field="align_corners")
        return Shape(self.reached(x), x.channels)

    def undone(self, x: Shape, y: Shape) -> list[Inverse] | None:
        return None if self.size is not None else [("avgpool", {"size": self.factor or 2})]

    def reached(self, x: Shape) -> tuple[Number, ...]:
        """The spatial sizes of the output."""
        if self.size is not None:
            return per_axis(self.size, x, "size")
        return tuple(w * s for w, s in zip(x.spatial, per_axis(self.factor or 2, x, "factor"), strict=True))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Nearest sees one position; bilinear sees those less than one position from its centre."""
        (x,) = xs
        factors = per_axis(self.factor or 2, x, "factor") if self.size is None else (None,) * len(x.spatial)
        steps = [self._step(*axis) for axis in zip(x.spatial, self.reached(x), factors, strict=True)]
        return None if None in steps else tuple(map(self._seen, steps))

    def _step(self, w: Number, out: Number, factor: Number) -> Any:
        """The distance from one output position to the next; None if it is unknown or zero."""
        sizes = value(w), value(out)
        if self.align_corners:
            return Fraction(sizes[0] - 1, sizes[1] - 1) if None not in sizes and min(sizes) > 1 else None
        if factor is not None:
            return one_over(factor)
        return exact_div(w, out) if None in sizes else Fraction(*sizes)

    def _seen(self, step: Any) -> Reach:
        """In fractions: positions are whole multiples of 1/q apart (centres of 1/2q), and the ends are excluded."""
        if isinstance(step, Expr):
            return Reach(1, step, 0) if self.mode == "nearest" else Reach(2, step, 1)
        apart = Fraction(1, Fraction(step).denominator)
        if step == 1:
            return POINT
        if self.mode == "nearest":
            extent, begin = 2 - apart, 1 - apart
        elif self.align_corners:
            extent, begin = 3 - 2 * apart, 1 - apart
        else:
            extent, begin = 3 - apart, (3 - step - apart) / 2
        return Reach(*(n.numerator if n.denominator == 1 else n for n in map(Fraction, (extent, step, begin))))

    def notes(self, *xs: Shape) -> list[Note]:
        """What frameworks do differently."""
        (x,) = xs
        uneven = any((value(out) or 0) % (value(w) or 1) for w, out in zip(x.spatial, self.reached(x), strict=True))
        if self.mode == "nearest" and uneven:
            return [Note("position i repeats ⌊i·W/O⌋ (PyTorch's nearest); Keras takes ⌊(i + ½)·W/O⌋")]
        return []
