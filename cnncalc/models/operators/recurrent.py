"""Recurrent layers, as ONNX has them (a layer for each node) and as PyTorch does (a stack).

Gates lie in other orders: ours are i f g o and z r h; ONNX has i o f g and z r h, PyTorch i f g o and r z h.
Source: github.com/onnx/onnx, docs/Operators.md; pytorch.org, torch.nn.LSTM, GRU, RNN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight
from cnncalc.models.values import Factor
from cnncalc.models.weights import numbers_of

#: For each of our gates, the place of it in ONNX and in PyTorch.
ONNX = {"lstm": (0, 2, 3, 1), "gru": (0, 1, 2), "rnn": (0,)}
PYTORCH = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "rnn": (0,)}
#: What ONNX calls the functions of the gates, where they are ours.
FUNCTIONS = {"lstm": ["Sigmoid", "Tanh", "Tanh"], "gru": ["Sigmoid", "Tanh"], "rnn": ["Tanh"]}


class Cell(NamedTuple):
    """Numbers of the state, gates, directions and layers of a stack."""

    units: int
    gates: tuple[int, ...]
    directions: int = 1
    layers: int = 1

    def array(self, tensor: Tensor, row: tuple[int, ...] = (), *, half: int = 0, halves: int = 1) -> Weight:
        """A kernel ``[gates·h, in]`` or a bias ``[gates·h]``, which is a ``row`` of a tensor, or a half of one."""
        size = len(self.gates) * self.units
        shape = tensor.shape[len(row) :]
        if not shape or shape[0] != size * halves or len(shape) > 2:
            raise Unsupported(f"recurrent weights of {'×'.join(map(str, tensor.shape))} for {self.units} units")
        return Weight(tensor, work=self._work(row, half * size), worked=(*shape[1:], size))

    def _work(self, row: tuple[int, ...], start: int) -> Callable[[Any], Any]:
        count, units, order = len(self.gates), self.units, list(self.gates)

        def ordered(array: Any) -> Any:
            own = array[row][start : start + count * units]
            return own.reshape(count, units, *own.shape[1:])[order].reshape(own.shape).T

        return ordered


def onnx(importer: Importer, node: Node) -> None:
    """LSTM, GRU, RNN of one layer."""
    word, settings = node.op.lower(), node.settings
    kernel, recurrent, bias = (importer.tensor(node, place) for place in (1, 2, 3))
    directions = {"forward": 1, "bidirectional": 2}.get(settings.get("direction", "forward"))
    if kernel is None or recurrent is None or directions is None or len(kernel.shape) != 3:
        raise Unsupported(f"{node.op} in the direction {settings.get('direction')}, or with weights that are computed")
    if settings.get("activations", FUNCTIONS[word] * directions) != FUNCTIONS[word] * directions or settings.get(
        "clip"
    ):
        raise Unsupported(f"{node.op} with other functions")
    if settings.get("layout"):
        raise Unsupported(f"{node.op} with the batch first")
    if any(node.inputs[4:5]) or any(node.inputs[7:8]):
        raise Unsupported(f"{node.op} with lengths or peepholes")
    _check_zero(importer, node, node.inputs[5:7])
    cell = Cell(settings["hidden_size"], ONNX[word], directions)
    bias, biases = _biases(importer, node, bias)
    halves = bias.shape[-1] // (len(cell.gates) * cell.units) if bias is not None else 0
    weights: dict[str, Weight] = {}
    for number, start in enumerate(("", "backward_")[:directions]):
        weights[f"{start}kernel"] = cell.array(kernel, (number,))
        weights[f"{start}recurrent_kernel"] = cell.array(recurrent, (number,))
        for half, name in enumerate(("bias", "recurrent_bias")[:biases] if bias is not None else ()):
            weights[f"{start}{name}"] = cell.array(bias, (number,), half=half, halves=halves)  # type: ignore[arg-type]
    x = importer.values[node.inputs[0]].transposed([1, 0, 2])
    y = _added(importer, node, word, x, cell, weights, biases)
    if y.shape.rank == 1:
        importer.values[node.outputs[1]] = y._replace(dims=(*_halves(y, cell)[:1], y.dims[0], *_halves(y, cell)[1:]))
        return
    turns, units = _halves(y, cell)
    importer.values[node.outputs[0]] = y._replace(dims=(y.dims[1], turns, y.dims[0], units))
    _last(importer, node, y, cell, 1)


def _biases(importer: Importer, node: Node, bias: Tensor | None) -> tuple[Tensor | None, int]:
    """The biases of a node, and how many vectors they are.

    ONNX always has two. One is learned where the other is filled up with zeros in the graph, or where the file has
    zeros in its place and other numbers before them (tf2onnx). A GRU has two if it resets after the product, and one if
    before. Raises Unsupported for any other.
    """
    after = node.op == "GRU" and bool(node.settings.get("linear_before_reset"))
    if bias is None or after:
        return bias, 2 if after else 1
    size = bias.shape[-1] // 2
    sources = bias.sources
    alone = sources[0] if len(sources) == 1 and sources[0].shape == (*bias.shape[:-1], size) else None
    if alone is None:
        numbers = numbers_of(bias)
        first, second = numbers[..., :size], numbers[..., size:]
        if second.any() or (not first.any() and node.op != "GRU"):
            if node.op == "GRU":
                raise Unsupported("GRU with two biases that resets before the product")
            return bias, 2
    importer.graph.remarks.append(f"{node.name or node.op}: its second bias is all zeros, so it has one bias vector")
    return alone or bias, 1


def pytorch(importer: Importer, node: Node) -> None:
    """PyTorch's lstm, gru and rnn_tanh: a stack of layers, its weights one after the other."""
    settings, word = node.settings, node.op.rpartition(".")[2]
    states, names = node.inputs[1 : 1 + settings["states"]], node.inputs[1 + settings["states"] :]
    _check_zero(importer, node, states)
    tensors = [importer.constants.get(name) for name in names]
    directions, each = 1 + settings["bidirectional"], 4 if settings["bias"] else 2
    if len(tensors) != each * directions * settings["layers"] or not tensors[1]:
        raise Unsupported(f"{node.op} with a projection, or with weights that are computed")
    cell = Cell(tensors[1].shape[-1], PYTORCH[word], directions, settings["layers"])
    weights: dict[str, Weight] = {}
    parts = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")[:each]
    for number, tensor in enumerate(tensors):
        block, part = divmod(number, each)
        layer, direction = divmod(block, directions)
        start = f"layer{layer + 1}_" if layer else ""
        if tensor is None:
            raise Unsupported(f"{node.op} with weights that are computed")
        weights[f"{start}{'backward_' if direction else ''}{parts[part]}"] = cell.array(tensor)
    x = importer.values[node.inputs[0]]
    x = x if settings["batch_first"] else x.transposed([1, 0, 2])
    y = _added(importer, node, word, x, cell, weights, 2 if settings["bias"] or word == "gru" else 1)
    if y.shape.rank == 1:
        turns, units = _halves(y, cell)
        importer.values[node.outputs[1]] = y._replace(dims=(turns, y.dims[0], units))
        return
    seen = y if settings["batch_first"] else y.transposed([1, 0, 2])
    importer.values[node.outputs[0]] = seen
    _last(importer, node, y, cell, 1)


