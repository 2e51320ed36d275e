"""A layer of Keras, and each call of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.models.graph import Node
from cnncalc.models.keras.places import Place


class Ref(NamedTuple):
    """An input of a call: an output of another call of a layer."""

    layer: str
    call: int
    number: int


class Owned:
    """A layer, which may be called several times. ``made`` is the first layer of ours made from it."""

    def __init__(self, path: str, place: Place | None) -> None:
        self.path, self.place, self.made = path, place, ""


class Called(Node):
    """A call of a layer of Keras. Its settings are the layer's config; ``keywords`` are the arguments of the call.

    ``timed``: it is called at each step of a sequence (TimeDistributed).
    """

    __slots__ = ("owned", "keywords", "timed")

    def __init__(
        self, op: str, owned: Owned, inputs: list[str], outputs: list[str], settings: dict[str, Any],
        keywords: dict[str, Any], *, timed: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(op, owned.path, inputs, outputs, settings)
        self.owned, self.keywords, self.timed = owned, keywords, timed

    def part(self, entry: dict[str, Any], *names: str, timed: bool = False) -> Called:
        """The call of a layer that this one wraps: ``entry`` is its class with its config."""
        place = self.owned.place
        for name in names:
            place = place.part(name) if place else None
        inner = Called(
            f"keras.{entry['class_name']}", self.owned, self.inputs, self.outputs, entry["config"], {}, timed=timed
        )
        inner.owned = Owned(self.owned.path, place)
        inner.owned.made = self.owned.made
        return inner
