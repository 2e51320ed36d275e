"""Operands joined number by number."""

from __future__ import annotations

from cnncalc.expr import Number, differ, value
from cnncalc.kinds._activated import Activated
from cnncalc.kinds.base import POINT, Misfit, Reach, Weightless
from cnncalc.shape import Shape


class Merge(Weightless, Activated):
    """Joins two or more operands number by number. Sizes of 1 broadcast; ``[C]`` spreads over the positions."""

    operands = (2, 1000)

    def output(self, *xs: Shape) -> Shape:
        rank = max(x.rank for x in xs)
        if any(x.rank not in (1, rank) for x in xs):
            raise Misfit(f"operands of {_listed(xs)} have different numbers of axes")
        spatial = tuple(self._joined([x.spatial[axis] for x in xs if x.rank == rank], xs) for axis in range(rank - 1))
        return Shape(spatial, self._joined([x.channels for x in xs], xs))

    def _joined(self, sizes: list[Number], xs: tuple[Shape, ...]) -> Number:
        wide = [size for size in sizes if value(size) != 1] or sizes
        for size in wide[1:]:
            if differ(size, wide[0]):
                raise Misfit(
                    f"operands of {_listed(xs)} do not match: {value(wide[0])} and {value(size)}",
                    help="sizes must be the same, or 1, which broadcasts",
                )
        return wide[0]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        spatial = self.output(*xs).spatial
        return (POINT,) * len(spatial) if spatial else None


def _listed(xs: tuple[Shape, ...]) -> str:
    return " and ".join("×".join(map(str, x.sizes)) for x in xs)
