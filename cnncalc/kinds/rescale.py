"""Fixed factors and offsets, as in preparing an image for a network."""

from __future__ import annotations

from typing import Any

from cnncalc.kinds.base.fields import Reals
from cnncalc.kinds.base.kind import Misfit, Pointwise
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ


class Rescale(Pointwise):
    """scale · x + offset, with fixed numbers: nothing is learned, and no multiply-accumulates are counted."""

    scale = Reals(1.0, least=-float("inf"), doc="the factor: one number, or one for each channel")
    offset = Reals(0.0, least=-float("inf"), doc="added afterwards: one number, or one for each channel")
    reference = "Keras, keras.layers.Rescaling"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        given: dict[str, Any] = {"scale": self.scale, "offset": self.offset}
        for name, numbers in given.items():
            if isinstance(numbers, tuple) and differ(len(numbers), x.channels):
                raise Misfit(
                    f"{name} has {len(numbers)} numbers, and the input {x.channels} channels",
                    help="one number for all channels, or one for each",
                    field=name,
                )
        return x
