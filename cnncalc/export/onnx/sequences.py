"""Tokens, positions, recurrent layers and mixtures of experts."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from cnncalc.export.missing import Untranslated
from cnncalc.export.onnx import proto
from cnncalc.export.onnx.builder import Builder, channel_axis
from cnncalc.summary.rows import Row

#: The operator of each recurrent kind, and the order of ONNX's gates in ours (iofc of i f g o, zrh of z r h).
RECURRENT = {"rnn": ("RNN", [0]), "lstm": ("LSTM", [0, 3, 1, 2]), "gru": ("GRU", [0, 1, 2])}


def embedding(out: Builder, row: Row, x: str) -> str:
    """Gather of rows of the table."""
    source = row.layer.sources[0]
    if source >= len(out.summary.inputs) or out.dtype(source) != proto.INT64:
        x = out.add("Cast", x, to=proto.INT64)
    return str(out.add("Gather", out.learned(row, "embeddings"), x))


def positional_encoding(out: Builder, row: Row, x: str) -> str:
    """The vectors of the positions, added."""
    kind: Any = row.layer.kind
    shape = row.output
    if kind.style == "learned":
        table, positions = out.learned(row, "embeddings"), out.np.prod(shape.spatial)
        if positions < row.weights["embeddings"][0]:
            table = out.cut(table, 0, 0, int(positions))
        if shape.rank > 2:
            sizes = out.constant([shape.channels, *shape.spatial])
            table = out.add("Reshape", out.transpose(table, [1, 0]), sizes)
        return str(out.add("Add", x, table))
    from cnncalc.engine import kernels

    nothing = out.np.zeros((1, *shape.sizes), out.np.float32)
    (table,) = kernels.find(kind)(kind, {}, nothing)
    return str(out.add("Add", x, out.constant(out.np.moveaxis(table, -1, 0) if shape.rank > 2 else table)))


def class_token(out: Builder, row: Row, x: str) -> str:
    """One vector put in front of each example."""
    batch = out.add("Shape", x, start=0, end=1)
    sizes = out.add("Concat", batch, out.constant([1, row.output.channels]), axis=0)
    return str(out.add("Concat", out.add("Expand", out.learned(row, "token"), sizes), x, axis=1))


def recurrent(out: Builder, row: Row, x: str, *states: str) -> str:
    """RNN, LSTM or GRU, stacked."""
    kind: Any = row.layer.kind
    if kind.projection is not None:
        raise Untranslated("lstm with a projection")
    directions = len(kind.directions)
    x = out.transpose(x, [1, 0, 2])
    for layer in range(kind.layers):
        every = kind.return_sequences or layer + 1 < kind.layers
        starts = [_start(out, state, layer, directions, kind) for state in states]
        made, ended = _layer(out, row, x, layer, starts)
        y = out.transpose(made, [2, 0, 1, 3]) if every else out.transpose(ended, [1, 0, 2])  # directions before h
        y = _joined(out, kind, y, axis=2 if every else 1)
        x = out.transpose(y, [1, 0, 2]) if every and layer + 1 < kind.layers else y
    return str(x)


def _layer(out: Builder, row: Row, x: str, layer: int, starts: list[str]) -> tuple[str, str]:
    """One layer in all its directions on ``[T, N, F]``: every state ``[T, D, N, h]``, and the last ``[D, N, h]``."""
    kind: Any = row.layer.kind
    op, places = RECURRENT[row.kind]
    arrays, np = out.weights(row), out.np

    def stacked(name: str) -> Any:
        """The arrays of the directions ``[D, gates·h, ...]``, their gates in ONNX's order."""
        each = [arrays[f"layer{layer + 1}_{start}{name}" if layer else start + name].T for start in kind.directions]
        gates = [array.reshape(len(places), kind.units, -1)[places].reshape(array.shape) for array in each]
        return np.stack(gates)

    own = f"layer{layer + 1}_" if layer else ""
    kernels = [out.learned(row, own + name, stacked(name)) for name in ("kernel", "recurrent_kernel")]
    biases = ""
    if kind.bias:
        both = [stacked(name) for name in ("bias", "recurrent_bias")[: kind.biases]]
        biases = out.learned(row, own + "bias", np.concatenate(both, axis=1))
        if kind.biases == 1:  # ONNX always has two: zeros for the other, which are not learned
            biases = out.add("Pad", biases, out.constant([0, 0, 0, both[0].shape[1]]))
    settings: dict[str, Any] = {"hidden_size": kind.units}
    if kind.bidirectional:
        settings["direction"] = "bidirectional"
    if op == "GRU":
        settings["linear_before_reset"] = int(kind.resets_after)
    given = [biases, "", *starts] if biases or starts else []
    outputs = out.add(op, x, *kernels, *given, outputs=2, **settings)
    return outputs[0], outputs[1]


def _start(out: Builder, state: str, layer: int, directions: int, kind: Any) -> str:
    """The first state of a layer, ``[D, N, h]``, from the states of all layers and directions, ``[N, (L·D,) h]``."""
    if kind.layers * directions == 1:
        return str(out.add("Unsqueeze", state, out.constant([0])))
    own = out.cut(state, 1, layer * directions, (layer + 1) * directions)
    return out.transpose(own, [1, 0, 2])


def _joined(out: Builder, kind: Any, y: str, axis: int) -> str:
    """The directions joined along ``axis``."""
    if kind.merge == "concat":
        return out.reshape(y, *[0] * (axis - 1), len(kind.directions) * kind.units)
    op = {"sum": "ReduceSum", "average": "ReduceMean", "multiply": "ReduceProd"}[kind.merge]
    return str(out.add(op, y, out.constant([axis]), keepdims=0))


def moe(out: Builder, row: Row, router: str, *experts: str) -> str:
    """The experts' outputs times their shares: the softmax over the largest numbers of the router, zero elsewhere."""
    kind: Any = row.layer.kind
    axis = channel_axis(row.output)
    chosen, places = out.add("TopK", router, out.constant([kind.top]), axis=axis, outputs=2)
    nothing = out.add("Mul", router, out.constant(0.0))
    shares = out.add("ScatterElements", nothing, places, out.add("Softmax", chosen, axis=axis), axis=axis)
    parts = [out.add("Mul", out.cut(shares, axis, i, i + 1), expert) for i, expert in enumerate(experts)]
    return str(reduce(lambda a, b: out.add("Add", a, b), parts))


KINDS: dict[str, Callable[..., str]] = {
    "embedding": embedding, "positional_encoding": positional_encoding, "class_token": class_token,
    "rnn": recurrent, "lstm": recurrent, "gru": recurrent, "moe": moe,
}  # fmt: skip
