"""The same numbers in other sizes."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Sizes
from cnncalc.kinds.base.kind import Inverse, Misfit, Reach, Weightless, described
from cnncalc.shape import Shape, read
from cnncalc.symbolic.arithmetic import differ, product
from cnncalc.symbolic.expr import Number


class Reshape(Weightless):
    """The same numbers, in the order that the spec's layout writes them, in other sizes."""

    shape = Sizes("O", doc="sizes in the spec's layout")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if differ(product(x.sizes), product(self.shape)):
            raise Misfit(
                f"{product(x.sizes)} numbers do not fill {'×'.join(map(str, self.shape))}, which takes "
                f"{product(self.shape)}; its input is {described(x, self)}",
                field="shape",
            )
        return read(self.shape, self.layout)

    def margins(self, *xs: Shape) -> list[Number]:
        more = product(xs[0].sizes) - product(self.shape)
        return [more, -more]

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("reshape", {"shape": tuple(x.written(self.layout))})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
