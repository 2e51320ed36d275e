"""ONNX files, read without the onnx package: the few messages of onnx.proto that a graph needs.

Source: github.com/onnx/onnx, onnx/onnx.proto3 (the numbers of the fields). The file is mapped, so weights are not read
until they are needed. Lengths, offsets and sizes in the file are checked against what is there.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from math import prod
from typing import Any

from cnncalc.errors import LimitError, SpecError
from cnncalc.limits import Limits, over
from cnncalc.models import wire
from cnncalc.models.graph import TYPES, Graph, Node, Tensor
from cnncalc.spec.source import regular

DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
MOST_DIMS = 16
MOST_BYTES = 2 << 30  # of a model file, unless the limit "file" is raised beyond it
#: Names that exporters give to every graph.
GENERIC = ("main_graph", "torch_jit", "torch-jit-export", "graph")
HELP = "export the model again, for instance with torch.onnx.export"


def read(path: str, limits: Limits) -> Graph:
    """The graph in the file ``path``. Raises UsageError, LimitError, or SpecError if the file is not an ONNX model."""
    with regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > max(limits.file, MOST_BYTES):
            raise LimitError(over("file", size, MOST_BYTES))
        if not size:
            raise SpecError(f"{path} is empty", help=HELP)
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return _model(path, data)
    except (wire.Broken, struct.error, RecursionError) as error:
        raise SpecError(f"{path} is not an ONNX model, or is damaged: {error}", help=HELP) from None


def _model(path: str, data: memoryview) -> Graph:
    graph = None
    for number, value in wire.fields(data):
        if number == 7:
            graph = _graph(path, wire.blob(value))
    if graph is None:
        raise wire.Broken("it holds no graph")
    return graph


def _graph(path: str, data: memoryview) -> Graph:
    graph = Graph(path, "")
    inputs: dict[str, tuple[int | None, ...]] = {}
    for number, value in wire.fields(data):
        if number == 1:
            graph.nodes.append(_node(path, wire.blob(value)))
        elif number == 2:
            graph.name = "" if wire.text(value) in GENERIC else wire.text(value)
        elif number == 5:
            tensor = _tensor(path, wire.blob(value))
            graph.tensors[tensor.name] = tensor
        elif number in (11, 12, 13):
            name, sizes = _value_info(wire.blob(value))
            if number == 11:
                inputs[name] = sizes or ()
            elif number == 12:
                graph.outputs.append(name)
            if sizes is not None:
                graph.known[name] = sizes
    graph.inputs = {name: sizes for name, sizes in inputs.items() if name not in graph.tensors}
    _given_back(graph)
    if _folded(graph):
        graph.remarks.append("no batchnorm in the file: it was folded into the convolutions by the exporter")
    return graph


def _given_back(graph: Graph) -> None:
    """Give each module its own vectors of one number: torch.onnx stores equal ones once, as of new normalisations."""
    owners = {(node.module, name) for node in graph.nodes if node.module for name in node.inputs}
    for node in graph.nodes if owners else ():
        lent = [
            name for name in node.inputs if (_owner(name), name) in owners and node.module not in ("", _owner(name))
        ]
        vectors = {name: graph.tensors[name] for name in lent if name in graph.tensors}
        if all(len(each.shape) == 1 and len(set(each.numbers() or ())) < 2 for each in vectors.values()):
            own = {name: f"{node.module}.{name.rpartition('.')[2]}" for name in vectors}
            for name, tensor in vectors.items():
                graph.tensors.setdefault(own[name], tensor.called(own[name]))
            node.inputs = [own.get(name, name) for name in node.inputs]


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _folded(graph: Graph) -> bool:
    """Whether PyTorch's exporter has folded batch normalisation away: then it makes up a name for the kernel, or the
    convolution has the name of the normalisation's module.
    """
    convs = [node for node in graph.nodes if node.op == "Conv" and len(node.inputs) > 1]
    made_up = any(node.inputs[1].startswith("onnx::Conv") for node in convs)
    scopes = [(node.name, node.inputs[1].rpartition(".")[0]) for node in convs if "/" not in node.name]
    moved = any(scope and module and scope != module for scope, module in scopes)
    return (made_up or moved) and not any(node.op == "BatchNormalization" for node in graph.nodes)


def _node(path: str, data: memoryview) -> Node:
    node = Node("", "", [], [])
    scopes = ""
    for number, value in wire.fields(data):
        if number == 1:
            node.inputs.append(wire.text(value))
        elif number == 2:
            node.outputs.append(wire.text(value))
        elif number == 3:
            node.name = wire.text(value)
        elif number == 4:
            node.op = wire.text(value)
        elif number == 5:
            name, setting = _attribute(path, wire.blob(value))
            node.settings[name] = setting
        elif number == 9:
            key, words = _entry(wire.blob(value))
            scopes = words if key == "pkg.torch.onnx.name_scopes" else scopes
    node.module = _scope(scopes)
    node.name = node.module or node.name
    return node


def _scope(text: str) -> str:
    """The path of the module that a node comes from, of ``['', 'layer1.0.conv1', 'conv2d']`` (torch.onnx)."""
    names = [part.strip(" '\"[]") for part in text.split(",")]
    return next((name for name in reversed(names[:-1]) if name), "")


def _attribute(path: str, data: memoryview) -> tuple[str, Any]:
    name = ""
    found: Any = None
    numbers: list[Any] = []
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 2:
            (found,) = wire.floats(value)
        elif number == 3:
            found = wire.signed(value)
        elif number == 4:
            found = wire.text(value)
        elif number == 5:
            found = _tensor(path, wire.blob(value))
        elif number == 7:
            numbers += wire.floats(value)
        elif number == 8:
            numbers += wire.integers(value)
        elif number == 9:
            numbers.append(wire.text(value))
    return name, found if found is not None else numbers


def _value_info(data: memoryview) -> tuple[str, tuple[int | None, ...] | None]:
    """The name of a value, and its sizes (None: not said; of one axis: open)."""
    name, sizes = "", None
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 2:
            for kind, inner in wire.fields(wire.blob(value)):
                for part, shape in wire.fields(wire.blob(inner)) if kind == 1 else ():
                    if part == 2:
                        sizes = tuple(_dimension(wire.blob(d)) for n, d in wire.fields(wire.blob(shape)) if n == 1)
    return name, sizes


def _dimension(data: memoryview) -> int | None:
    for number, value in wire.fields(data):
        if number == 1:
            return wire.signed(value)
    return None


def _entry(data: memoryview) -> tuple[str, str]:
    """A key with its text."""
    found = {number: wire.text(value) for number, value in wire.fields(data) if number in (1, 2)}
    return found.get(1, ""), found.get(2, "")


def _tensor(path: str, data: memoryview) -> Tensor:
    dims: list[int] = []
    dtype, name, raw = 0, "", None
    numbers: list[Any] = []
    external: dict[str, str] = {}
    outside = False
    for number, value in wire.fields(data):
        if number == 1:
            dims += wire.integers(value)
        elif number == 2:
            dtype = wire.signed(value)
        elif number == 4:
            numbers += wire.floats(value)
        elif number in (5, 7, 11):
            numbers += wire.integers(value)
        elif number == 10:
            block = wire.blob(value)
            numbers += struct.unpack(f"<{len(block) // 8}d", block)
        elif number == 8:
            name = wire.text(value)
        elif number == 9:
            raw = wire.blob(value)
        elif number == 13:
            key, text = _entry(wire.blob(value))
            external[key] = text
        elif number == 14:
            outside = wire.signed(value) == 1
    if dtype not in DTYPES:
        raise wire.Broken(f'the tensor "{name[:60]}" has the type {dtype}, which is not read')
    if len(dims) > MOST_DIMS or any(size < 0 for size in dims):
        raise wire.Broken(f'the tensor "{name[:60]}" has the sizes {dims[:MOST_DIMS]}')
    alone = prod(dims) == 1 and "." not in name  # a number of the graph, not of a module
    tensor = Tensor(name, tuple(dims), DTYPES[dtype], bytes, fixed=alone)
    tensor.read = _external(path, tensor, external) if outside else _inside(tensor, raw, numbers)
    return tensor


def _inside(tensor: Tensor, raw: memoryview | None, numbers: list[Any]) -> Callable[[], Any]:
    """The bytes of a tensor in the file itself: as they are, or as numbers that are packed again."""
    width, form = TYPES[tensor.dtype]
    if raw is not None:
        if len(raw) != width * tensor.size:
            raise wire.Broken(f'the tensor "{tensor.name[:60]}" needs {width * tensor.size} bytes; it has {len(raw)}')
        return lambda: raw
    if len(numbers) != tensor.size:
        raise wire.Broken(f'the tensor "{tensor.name[:60]}" needs {tensor.size} numbers; it has {len(numbers)}')
    if tensor.dtype in ("float16", "bfloat16"):  # kept as the 16 bits of each number
        return lambda: struct.pack(f"<{len(numbers)}H", *numbers)
    return lambda: struct.pack(f"<{len(numbers)}{form}", *numbers)


def _external(path: str, tensor: Tensor, entries: dict[str, str]) -> Callable[[], Any]:
    """The bytes of a tensor in a file beside the model. Raises Broken if the file would be in another folder."""
    location = entries.get("location", "")
    texts = entries.get("offset", "0"), entries.get("length", str(TYPES[tensor.dtype][0] * prod(tensor.shape)))
    if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in texts):
        raise wire.Broken(f'the tensor "{tensor.name[:60]}" has no place in {location[:60]!r}')
    offset, length = map(int, texts)
    folder = os.path.realpath(os.path.dirname(path) or ".")
    file = os.path.realpath(os.path.join(folder, location))
    if not location or os.path.isabs(location) or os.path.commonpath([folder, file]) != folder:
        raise wire.Broken(f"its weights lie outside its folder, in {location[:60]!r}")
    if length != TYPES[tensor.dtype][0] * tensor.size:
        raise wire.Broken(f'the tensor "{tensor.name[:60]}" does not fit the {length} bytes of its place')

    def load() -> bytes:
        with regular(file) as stream:
            stream.seek(offset)
            data = stream.read(length)
        if len(data) != length:
            raise SpecError(f"{location}: {len(data)} of {length} bytes of {tensor.name} are in the file")
        return data

    return load
