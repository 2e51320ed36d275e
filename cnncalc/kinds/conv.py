"""Convolutions. Kernels are ``[spatial..., C_in/groups, filters]``; multiply-accumulates leave the bias out."""

from __future__ import annotations

from typing import Any

from cnncalc import rules
from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.fields import Count, Flag, Padding, PerAxis
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import (
    Inverse,
    Misfit,
    Note,
    Reach,
    Weights,
    axis_letters,
    equation,
    need_spatial,
    one_over,
    per_axis,
)
from cnncalc.kinds.base.padding import CAUSAL, SAME, WORDS, both, halves, sides
from cnncalc.kinds.base.window import GUIDE, Sliding
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, exact_div, larger, product
from cnncalc.symbolic.expr import Expr, Number, value


def biased(weights: Weights, count: Number, *, bias: bool) -> Weights:
    """``weights`` and, where there is one, a bias of ``count`` numbers."""
    return {**weights, "bias": (count,)} if bias else weights


def transposed(kind: Sliding, x: Shape, groups: Number) -> list[Inverse]:
    """The transposed convolution with the same window, which maps the output of ``kind`` back to ``x``."""
    totals = [
        rules.same_padding(w.size, w.kernel, w.stride, w.dilation) if w.padding is None else w.padding
        for w in kind.windows(x)
    ]
    padding = tuple((w.begin, total - w.begin) for w, total in zip(kind.windows(x), totals, strict=True))
    fields = {name: getattr(kind, name) for name in ("kernel", "stride", "dilation", "bias")}
    return [("transposed_conv", {**fields, "filters": x.channels, "padding": _one(padding), "groups": groups})]


def _one(pairs: tuple[tuple[Number, Number], ...]) -> Any:
    """One number for all axes if they are equal."""
    numbers = {number for pair in pairs for number in pair}
    return numbers.pop() if len(numbers) == 1 else pairs


class Conv(Sliding, Activated):
    """Learned filters slide over the input; each sums over all channels of its group."""

    family = "convolution"
    filters = Count("K", doc="output channels")
    kernel = PerAxis("F", doc="window size")
    stride = PerAxis("S", 1, doc="step of the window")
    padding = Padding("P", 0, words=CAUSAL, doc="zeros around the input")
    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")
    groups = Count("G", 1, silent=1, doc="groups of channels that do not mix")
    bias = Flag(default=True, doc="one number per filter")
    weight_norm = Flag(default=False, doc="scale the kernel of each filter to length 1, with a learned gain")
    reference = GUIDE

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if type(self.groups) is not int or self.groups != 1:
            check_groups(x.channels, self.groups, "input channels")
            check_groups(self.filters, self.groups, "filters")
        return Shape(self.positions(x), self.filters)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return transposed(self, x, groups=self.groups)

    def margins(self, *xs: Shape) -> list[Number]:
        return [exact_div(xs[0].channels, self.groups) - 1, exact_div(self.filters, self.groups) - 1]

    def weights(self, *xs: Shape) -> Weights:
        kernel: Weights = {"kernel": self._kernel(xs[0])}
        return biased({**kernel, "gain": (self.filters,)} if self.weight_norm else kernel, self.filters, bias=self.bias)

    def _kernel(self, x: Shape) -> tuple[Number, ...]:
        return (*per_axis(self.kernel, x, "kernel"), exact_div(x.channels, self.groups), self.filters)

    def channel_axes(self) -> int:
        return 1

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return product((*y.spatial, *self._kernel(xs[0])))


class DepthwiseConv(Sliding, Activated):
    """Each channel has its own filters and is not mixed with the others; output channel ``c·multiplier + m``."""

    family = "convolution"
    kernel = PerAxis("F", doc="window size")
    multiplier = Count("M", 1, silent=1, doc="filters for each channel")
    stride = PerAxis("S", 1, doc="step of the window")
    padding = Padding("P", 0, words=CAUSAL, doc="zeros around the input")
    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")
    bias = Flag(default=True, doc="one number per output channel")
    reference = "Howard et al., MobileNets (2017); " + GUIDE

    def output(self, *xs: Shape) -> Shape:
        return Shape(self.positions(xs[0]), xs[0].channels * self.multiplier)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return transposed(self, x, groups=x.channels)

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        kernel = (*per_axis(self.kernel, x, "kernel"), x.channels, self.multiplier)
        return biased({"kernel": kernel}, x.channels * self.multiplier, bias=self.bias)

    def channel_axes(self) -> int:
        return 2

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return product((*y.spatial, *self.weights(*xs)["kernel"]))


class SeparableConv(Sliding, Activated):
    """A depthwise convolution, then a 1×1 convolution; one bias, at the end."""

    family = "convolution"
    filters = Count("K", doc="output channels")
    kernel = PerAxis("F", doc="window size of the depthwise part")
    multiplier = Count("M", 1, silent=1, doc="depthwise filters for each channel")
    stride = PerAxis("S", 1, doc="step of the window")
    padding = Padding("P", 0, words=CAUSAL, doc="zeros around the input")
    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")
    bias = Flag(default=True, doc="one number per filter")
    reference = "Chollet, Xception (2017)"

    def output(self, *xs: Shape) -> Shape:
        return Shape(self.positions(xs[0]), self.filters)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return transposed(self, x, groups=1)

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        kernels = {
            "depthwise_kernel": (*per_axis(self.kernel, x, "kernel"), x.channels, self.multiplier),
            "pointwise_kernel": (*(1 for _ in x.spatial), x.channels * self.multiplier, self.filters),
        }
        return biased(kernels, self.filters, bias=self.bias)

    def macs(self, y: Shape, *xs: Shape) -> Number:
        weights = self.weights(*xs)
        return product(y.spatial) * (product(weights["depthwise_kernel"]) + product(weights["pointwise_kernel"]))


