"""Turns token ids into vectors."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import POINT, Kind, Misfit, Reach, Weights, described
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Number


class Embedding(Kind):
    """Each token id selects its row of a table; nothing is multiplied."""

    vocab = Count("V", doc="number of tokens; ids run from 0 to vocab − 1")
    dim = Count("d", doc="numbers for each token")
    reference = "Bengio et al., A neural probabilistic language model (2003)"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if x.rank != 1:
            raise Misfit(
                f"embedding needs token ids [T]; its input is {described(x, self)}",
                help="an input of one size, such as input: 128",
            )
        return Shape((x.channels,), self.dim)

    def weights(self, *xs: Shape) -> Weights:
        return {"embeddings": (self.vocab, self.dim)}

    def tokens(self) -> Number:
        return self.vocab

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return 0

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Each position sees its token."""
        return (POINT,)
