"""Operands joined element by element."""

from __future__ import annotations

from functools import reduce
from itertools import islice

from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.kind import POINT, Kind, Misfit, Reach, Weightless, times
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, differ, larger
from cnncalc.symbolic.expr import Expr, Number, value
from cnncalc.symbolic.tree import every_part

_LONG = 40  # parts of a formula that is carried on


class Merge(Weightless, Activated):
    """Joins operands element by element. Sizes of 1 broadcast; ``[C]`` broadcasts over the positions."""

    operands = (1, 1000)
    joins = True
    broadcasts = True
    around = False  # of a residual block whose shortcut is its input itself

    def output(self, *xs: Shape) -> Shape:
        rank = max(x.rank for x in xs)
        if any(x.rank not in (1, rank) for x in xs):
            raise Misfit(f"operands of {listed(xs, self)} have different numbers of axes")
        spatial = tuple(self._joined([x.spatial[axis] for x in xs if x.rank == rank], xs) for axis in range(rank - 1))
        return Shape(spatial, self._joined([x.channels for x in xs], xs))

    def _joined(self, sizes: list[Number], xs: tuple[Shape, ...]) -> Number:
        wide = [size for size in sizes if anywhere(value(size) != 1)] or sizes
        for size in wide[1:]:
            if differ(size, wide[0]):
                raise Misfit(
                    f"operands of {listed(xs, self)} do not match: {wide[0]} and {size}",
                    help=(self._shortcut(xs) if self.around else "")
                    or "sizes must be the same, or 1, which broadcasts",
                )
        for size in wide:
            if isinstance(size, int | Expr) and value(size) is not None:
                return size  # the others are the same, or come to be 1
        largest = reduce(larger, wide)  # of unknown sizes one may come to be 1, and broadcast
        return largest if _length(largest) < _LONG else min(wide, key=_length)  # else they are the same

    def _shortcut(self, xs: tuple[Shape, ...]) -> str | None:
        """The shortcut that gives the input ``xs[1]`` of a block the sizes of its body ``xs[0]``, or None."""
        body, x = ([value(size) for size in each.sizes] for each in xs)
        if len(body) < 2 or None in (*body, *x):
            return None
        strides = {-(-w // out) for w, out in zip(x[:-1], body[:-1], strict=True)}
        stride = strides.pop()
        if strides or any(-(-w // stride) != out for w, out in zip(x[:-1], body[:-1], strict=True)):
            return None
        stepped = f", stride: {stride}" if stride > 1 else ""
        return f"shortcut: [conv: {{filters: {body[-1]}, kernel: 1{stepped}}}]"

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        rank = max(x.rank for x in xs)
        axes = zip(*(x.sizes for x in xs if x.rank == rank), strict=True)
        return [(sizes[0], size) for sizes in (*axes, [x.channels for x in xs]) for size in sizes[1:]]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Position by position; None if an operand of size 1 is seen from every position."""
        spatial = self.output(*xs).spatial
        if any(differ(w, size) for x in xs for w, size in zip(x.spatial, spatial, strict=False)):
            return None
        return (POINT,) * len(spatial) or None


def _length(size: Number) -> int:
    """How many parts the formula of a size has, counted up to _LONG."""
    return sum(1 for _ in islice(every_part(size), _LONG)) if isinstance(size, Expr) else 0


def listed(xs: tuple[Shape, ...], kind: Kind) -> str:
    """``8×8×4 and 8×8×3``: the sizes of operands, in the order that the spec's layout writes them."""
    texts = [times(x.written(kind.layout)) for x in xs[:4]] + ["..."] * (len(xs) > 4)
    return " and ".join(texts)
