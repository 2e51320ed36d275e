"""Fully connected layers."""

from __future__ import annotations

from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.fields import Count, Flag, Word
from cnncalc.kinds.base.kind import POINT, Inverse, Note, Reach, Weights, equation
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number


class Dense(Activated):
    """Every output is a weighted sum of all inputs. An image or a volume is flattened first; a sequence is not."""

    family = "dense"
    units = Count("U", doc="outputs")
    bias = Flag(default=True, doc="one number per unit")
    flatten = Word(
        ("auto", "true", "false"),
        default="auto",
        doc="flatten first; the default is to flatten an image or a volume, but not a sequence",
    )
    weight_norm = Flag(default=False, doc="scale the weights of each unit to length 1, with a learned gain")
    reference = "Goodfellow, Bengio & Courville, Deep learning (2016), chapter 6"

    def flattens(self, x: Shape) -> bool:
        """Whether ``x`` is flattened before the product."""
        return bool(x.spatial) and (self.flatten == "true" or (self.flatten == "auto" and x.rank > 2))

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        return Shape(() if self.flattens(x) else x.spatial, self.units)

    def inputs(self, x: Shape) -> Number:
        """How many numbers each unit sums over."""
        return product(x.sizes) if self.flattens(x) else x.channels

    def weights(self, *xs: Shape) -> Weights:
        found = {"kernel": (self.inputs(xs[0]), self.units)}
        per_unit = {"gain": self.weight_norm, "bias": self.bias}
        return found | {name: (self.units,) for name, wanted in per_unit.items() if wanted}

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        """A dense layer with one unit for each number of the input, and a reshape to its sizes."""
        flat = len(y.spatial) < len(x.spatial)
        dense = ("dense", {"units": product(x.sizes) if flat else x.channels, "bias": self.bias})
        return [dense, ("reshape", {"shape": tuple(x.written(self.layout))})] if flat else [dense]

    def channel_axes(self) -> int:
        return 1

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return product((*y.spatial, *self.weights(*xs)["kernel"]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        (x,) = xs
        return None if self.flattens(x) or not x.spatial else (POINT,) * len(x.spatial)

    def notes(self, *xs: Shape) -> list[Note]:
        (x,) = xs
        return [equation("flattened first: {}", product(x.sizes))] if self.flattens(x) else []
