"""The sizes of one example, by name of axis. Layout is only the order in which they are written and read."""

from __future__ import annotations

from typing import Any, NamedTuple

LAYOUTS = ("channels_last", "channels_first")
#: Words that name every axis, the batch first, and the layout that each stands for.
WITH_BATCH = {
    "NHWC": "channels_last", "NCHW": "channels_first", "NWC": "channels_last", "NCW": "channels_first",
    "NDHWC": "channels_last", "NCDHW": "channels_first",
}  # fmt: skip

#: Names of the spatial axes of an array with 0, 1, 2 or 3 of them, and the letter each has in a formula.
SPATIAL: tuple[tuple[str, ...], ...] = ((), ("time",), ("height", "width"), ("depth", "height", "width"))
LETTERS: tuple[tuple[str, ...], ...] = ((), ("T",), ("H", "W"), ("Z", "H", "W"))
RANKS = ("", "features", "a sequence", "an image", "a volume")


class Shape(NamedTuple):
    """Sizes of one example: ``spatial`` ones and ``channels`` (of a sequence or a vector: the features).

    A size is a whole number, a :class:`~cnncalc.symbolic.expr.Expr`, or an integer array. Rank 1 is features ``[N]``
    (or token ids ``[T]``), rank 2 a sequence ``[T, F]``, rank 3 an image, rank 4 a volume.
    """

    spatial: tuple[Any, ...]
    channels: Any

    @property
    def rank(self) -> int:
        return len(self.spatial) + 1

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, spatial ones first."""
        return (*SPATIAL[len(self.spatial)], "channels")

    @property
    def sizes(self) -> tuple[Any, ...]:
        """Every size, spatial ones first."""
        return (*self.spatial, self.channels)

    def written(self, layout: str) -> list[Any]:
        """The sizes in the order that ``layout`` writes; a sequence has its features last in both."""
        spatial = list(self.spatial)
        if layout == "channels_first" and len(spatial) > 1:
            return [self.channels, *spatial]
        return [*spatial, self.channels]


def axis_names(rank: int, layout: str) -> list[str]:
    """The names of the axes in the order that ``layout`` writes their sizes."""
    if rank < 3:
        return ["time", "features"][2 - rank :]
    return list(Shape(SPATIAL[rank - 1], "channels").written(layout))


def layout_word(text: str) -> str | None:
    """The word for a layout as it is spelled here: those that name the batch axis are read in any case."""
    return text if text in LAYOUTS else text.upper() if text.upper() in WITH_BATCH else None


def order(word: str) -> str:
    """The layout that a word means: channels_first for ``NCHW``."""
    return WITH_BATCH.get(word, word)


def read(sizes: list[Any] | tuple[Any, ...], layout: str) -> Shape:
    """The shape that ``sizes``, written in ``layout``, stand for (1 to 4 of them)."""
    if layout == "channels_first" and len(sizes) > 2:
        return Shape(tuple(sizes[1:]), sizes[0])
    return Shape(tuple(sizes[:-1]), sizes[-1])
