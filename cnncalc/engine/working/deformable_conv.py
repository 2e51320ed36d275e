"""Convolutions whose windows adapt: the offsets, then the input there times the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Shown, by_hand
from cnncalc.engine.kernels.activation import activate
from cnncalc.engine.kernels.conv import conv
from cnncalc.engine.kernels.deformable_conv import deformable_conv
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.activated import added
from cnncalc.kinds.deformable_conv import DeformableConv


@by_hand(DeformableConv)
def deformable_conv_by_hand(kind: DeformableConv, weights: Weights, x: Array) -> Iterator[Shown]:
    """A convolution computes how far each element of a window moves, and its share if modulated."""
    offsets = {name: weights[f"offset_{name}"] for name in ("kernel", "bias")}
    yield Shown("o", "the convolution of the offsets", conv(kind.offsets(shape_of(x)), offsets, x)[0])
    y, function = deformable_conv(kind, weights, x), added(kind)
    formula = "what each moved window sees · kernel" + " + bias" * ("bias" in weights)
    yield Shown("y" if function is None else "z", formula, y[0])
    if function is not None:
        yield Shown("y", f"{function.word()}(z)", activate(function, y)[0])
