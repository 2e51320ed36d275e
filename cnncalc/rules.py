"""The rules of sizes, as plain arithmetic on whole numbers, expressions or arrays (see ``symbolic/expr.py``).

Sources: Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016); Araujo, Norris & Sim,
*Computing Receptive Fields of Convolutional Neural Networks* (2019) for the receptive field.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.symbolic.arithmetic import ceil_div, everywhere, larger, smaller
from cnncalc.symbolic.expr import Number


def extent(kernel: Number, dilation: Number = 1) -> Number:
    """How many input positions a window spans, gaps included: ``D(F−1) + 1``."""
    return dilation * (kernel - 1) + 1


def reached(positions: Number, kernel: Number, stride: Number = 1, dilation: Number = 1) -> Number:
    """How many input positions ``positions`` windows reach over: ``(n − 1)·S + D(F−1) + 1``."""
    return (positions - 1) * stride + extent(kernel, dilation)


def slack(size: Number, kernel: Number, padding: Number = 0, dilation: Number = 1) -> Number:
    """How far a window can move: the padded input minus the window's extent. ``padding`` is the sum of both sides."""
    return size - extent(kernel, dilation) + padding


def window(size: Number, kernel: Number, stride: Number = 1, padding: Number = 0, dilation: Number = 1) -> Number:
    """Positions of a sliding window: ``⌊(W − D(F−1) − 1 + P)/S⌋ + 1``; ``padding`` is the sum of both sides."""
    return slack(size, kernel, padding, dilation) // stride + 1


def window_ceil(
    size: Number, kernel: Number, stride: Number, padding: Number, begin: Number, dilation: Number = 1
) -> Number:
    """The same with a ceiling; a last window that would start in the end padding is dropped.

    ``begin`` is the part of ``padding`` before the first element: a window may start up to the last real element.
    A window at least as long as a stride plus the end padding never starts later than that.
    """
    positions = ceil_div(slack(size, kernel, padding, dilation), stride) + 1
    if everywhere(extent(kernel, dilation) >= stride + (padding - begin)):
        return positions
    return smaller(positions, (size + begin - 1) // stride + 1)


def same(size: Number, stride: Number) -> Number:
    """Output of ``same`` padding: ``⌈W/S⌉``."""
    return ceil_div(size, stride)


def same_padding(size: Number, kernel: Number, stride: Number, dilation: Number = 1) -> Number:
    """Total padding of ``same``: what the windows of ``⌈W/S⌉`` outputs need beyond the input."""
    return larger(0, reached(same(size, stride), kernel, stride, dilation) - size)


def transposed(
    size: Number, kernel: Number, stride: Number = 1, padding: Number = 0, dilation: Number = 1, extra: Number = 0
) -> Number:
    """Output of a transposed convolution; ``padding`` (both sides) is cropped, ``extra`` is output_padding."""
    return (size - 1) * stride - padding + extent(kernel, dilation) + extra


def transposed_same(
    size: Number, kernel: Number, stride: Number, dilation: Number = 1, extra: Number | None = None
) -> Number:
    """Output of a transposed convolution with ``same`` padding: ``W·S``; with an output_padding A
    ``(W−1)S + F − 2⌊F/2⌋ + A`` (Keras, Conv2DTranspose).
    """
    if extra is None:
        return size * stride
    cropped = 2 * (extent(kernel, dilation) // 2)
    return transposed(size, kernel, stride, cropped, dilation, extra)


def grown_field(field: Number, jump: Number, extent: Number) -> Number:
    """Receptive field after a window over ``extent`` positions that are ``jump`` input positions apart."""
    return field + (extent - 1) * jump


def grown_padding(padding: Number, jump: Number, begin: Number) -> Number:
    """Effective padding at the beginning after ``begin`` positions that are ``jump`` apart."""
    return padding + begin * jump


def grown_jump(jump: Number, step: Number) -> Number:
    """Effective stride after a stride of ``step``."""
    return jump * step


def least(holds: Callable[[int], bool], start: int, limit: int = 1 << 40) -> int | None:
    """The smallest whole number from ``start`` on for which ``holds`` (once true, always true); None past limit."""
    step = 1
    while not holds(start + step - 1):
        step *= 2
        if step > limit:
            return None
    low, high = start + step // 2 - 1, start + step - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
