"""Sliding windows along any number of axes: what convolutions and pools share."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc import rules
from cnncalc.expr import Number, value
from cnncalc.kinds.base import Kind, Misfit, Note, Reach, axis_letters, equation, need_spatial, per_axis
from cnncalc.shape import Shape

WORDS = ("valid", "same", "same_lower")


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

    def windows(self, x: Shape) -> list[Window]:
        """The window along each spatial axis of ``x``."""
        need_spatial(x, self)
        strides = per_axis(self.stride, x, "stride")
        kernels = per_axis(self.kernel, x, self.kernel_field)
        dilations = per_axis(self.dilation, x, "dilation")
        if isinstance(self.padding, str):
            return [
                self._worded(*axis, self.padding) for axis in zip(x.spatial, kernels, strides, dilations, strict=True)
            ]
        pads = [
            (2 * p, p) if type(p) is not tuple else (p[0] + p[1], p[0]) for p in per_axis(self.padding, x, "padding")
        ]
        return [
            Window(w, f, s, p, begin, d)
            for w, f, s, (p, begin), d in zip(x.spatial, kernels, strides, pads, dilations, strict=True)
        ]

    @staticmethod
    def _worded(size: Number, kernel: Number, stride: Number, dilation: Number, word: str) -> Window:
        if word == "valid":
            return Window(size, kernel, stride, 0, 0, dilation)
        total = rules.same_padding(size, kernel, stride, dilation)
        return Window(size, kernel, stride, None, total // 2 if word == "same" else (total + 1) // 2, dilation)

    def positions(self, x: Shape) -> tuple[Number, ...]:
        """How many places the window takes along each axis. Raises Misfit where there is none."""
        windows = self.windows(x)
        counts = tuple(self._count(window) for window in windows)
        for letter, window, count in zip(axis_letters(x), windows, counts, strict=True):
            if count < 1:
                self._refuse(x, windows, letter, window, count)
        return counts

    def _count(self, w: Window) -> Number:
        if w.padding is None:
            return rules.same(w.size, w.stride)
        if self.ceil_mode:
            return rules.window_ceil(w.size, w.kernel, w.stride, w.padding, w.begin, w.dilation)
        return rules.window(w.size, w.kernel, w.stride, w.padding, w.dilation)

    def _refuse(self, x: Shape, windows: list[Window], letter: str, w: Window, count: Number) -> None:
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
        shape = _times(value(v.kernel) for v in windows)
        raise Misfit(
            f"a {shape} window{f' with dilation {dilation}' if dilation != 1 else ''} does not fit into "
            f"{_times(value(v.size) for v in windows)}{_padded(windows)}",
            help=", or ".join(tries),
            field=self.kernel_field,
            number=count,
            letter=letter,
        )

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return tuple(Reach(rules.extent(w.kernel, w.dilation), w.stride, w.begin) for w in self.windows(xs[0]))

    def notes(self, *xs: Shape) -> list[Note]:
        """Where the window does not come out even, the row says so."""
        found = []
        for letter, w in zip(axis_letters(xs[0]), self.windows(xs[0]), strict=True):
            span = 0 if w.padding is None else rules.slack(w.size, w.kernel, w.padding, w.dilation)
            if (value(span) or 0) % (value(w.stride) or 1):
                rounded = "rounded up" if self.ceil_mode else "rounded down"
                text = f"{letter}: {{}} is not a multiple of the stride {value(w.stride)}, {rounded}"
                found.append(equation(text, span, lint=True))
        return found


def _times(sizes: Any) -> str:
    return "×".join(map(str, sizes))


def _padded(windows: list[Window]) -> str:
    return " with its padding" if any(value(w.padding) for w in windows) else ""


def check_groups(channels: Number, groups: Number, what: str, field: str = "groups") -> None:
    """Raise Misfit unless ``groups`` divides ``channels``."""
    c, g = value(channels), value(groups)
    if c is not None and g is not None and c % g:
        near = [n for n in range(1, min(c, 10_000) + 1) if c % n == 0]
        raise Misfit(
            f"{c} {what} are not divisible into {g} groups",
            help=f"{field} that divides {c}: {', '.join(map(str, near[:12]))}{', ...' if len(near) > 12 else ''}",
            field=field,
        )
