"""Which positions attend to each other, and what attention knows about their distance."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag, Real, Word
from cnncalc.kinds.base.kind import Kind, Misfit, Note, Reach, Stage, axis_letters, described, equation
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, exact_div, product
from cnncalc.symbolic.expr import Number, value

FARTHEST = 128  # from this distance on, all share the last of T5's buckets


class Attending(Kind):
    """A kind whose positions attend to each other: to all, to earlier ones, or to those of their window."""

    causal = Flag(default=False, last=True, doc="position i sees positions 1 to i only")
    window = Count("w", None, last=True, special=True, doc="on an image: attend within windows of w·w positions")
    shift = Count("s", 0, least=0, silent=0, last=True, special=True, doc="cyclic shift of the windows, in positions")
    relative_bias = Word(
        ("none", "table", "buckets"),
        default="none",
        last=True,
        doc="numbers added to the scores, by distance and head: (2w − 1)²·h in windows, (2T − 1)·h on a sequence, b·h",
    )
    buckets = Count("b", 32, least=4, last=True, special=True, doc="number of buckets for relative_bias: buckets")
    rotary = Flag(
        default=False, last=True, doc="rotate queries and keys by their position, in column pairs (2i, 2i + 1)"
    )
    rotary_base = Real(10_000.0, least=1.0, last=True, doc="base of the wavelengths of rotary; 500000 in Llama 3")

    def check_positions(self, *xs: Shape) -> None:
        """Raise Misfit if the positions of the operands cannot attend in this way."""
        for x, what in ((xs[0], "input"), (xs[-1], "memory")):
            if x.rank not in (2, 3):
                raise Misfit(
                    f"{self.word()} needs a sequence [T, F] or an image; its {what} is {described(x, self)}",
                    help="an embedding makes a sequence of token ids, repeat_vector and reshape one of features",
                )
        if self.window is not None:
            self._check_windows(*xs)
        elif anywhere(value(self.shift) != 0):
            raise Misfit("a shift moves windows, but there are no windows", help="window: 7", field="shift")
        counting = "rotary" if self.rotary else "relative_bias" if self.relative_bias == "buckets" else ""
        if counting and 3 in (xs[0].rank, xs[-1].rank):
            x = max(xs[0], xs[-1], key=lambda x: x.rank)
            raise Misfit(f"{counting} counts along a sequence; this is {described(x, self)}", field=counting)
        if self.relative_bias == "table" and xs[0].rank != xs[-1].rank:
            raise Misfit("distances between a sequence and an image are not defined", field="relative_bias")
        exact = value(self.buckets // (2 if self.causal else 4))
        if self.relative_bias == "buckets" and exact is not None and anywhere(exact >= FARTHEST):
            text = f"of {value(self.buckets)} buckets {exact} hold one distance each; T5's rule ends at {FARTHEST}"
            raise Misfit(text, help="buckets: 32", field="buckets")

    def _check_windows(self, *xs: Shape) -> None:
        if xs[0].rank != 3 or len(xs) > 1 or self.causal:
            found = described(xs[0], self) if xs[0].rank != 3 else "causal" if self.causal else "given a memory"
            raise Misfit(f"windows need a single image; this is {found}", field="window")
        for size, axis in zip(xs[0].spatial, xs[0].axes, strict=False):
            _check_filled(axis, value(size), value(self.window))
        room = value(self.window - self.shift)
        if room is not None and anywhere(room < 1):
            text = f"a shift of {value(self.shift)} is not less than the window of {value(self.window)}"
            raise Misfit(text, help="half a window, rounded down, is usual", field="shift")

    def margins(self, *xs: Shape) -> list[Number]:
        return [] if self.window is None else [exact_div(size, self.window) - 1 for size in xs[0].spatial]

    def seen(self, x: Shape) -> tuple[Number, ...]:
        """Positions along each axis that attend to each other: those of a window, or all."""
        return x.spatial if self.window is None else (self.window,) * len(x.spatial)

    def distances(self, *xs: Shape) -> Number:
        """How many distances have their own number in ``relative_bias``."""
        if self.relative_bias == "buckets":
            return self.buckets
        axes = zip(self.seen(xs[0]), self.seen(xs[-1]), strict=True)
        return product(queries + positions - 1 for queries, positions in axes)

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """None: which positions are seen does not depend on the position alone."""
        return None

    def notes(self, *xs: Shape) -> list[Note]:
        if self.window is None:
            return []
        axes = zip(axis_letters(xs[0]), xs[0].spatial, strict=True)
        whole = [letter for letter, size in axes if value(size - self.window) == 0]
        found = [equation("windows: {}", self._windows(xs[0]))]
        if whole and value(self.shift) != 0:
            found.append(Note(f"one window holds all of {' and '.join(whole)}: it is not shifted along that axis"))
        return found

    def _windows(self, x: Shape) -> Number:
        return product(exact_div(size, self.window) for size in x.spatial)

    def cut(self, x: Shape) -> list[Stage]:
        """The step that cuts an image into windows."""
        if self.window is None:
            return []
        moved = "shifted(x)" if value(self.shift) != 0 else "x"
        return [Stage(f"X = windows({moved})", (self._windows(x), product(self.seen(x)), x.channels))]


def _check_filled(axis: str, size: Number, window: Number) -> None:
    """Raise Misfit unless whole windows fill an axis. None if unknown."""
    if size is not None and window is not None and anywhere(size % window != 0):
        fitting = [n for n in range(2, min(size, 100) + 1) if size % n == 0]
        others = f"windows of {', '.join(map(str, fitting[:8]))} do; or " if fitting else ""
        text = f"windows of {window} do not fill a {axis} of {size}"
        raise Misfit(text, help=f"{others}pad the image first", field="window")