def _check_zero(importer: Importer, node: Node, names: list[str]) -> None:
    """Raise Unsupported unless the states before the first step are zeros."""
    for name in filter(None, names):
        tensor = importer.constants.get(name)
        if tensor is None or numbers_of(tensor).any():
            raise Unsupported(f"{node.op} with a first state that is computed, or not zero")


def _added(
    importer: Importer, node: Node, word: str, x: Value, cell: Cell, weights: dict[str, Weight], biases: int
) -> Value:  # fmt: skip
    """The layer. Its last states alone are its output where the model reads no others."""
    every = importer.readers.get(node.outputs[0], 0) > 0
    if not every and cell.layers > 1:
        raise Unsupported(f"{node.op} in a stack of which only the last states are read")
    fields: dict[str, Any] = {"units": cell.units}
    fields |= {"return_sequences": True} if every else {}
    fields |= {"bidirectional": True} if cell.directions > 1 else {}
    fields |= {"layers": cell.layers} if cell.layers > 1 else {}
    fields |= {"biases": biases} if biases > 1 else {}
    fields |= {} if "bias" in weights else {"bias": False}
    name = importer.named(node, weights["kernel"].tensor.name)
    return importer.add(Node("", "", []), word, fields, [importer.value_of(x)], name, weights)


def _halves(y: Value, cell: Cell) -> tuple[tuple[Factor, ...], tuple[Factor, ...]]:
    """The two directions of an output, and the numbers of one."""
    turns = (Factor("channels", cell.directions, cell.units),) if cell.directions > 1 else ()
    return turns, (Factor("channels", cell.units),)


def _last(importer: Importer, node: Node, y: Value, cell: Cell, place: int) -> None:
    """The last state beside all states: of one layer in one direction it is the output at the last step."""
    if len(node.outputs) <= place or not importer.readers.get(node.outputs[place], 0):
        return
    if cell.directions > 1 or cell.layers > 1:
        raise Unsupported(f"{node.op} whose states and last states are both read")
    last = y.taken(1, y.all_sizes[1] - 1)
    assert last is not None
    importer.values[node.outputs[place]] = last._replace(dims=((), *last.dims))


OPERATORS = {
    "LSTM": onnx, "GRU": onnx, "RNN": onnx,
    "torch.lstm": pytorch, "torch.gru": pytorch, "torch.rnn": pytorch,
}  # fmt: skip