class TransposedConv(Activated):
    """Reverses the sizes of a convolution: every input position spreads a window over the output."""

    family = "convolution"
    filters = Count("K", doc="output channels")
    kernel = PerAxis("F", doc="window size")
    stride = PerAxis("S", 1, doc="step of the window over the output")
    padding = Padding("P", 0, words=WORDS, doc="how much is cropped from the output")
    output_padding = PerAxis(
        "A", None, least=0, silent=0, doc="added to the output at the end; under same: to (W−1)S + F − 2⌊F/2⌋"
    )
    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")
    groups = Count("G", 1, silent=1, doc="groups of channels that do not mix")
    bias = Flag(default=True, doc="one number per filter")
    reference = GUIDE + "; Keras, Conv2DTranspose, of same with output_padding"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        check_groups(x.channels, self.groups, "input channels")
        check_groups(self.filters, self.groups, "filters")
        sizes = tuple(self._size(*axis) for axis in self._axes(x))
        for letter, size in zip(axis_letters(x), sizes, strict=True):
            if anywhere(size < 1):
                raise Misfit("the padding crops all of the output", field="padding", number=size, letter=letter)
        return Shape(sizes, self.filters)

    def margins(self, *xs: Shape) -> list[Number]:
        room = [larger(s, d) - 1 - extra for _, _, s, d, extra, _ in self._axes(xs[0]) if extra is not None]
        return [*room, exact_div(xs[0].channels, self.groups) - 1, exact_div(self.filters, self.groups) - 1]

    def _axes(self, x: Shape) -> Any:
        """For each axis: size, kernel, stride, dilation, output padding or None, padding (a number, a pair, a word)."""
        names = ("kernel", "stride", "dilation", "output_padding", "padding")
        fields = (per_axis(getattr(self, name), x, name) for name in names)
        return zip(x.spatial, *fields, strict=True)

    def _size(self, w: Number, f: Number, s: Number, d: Number, extra: Number, p: Any) -> Number:
        if extra is not None and anywhere(larger(s, d) <= extra):
            raise Misfit(
                f"output_padding {value(extra)} must be smaller than the stride or the dilation "
                f"({value(larger(s, d))})",
                field="output_padding",
            )
        if p in SAME:
            return rules.transposed_same(w, f, s, d, extra)
        return rules.transposed(w, f, s, both(p), d, 0 if extra is None else extra)

    def crop(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        """What is cropped from the full output at the beginning and end of each axis; a negative number adds zeros."""
        return tuple(self._crop(*axis) for axis in self._axes(x))

    @staticmethod
    def _crop(w: Number, f: Number, s: Number, d: Number, extra: Number, p: Any) -> tuple[Number, Number]:
        if p in SAME:
            total = rules.transposed(w, f, s, 0, d) - rules.transposed_same(w, f, s, d, extra)
            if total < 0:
                return 0, total
            return halves(total, p)
        return sides(p)

    def notes(self, *xs: Shape) -> list[Note]:
        """A note where other frameworks give another size."""
        (x,) = xs
        found = []
        for letter, (w, f, s, d, extra, p) in zip(axis_letters(x), self._axes(x), strict=True):
            short = (value(s) or 0) > (value(rules.extent(f, d)) or 0)
            uncropped = p == "valid" or (not isinstance(p, tuple | str) and value(p) == 0)
            if short and extra is None and uncropped:
                keras = w * s + larger(rules.extent(f, d) - s, 0)
                found.append(equation(f"{letter}: the kernel is smaller than the stride; Keras gives {{}}", keras))
            if p in SAME and extra is not None:
                size = rules.transposed_same(w, f, s, d, extra)
                found.append(equation(f"{letter}: same with output_padding gives {{}} (Keras), not W·S + A", size))
        return found

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        fields = {name: getattr(self, name) for name in ("kernel", "stride", "dilation", "groups", "bias")}
        return [("conv", {**fields, "filters": x.channels, "padding": self.crop(x)})]

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        kernel = (*per_axis(self.kernel, x, "kernel"), x.channels, exact_div(self.filters, self.groups))
        return biased({"kernel": kernel}, self.filters, bias=self.bias)

    def channel_axes(self) -> int:
        return int(self.groups == 1)  # with groups, the last axis counts the channels of one group alone

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """On the input positions: each is multiplied with the whole kernel once."""
        return product((*xs[0].spatial, *self.weights(*xs)["kernel"]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """An output position sees at most ``⌊D(F−1)/S⌋ + 1`` inputs and moves 1/S of an input position.

        In fractions of an input position its window is D(F−1)/S long, and begins that much less the crop before.
        """
        x, reaches = xs[0], []
        for (_, f, s, d, _, _), (begin, _) in zip(self._axes(x), self.crop(x), strict=True):
            span, step = rules.extent(f, d) - 1, one_over(s)
            if isinstance(step, Expr) or value(span) is None or value(begin) is None:
                reaches.append(Reach(span // s + 1, step, (span - begin) // s))
            elif step == 1:
                reaches.append(Reach(span + 1, step, span - begin))
            else:
                reaches.append(Reach(value(span) * step + 1, step, value(span - begin) * step))
        return tuple(reaches)
