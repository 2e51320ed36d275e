"""Sliding windows along any number of axes: what convolutions and pools share."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc import rules
from cnncalc.kinds.base.kind import Kind, Misfit, Note, Reach, axis_letters, equation, need_spatial, per_axis, times
from cnncalc.kinds.base.padding import SAME, both, halves, sides
from cnncalc.shape import RANKS, Shape
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number, value

#: The source of the rule for the kinds that slide.
GUIDE = "Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016)"


class Window(NamedTuple):
    """A window along one axis. ``padding`` is both sides together, None for ``same``."""

    size: Number
    kernel: Number
    stride: Number
    padding: Number | None
    begin: Number
    dilation: Number


class Sliding(Kind):
    """A kind whose window slides along the spatial axes. ``kernel``, ``stride``, ``padding`` are fields of it."""

    kernel: Any
    stride: Any
    padding: Any
    dilation: Any = 1
    ceil_mode: bool = False
    kernel_field = "kernel"

    def _axes(self, x: Shape) -> Any:
        """For each spatial axis: its size, and the kernel, stride, dilation and padding (number, pair or word)."""
        need_spatial(x, self)
        kernel = per_axis(self.kernel, x, self.kernel_field)
        dilation = per_axis(self.dilation, x, "dilation")
        padding = per_axis(self.padding, x, "padding")
        if self.padding == "causal":
            padding = (self._causal(kernel[0], dilation[0], x),)
        return zip(x.spatial, kernel, per_axis(self.stride, x, "stride"), dilation, padding, strict=True)

    @staticmethod
    def _causal(kernel: Number, dilation: Number, x: Shape) -> tuple[Number, Number]:
        """The padding before and after a sequence. Raises Misfit for an image or a volume, which have no order."""
        if len(x.spatial) != 1:
            raise Misfit(
                f"causal padding is for sequences; its input is {RANKS[x.rank]} of {len(x.spatial)} spatial axes",
                help="padding: same",
                field="padding",
            )
        return rules.extent(kernel, dilation) - 1, 0

    def windows(self, x: Shape) -> list[Window]:
        """The window along each spatial axis of ``x``."""
        return [self._window(*axis) for axis in self._axes(x)]

    @staticmethod
    def _window(size: Number, kernel: Number, stride: Number, dilation: Number, padding: Any) -> Window:
        if padding in SAME:
            total = rules.same_padding(size, kernel, stride, dilation)
            return Window(size, kernel, stride, None, halves(total, padding)[0], dilation)
        return Window(size, kernel, stride, both(padding), sides(padding)[0], dilation)

    def positions(self, x: Shape) -> tuple[Number, ...]:
        """The number of window positions along each axis. Raises Misfit if there is none."""
        counts = tuple([self._count(*axis) for axis in self._axes(x)])
        for axis, count in enumerate(counts):
            if anywhere(count < 1):
                windows = self.windows(x)
                self._refuse(windows, axis_letters(x)[axis], windows[axis], count)
        return counts

    def _count(self, size: Number, kernel: Number, stride: Number, dilation: Number, padding: Any) -> Number:
        if padding in SAME:
            return rules.same(size, stride)
        if self.ceil_mode:
            return rules.window_ceil(size, kernel, stride, both(padding), sides(padding)[0], dilation)
        return rules.window(size, kernel, stride, both(padding), dilation)

    def _refuse(self, windows: list[Window], letter: str, w: Window, count: Number) -> None:
        size, kernel, dilation, padding = (value(n) for n in (w.size, w.kernel, w.dilation, w.padding))
        if None in (size, kernel, dilation, padding):
            raise Misfit(f"no window fits along {letter}", field=self.kernel_field, number=count, letter=letter)
        fits = {
            "padding": rules.least(lambda p: rules.window(size, kernel, 1, 2 * p, dilation) >= 1, 0),
            self.kernel_field: rules.least(lambda f: rules.window(size, f + 1, 1, padding, dilation) < 1, 1),
        }
        tries = [f"padding {fits['padding']} or more"] if "padding" in self.fields else []
        if fits[self.kernel_field] and rules.window(size, 1, 1, padding, dilation) >= 1:
            tries.append(f"a {self.kernel_field} of {fits[self.kernel_field]} or less")
        shape = times(value(v.kernel) for v in windows)
        raise Misfit(
            f"a {shape} window{f' with dilation {dilation}' if dilation != 1 else ''} does not fit into "
            f"{times(value(v.size) for v in windows)}{_padded(windows)}",
            help=", or ".join(tries),
            field=self.kernel_field,
            number=count,
            letter=letter,
        )

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return tuple(Reach(rules.extent(w.kernel, w.dilation), w.stride, w.begin) for w in self.windows(xs[0]))

    def notes(self, *xs: Shape) -> list[Note]:
        """A note where the window does not divide evenly."""
        found = []
        for letter, w in zip(axis_letters(xs[0]), self.windows(xs[0]), strict=True):
            span = 0 if w.padding is None else rules.slack(w.size, w.kernel, w.padding, w.dilation)
            if (value(span) or 0) % (value(w.stride) or 1):
                text = f"{letter}: {{}} is not a multiple of the stride {value(w.stride)}, {self._rounded(w)}"
                found.append(equation(text, span, lint=True))
        return found

    def _rounded(self, w: Window) -> str:
        """How the positions of a window were rounded, in words."""
        if not self.ceil_mode:
            return "rounded down"
        floored = value(rules.window(w.size, w.kernel, w.stride, w.padding, w.dilation))
        ceiled = value(rules.window_ceil(w.size, w.kernel, w.stride, w.padding, w.begin, w.dilation))
        return "rounded up" if ceiled != floored else "rounded up, but a last window in the end padding is dropped"


def _padded(windows: list[Window]) -> str:
    return " with its padding" if any(value(w.padding) for w in windows) else ""
