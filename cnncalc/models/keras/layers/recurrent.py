"""Recurrent layers. Their gates are in our order; a GRU with reset_after has two rows of biases."""

from __future__ import annotations

from typing import Any

from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import Array, add, image
from cnncalc.models.keras.layers.convolution import window
from cnncalc.models.keras.operations import function
from cnncalc.models.keras.settings import flag, usual, whole, word, wrong

WORDS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
MERGED = {"concat": "concat", "sum": "sum", "ave": "average", "mul": "multiply"}


def _functions(node: Called) -> None:
    """Raise Unsupported if a gate or the state does not have our activation."""
    wanted = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    for name, usual_ in wanted.items():
        if function(node.settings.get(name, usual_)) != usual_:
            raise wrong(node, name, node.settings[name])
    if node.keywords.get("initial_state") is not None or len(node.inputs) != 1:
        raise Unsupported(f"{node.op} with an initial state that is computed")
    if len(node.outputs) != 1:
        raise Unsupported(f"{node.op} whose last state is used")
    usual(node, go_backwards=False)


def _quiet(node: Called) -> Called:
    """The same call without its activation, which our kind includes."""
    node.settings = {**node.settings, "activation": None}
    return node


def _fields(node: Called) -> dict[str, Any]:
    fields: dict[str, Any] = {"units": whole(node, "units")}
    fields |= {"return_sequences": True} if flag(node, "return_sequences", usual=False) else {}
    fields |= {} if flag(node, "use_bias", usual=True) else {"bias": False}
    if node.op == "keras.GRU" and flag(node, "reset_after", usual=True):
        fields["biases"] = 2
    return fields


def _arrays(fields: dict[str, Any], start: str, *parts: str) -> dict[str, Array]:
    """The arrays of one direction, in the cell of the layer."""
    parts = (*parts, "cell")
    names = ("kernel", "recurrent_kernel", "bias")
    found = {start + name: Array(number, parts) for number, name in enumerate(names)}
    if fields.get("biases") == 2:
        found |= {f"{start}{name}": Array(2, parts, row=row) for row, name in enumerate(("bias", "recurrent_bias"))}
    return found


def recurrent(importer: Importer, node: Called) -> None:
    """LSTM, GRU, SimpleRNN."""
    _functions(node)
    fields = _fields(node)
    add(importer, _quiet(node), WORDS[node.op.rpartition(".")[2]], fields, _arrays(fields, ""))


def bidirectional(importer: Importer, node: Called) -> None:
    """Bidirectional: the same layer from both ends."""
    entry = node.settings["layer"]
    forward = node.part(entry)
    forward.owned = node.owned
    backward = node.settings.get("backward_layer")
    if forward.op.rpartition(".")[2] not in WORDS:
        raise Unsupported(f"keras.Bidirectional of {forward.op[:60]}")
    forward.keywords = node.keywords
    _functions(forward)
    fields = _fields(forward)
    if isinstance(backward, dict):
        other = node.part(backward)
        other.settings = {**other.settings, "go_backwards": False}
        if other.op != forward.op or _fields(other) != fields:
            raise Unsupported("keras.Bidirectional of two different layers")
        _functions(other)
    merge = MERGED[word(node, "merge_mode", "concat", *MERGED)]
    if node.settings.get("merge_mode", "concat") is None:
        raise wrong(node, "merge_mode", None)
    fields |= {"bidirectional": True, **({} if merge == "concat" else {"merge": merge})}
    arrays = {**_arrays(fields, "", "forward_layer"), **_arrays(fields, "backward_", "backward_layer")}
    trainable = node.settings.get("trainable") is not False and entry["config"].get("trainable") is not False
    forward.settings = {**forward.settings, "trainable": trainable}
    add(importer, _quiet(forward), WORDS[forward.op.rpartition(".")[2]], fields, arrays)


def conv_lstm(importer: Importer, node: Called) -> None:
    """ConvLSTM2D."""
    _functions(node)
    image(importer, node, (4,))
    usual(node, dilation_rate=[1, 1])
    fields = {"filters": whole(node, "filters"), **window(node, 2)}
    fields |= {"return_sequences": True} if flag(node, "return_sequences", usual=False) else {}
    fields |= {} if flag(node, "use_bias", usual=True) else {"bias": False}
    add(importer, _quiet(node), "conv_lstm", fields, _arrays(fields, ""))


LAYERS = {**dict.fromkeys(WORDS, recurrent), "Bidirectional": bidirectional, "ConvLSTM2D": conv_lstm}
