"""The matrix product of two sequences."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Flag
from cnncalc.kinds.base.kind import Misfit, Reach, Weightless
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ
from cnncalc.symbolic.expr import Number


class Matmul(Weightless):
    """The product of two matrices, both computed by other layers: ``[T, F]·[F, G]`` gives ``[T, G]``."""

    sequence = True
    transpose = Flag(default=False, doc="transpose the second: [T, F]·[G, F]ᵀ gives [T, G]")
    operands = (2, 2)
    reference = "Golub & Van Loan, Matrix computations (2013), section 1.1"

    def turned(self, second: Shape) -> tuple[Number, Number]:
        """Rows and columns of the second factor."""
        (rows,), columns = second.spatial, second.channels
        return (columns, rows) if self.transpose else (rows, columns)

    def output(self, *xs: Shape) -> Shape:
        first, second = xs
        for x, what in ((first, "first operand"), (second, "second operand")):
            need_sequence(x, self, what)
        rows, columns = self.turned(second)
        if differ(first.channels, rows):
            other = "columns" if self.transpose else "rows"
            raise Misfit(
                f"the first has {first.channels} columns, the second {rows} {other}: they must be as many",
                help=None if differ(first.channels, columns) else f"transpose: {str(not self.transpose).lower()}",
            )
        return Shape(first.spatial, columns)

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        return [(xs[0].channels, self.turned(xs[1])[0])]

    def macs(self, y: Shape, *xs: Shape) -> Number:
        (rows,), columns = y.spatial, y.channels
        return rows * xs[0].channels * columns

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """None: each position sees all of the second operand."""
        return None
