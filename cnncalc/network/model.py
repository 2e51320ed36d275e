"""A resolved network: layers in running order, and the values that pass between them.

A value is an input or the output of a layer; values are numbered, inputs first: ``layers[i]`` outputs value
``len(inputs) + i``.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from cnncalc.errors import Mark, Problem
from cnncalc.kinds.base.kind import Kind, Note, Weights
from cnncalc.shape import Shape
from cnncalc.spec.demand import Demand
from cnncalc.spec.document import Spec
from cnncalc.symbolic.expr import Number


class Tie(NamedTuple):
    """The ``kernel`` of a layer is ``array`` of layer number ``layer``, transposed."""

    layer: int
    array: str


class Layer:
    """A layer in running order: a kind, the values it reads, and what the spec says of it.

    ``shares`` is the number of the layer whose weights it uses again, or None; ``tie`` says whose array its kernel is,
    transposed. ``idle``: an expert beyond those that are chosen, whose work is not counted. ``field_marks``
    has the place of each field that the spec gives. ``notes`` say how the spec was read.
    """

    __slots__ = ("name", "kind", "sources", "mark", "trainable", "shares", "field_marks", "tie", "idle", "notes")

    def __init__(
        self,
        name: str,
        kind: Kind,
        sources: tuple[int, ...],
        mark: Mark,
        *,
        trainable: bool = True,
        shares: int | None = None,
        field_marks: dict[str, Mark] | None = None,
    ) -> None:
        self.name, self.kind, self.sources, self.mark = name, kind, sources, mark
        self.trainable, self.shares, self.field_marks = trainable, shares, field_marks or {}
        self.tie: Tie | None = None
        self.idle = False
        self.notes: list[Note] = []

    @property
    def borrows(self) -> bool:
        """Whether it uses an array that another layer owns."""
        return self.shares is not None or self.tie is not None

    def own(self, weights: Weights) -> Weights:
        """Those of the arrays that its kind wants which are counted here, not at another layer."""
        if self.shares is not None:
            return {}
        return {name: sizes for name, sizes in weights.items() if self.tie is None or name != "kernel"}

    def done(self, macs: Number) -> Number:
        """Those of the multiply-accumulates of its kind that are counted here."""
        return 0 if self.idle else macs

    def of(self, kind: Kind) -> Layer:
        """The same layer of another kind."""
        changed = copy(self)
        changed.kind = kind
        return changed


class Block(NamedTuple):
    """A named range of layers, ``first`` up to ``last`` (exclusive), with the output ``value``; ``word``: its kind."""

    first: int
    last: int
    value: int
    word: str


class Network:
    """Layers in running order, ready to be worked out. ``axes`` and ``notes`` as in :class:`Spec`."""

    def __init__(self, spec: Spec) -> None:
        self.name, self.layout, self.limits, self.mark = spec.name, spec.layout, spec.limits, spec.mark
        self.inputs: dict[str, Shape] = dict(spec.inputs)
        self.places = dict(spec.places)  # of the inputs
        self.layers: list[Layer] = []
        self.blocks: dict[str, Block] = {}
        self.demands: list[Demand] = []
        self.given: list[Demand] = list(spec.given)
        self.lists = tuple(spec.lists)
        self.objective = spec.objective
        self.values = dict(spec.values)  # numbers of inputs, weights and states
        self.axes, self.notes = spec.axes, list(spec.notes)
        self.doubts: list[Problem] = []  # what the file probably does not mean

    def value_name(self, number: int) -> str:
        """The name of a value: an input's or a layer's."""
        first = len(self.inputs)
        return list(self.inputs)[number] if number < first else self.layers[number - first].name
