"""Convolutions that are not a single window: computed from the input's side, or in two steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, Shown, Terms, by_hand
from cnncalc.engine.kernels.activation import activate
from cnncalc.engine.kernels.conv import depthwise_conv, separable_conv
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.activated import added
from cnncalc.kinds.conv import SeparableConv, TransposedConv


@by_hand(SeparableConv)
def separable_conv_by_hand(kind: SeparableConv, weights: Weights, x: Array) -> Iterator[Shown]:
    """The map of the depthwise part, then the sum over its channels."""
    middle = depthwise_conv(kind, {"kernel": weights["depthwise_kernel"]}, x)
    yield Shown("d", "each channel under its own kernel", middle[0])
    y, function = separable_conv(kind, weights, x), added(kind)
    formula = "the channels of a position · pointwise kernel" + " + bias" * ("bias" in weights)
    if function is None:
        yield Shown("y", formula, y[0])
        return
    yield Shown("z", formula, y[0])
    yield Shown("y", f"{function.word()}(z)", activate(function, y)[0])


@by_hand(TransposedConv)
def transposed_conv_by_hand(kind: TransposedConv, weights: Weights, x: Array) -> Place:
    """The input numbers whose spread windows reach the place, each times its weight there."""
    shape = shape_of(x)
    axes = [(f, s, d) for _, f, s, d, _, _ in kind._axes(shape)]
    crop, share, filters = kind.crop(shape), x.shape[-1] // kind.groups, kind.filters // kind.groups

    def along(axis: int, index: int) -> list[tuple[int, int]]:
        """Positions of the input and the element of the window by which each reaches ``index``."""
        f, s, d = axes[axis]
        found = (divmod(index + crop[axis][0] - tap * d, s) for tap in range(f))
        return [(p, tap) for tap, (p, rest) in enumerate(found) if rest == 0 and 0 <= p < shape.spatial[axis]]

    def place(index: tuple[int, ...]) -> Terms | Formula:
        group, number = divmod(index[-1], filters)
        channels = slice(group * share, (group + 1) * share)
        numbers, factors = [np.zeros(0)], [np.zeros(0)]
        for pairs in product(*(along(axis, i) for axis, i in enumerate(index[:-1]))):
            positions, taps = zip(*pairs, strict=True)
            numbers.append(x[0][(*positions, channels)])
            factors.append(weights["kernel"][(*taps, channels, number)])
        if len(numbers) == 1:  # no window reaches it
            bias = weights.get("bias")
            return Formula("0", ()) if bias is None else Formula("{}", (bias[index[-1]],))
        return Terms(np.concatenate(numbers), np.concatenate(factors))

    return place
