"""The messages of an ONNX file, written field by field.

Source: github.com/onnx/onnx, onnx/onnx.proto3 (the numbers of the fields).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.models.wire_writer import Pieces, integer, message, packed, real, text

OPSET, IR_VERSION = 21, 10  # onnxruntime 1.20 runs them
FLOAT, INT64 = 1, 7  # TensorProto.DataType
_KIND_FLOAT, _KIND_INT, _KIND_TEXT, _KIND_INTS = 1, 2, 3, 7  # AttributeProto.AttributeType

Setting = int | float | str | list[int]
#: An axis of a value: its size, or the name of one that is open.
Sizes = list[int | str]


def node(op: str, name: str, inputs: Iterable[str], outputs: Iterable[str], settings: Mapping[str, Setting]) -> Pieces:
    """A NodeProto."""
    found: Pieces = []
    for field, values in ((1, inputs), (2, outputs)):
        for value in values:
            found += text(field, value)
    found += text(3, name) + text(4, op)
    for key, setting in settings.items():
        found += message(5, _attribute(key, setting))
    return found


def _attribute(name: str, setting: Setting) -> Pieces:
    found = text(1, name)
    if isinstance(setting, float):
        return found + real(2, setting) + integer(20, _KIND_FLOAT)
    if isinstance(setting, int):
        return found + integer(3, setting) + integer(20, _KIND_INT)
    if isinstance(setting, str):
        return found + text(4, setting) + integer(20, _KIND_TEXT)
    for number in setting:
        found += integer(8, number)
    return found + integer(20, _KIND_INTS)


def tensor(name: str, array: Any) -> Pieces:
    """A TensorProto of a float32 or int64 array whose numbers are contiguous."""
    dtype = FLOAT if array.dtype.kind == "f" else INT64
    return packed(1, array.shape) + integer(2, dtype) + text(8, name) + message(9, [array.reshape(-1).data])


def value(name: str, dtype: int, sizes: Sizes) -> Pieces:
    """A ValueInfoProto of a tensor."""
    shape: Pieces = []
    for size in sizes:
        shape += message(1, text(2, size) if isinstance(size, str) else integer(1, size))
    return text(1, name) + message(2, message(1, integer(1, dtype) + message(2, shape)))


def graph(
    name: str, nodes: list[Pieces], tensors: list[Pieces], inputs: list[Pieces], outputs: list[Pieces],
    values: list[Pieces],
) -> Pieces:  # fmt: skip
    """A GraphProto."""
    found: Pieces = []
    for field, parts in ((1, nodes), (5, tensors), (11, inputs), (12, outputs), (13, values)):
        for part in parts:
            found += message(field, part)
        if field == 1:
            found += text(2, name)
    return found


def model(graph: Pieces) -> Pieces:
    """A ModelProto."""
    opset = text(1, "") + integer(2, OPSET)
    return integer(1, IR_VERSION) + text(2, "cnncalc") + message(7, graph) + message(8, opset)
