"""Adds the place of each token, or of each position of an image."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Word
from cnncalc.kinds.base.kind import Misfit, Note, Pointwise, Stage, Weights, need_spatial
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, differ, exact_div, product
from cnncalc.symbolic.expr import Number


class PositionalEncoding(Pointwise):
    """Adds a vector to each position: sines and cosines of falling frequency, interleaved (base 10000), or learned.

    The positions of an image are counted row by row for a learned table. Its sines and cosines encode the row in the
    first half of the channels and the column in the second half.
    """

    style = Word(("sinusoidal", "learned"), default="sinusoidal", doc="computed, or a learned table")
    max_length = Count("L", None, doc="number of positions with a vector; the default is those of the input")
    reference = "Vaswani et al., Attention is all you need (2017), section 3.5; Carion et al., DETR (2020), of images"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        positions, axes = product(x.spatial), len(x.spatial)
        if self.max_length is not None and anywhere(positions > self.max_length):
            found = f"a sequence of {positions} is longer" if axes == 1 else f"{positions} positions are more"
            raise Misfit(
                f"{found} than max_length {self.max_length}",
                help=f"max_length of {positions} or more",
                field="max_length",
            )
        if self.style == "sinusoidal" and axes > 1 and differ(exact_div(x.channels, axes) * axes, x.channels):
            raise Misfit(f"sines and cosines of {axes} axes need channels divisible by {axes}; there are {x.channels}")
        return x

    def margins(self, *xs: Shape) -> list[Number]:
        return [] if self.max_length is None else [self.max_length - product(xs[0].spatial)]

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        positions = product(x.spatial) if self.max_length is None else self.max_length
        return {"embeddings": (positions, x.channels)} if self.style == "learned" else {}

    def stages(self, *xs: Shape) -> list[Stage]:
        """Positions t and pairs of columns i are counted from 0."""
        (x,) = xs
        if self.style == "learned":
            return [Stage("y_t = x_t + p_t", x.sizes)]
        columns = "C" if len(x.spatial) == 1 else f"(C/{len(x.spatial)})"
        angle = f"t/10000^(2i/{columns})"
        formulas = (f"p(t, 2i) = sin({angle})", f"p(t, 2i + 1) = cos({angle})", "y_t = x_t + p_t")
        return [Stage(formula, x.sizes) for formula in formulas]

    def notes(self, *xs: Shape) -> list[Note]:
        (x,) = xs
        if self.style == "learned" or len(x.spatial) == 1:
            return []
        axes = ", ".join(x.axes[:-1])
        return [Note(f"each axis has an equal part of the channels, in the order {axes} (DETR); other models differ")]
