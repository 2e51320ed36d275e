"""Where a token stands, added to what it is."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Word
from cnncalc.kinds.base.kind import Misfit, Pointwise, Weights
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number


class PositionalEncoding(Pointwise):
    """Adds a vector to each position: sines and cosines of falling frequency, interleaved (base 10000), or learned."""

    sequence = True

    style = Word(("sinusoidal", "learned"), default="sinusoidal", doc="computed, or a table that is learned")
    max_length = Count("L", None, doc="positions that there are vectors for; the length of the input where not given")
    reference = "Vaswani et al., Attention is all you need (2017), section 3.5"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_sequence(x, self)
        if self.max_length is not None and anywhere(x.spatial[0] > self.max_length):
            raise Misfit(
                f"a sequence of {x.spatial[0]} is longer than max_length {self.max_length}",
                help=f"max_length of {x.spatial[0]} or more",
                field="max_length",
            )
        return x

    def margins(self, *xs: Shape) -> list[Number]:
        return [] if self.max_length is None else [self.max_length - xs[0].spatial[0]]

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        positions = x.spatial[0] if self.max_length is None else self.max_length
        return {"embeddings": (positions, x.channels)} if self.style == "learned" else {}
