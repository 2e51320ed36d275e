"""A model as any source gives it: nodes in running order, and tensors that are read on demand."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

#: Bytes of a number of each type, and how ``struct`` reads it ("" if it cannot).
TYPES = {
    "float32": (4, "f"), "float64": (8, "d"), "float16": (2, "e"), "bfloat16": (2, ""), "int8": (1, "b"),
    "uint8": (1, "B"), "int16": (2, "h"), "uint16": (2, "H"), "int32": (4, "i"), "uint32": (4, "I"), "int64": (8, "q"),
    "uint64": (8, "Q"), "bool": (1, "?"),
}  # fmt: skip
SMALL = 4096  # most numbers in a tensor that is read during the walk: a shape, an axis, a scalar


class Tensor:
    """Numbers by name. ``read`` returns their bytes (little-endian), on demand.

    ``fixed``: they are not learned. ``made_of``: the tensors that these numbers were computed from.
    ``turned``: the matrix that this one is the transpose of.
    """

    turned: Tensor | None = None

    def __init__(
        self, name: str, shape: tuple[int, ...], dtype: str, read: Callable[[], Any], *, fixed: bool = False,
        made_of: Sequence[Tensor] = (),
    ) -> None:  # fmt: skip
        self.name, self.shape, self.dtype, self.read = name, shape, dtype, read
        self.fixed, self._made_of = fixed, made_of

    @property
    def sources(self) -> tuple[Tensor, ...]:
        """The learned tensors that its numbers come from: itself, or those that it was worked out from."""
        if self._made_of:
            return tuple({id(each): each for tensor in self._made_of for each in tensor.sources}.values())
        return (self,) if self.name and not self.fixed and "float" in self.dtype else ()

    def called(self, name: str) -> Tensor:
        """The same numbers under another name."""
        return Tensor(name, self.shape, self.dtype, self.read, fixed=self.fixed, made_of=self._made_of)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    def numbers(self) -> list[Any] | None:
        """Its numbers; None if the tensor is too large to be an operator's setting, or of another type."""
        form = TYPES.get(self.dtype, (0, ""))[1]
        if self.size > SMALL or not form:
            return None
        return list(struct.unpack(f"<{self.size}{form}", self.read()))


class Node:
    """An operator. ``inputs`` and ``outputs`` are names of values; an omitted input is "". ``module`` is the path of
    the module that it comes from, if the source says it.
    """

    __slots__ = ("op", "name", "inputs", "outputs", "settings", "module")

    def __init__(
        self,
        op: str,
        name: str,
        inputs: list[str],
        outputs: list[str] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.op, self.name, self.inputs, self.outputs = op, name, inputs, outputs or []
        self.settings, self.module = settings or {}, ""


class Graph:
    """A model. ``inputs`` and ``known`` have the sizes of values as in the source, including the batch axis; a
    size that the source leaves open is None. ``layout`` is the order of axes in the source. ``own_names``: the names
    of its nodes were given by a person, not made up by an exporter.
    """

    own_names = False

    def __init__(self, source: str, name: str, layout: str = "channels_first") -> None:
        self.source, self.name, self.layout = source, name, layout
        self.nodes: list[Node] = []
        self.tensors: dict[str, Tensor] = {}
        self.inputs: dict[str, tuple[int | None, ...]] = {}
        self.outputs: list[str] = []
        self.known: dict[str, tuple[int | None, ...]] = {}
        self.remarks: list[str] = []

    def prune(self) -> None:
        """Leave out the nodes that no output comes from."""
        needed, kept = set(self.outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                needed |= set(node.inputs)
                kept.append(node)
        self.nodes = kept[::-1]

    def readers(self) -> Counter[str]:
        """How often each value is read, by nodes or as an output of the model."""
        return Counter([name for node in self.nodes for name in node.inputs] + self.outputs)
