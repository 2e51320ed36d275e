"""Every layer of PyTorch and Keras that the vocabulary names is read with its arguments, and counts as it does there.

The layers were recorded by record_signatures.py, so this needs neither of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnncalc import parse
from cnncalc.errors import SpecError
from cnncalc.spec import vocabulary

RECORDED = json.loads((Path(__file__).parents[1] / "facts" / "signatures.json").read_text(encoding="utf-8"))
LAYERS = [(whose, name, data) for whose, layers in RECORDED.items() for name, data in layers.items()]
#: Layers that are refused: their slope is one for each number, which no kind of ours has.
REFUSED = [("Keras", "PReLU")]
MADE = [one for one in LAYERS if "given" in one[2] and (one[0].split()[0], one[1]) not in REFUSED]
IDS = [f"{whose.split()[0]} {name}" for whose, name, _ in MADE]


def row(whose: str, name: str, data: dict[str, Any], arguments: dict[str, Any]) -> Any:
    """The last row of one layer with these arguments, and the numbers that it learns; Keras counts moving ones too."""
    word = f"nn.{name}" if whose.startswith("PyTorch") else f"layers.{name}"
    names = ["a", "b"][: data["operands"]]
    fields = {**arguments, "from": names}
    net = parse({"input": dict.fromkeys(names, data["input"]), "layers": [{word: fields}]})
    totals = net.summary().totals
    return net.summary().rows[-1], totals.trainable_params if whose.startswith("PyTorch") else totals.params


def same(whose: str, name: str, data: dict[str, Any], arguments: dict[str, Any]) -> None:
    """It counts and gives what it does there, or its row says what differs: PyTorch's and Keras's recurrent layers."""
    found, params = row(whose, name, data, arguments)
    notes = " ".join(note.text for note in found.layer.notes)
    steps = "only the last step; PyTorch has every step" in notes
    assert list(found.output.written("channels_last")) == data["output"][steps:]
    assert params == data["params"] or "counted with one bias vector" in notes


@pytest.mark.parametrize(("whose", "name", "data"), MADE, ids=IDS)
def test_a_layer_counts_as_it_does_there(whose, name, data):
    same(whose, name, data, data["given"])


@pytest.mark.parametrize(("whose", "name", "data"), MADE, ids=IDS)
def test_every_argument_is_known_at_its_default(whose, name, data):
    every = {key: value for key, value in data["arguments"].items() if value != "(function)"} | data["given"]
    same(whose, name, data, every)


@pytest.mark.parametrize(("whose", "name", "data"), LAYERS, ids=[f"{w.split()[0]} {n}" for w, n, _ in LAYERS])
def test_the_order_of_values_without_names_is_theirs(whose, name, data):
    order = vocabulary.order(name)
    both = name in RECORDED["PyTorch 2.13.0"] and whose.startswith("Keras")  # the order is PyTorch's
    assert both or list(data["arguments"])[: len(order)] == order


@pytest.mark.parametrize(("whose", "name"), REFUSED)
def test_a_layer_that_no_kind_can_say_is_refused(whose, name):
    (data,) = (found for of, layer, found in LAYERS if (of.split()[0], layer) == (whose, name))
    with pytest.raises(SpecError, match="one slope"):
        row(whose, name, data, {})
    assert row(whose, name, data, {"shared_axes": [1, 2]})[1] == 4


@pytest.mark.parametrize(
    ("layer", "help"),
    [("ReLU: {max_value: 6}", "relu6 stops at 6"), ("ReLU: {negative_slope: 0.2}", "leaky_relu: {slope: 0.1}"),
     ("nn.GRU: {input_size: 4, hidden_size: 6, proj_size: 2}", "proj_size: 0, or leave it out"),
     ("nn.MultiheadAttention: {embed_dim: 4, num_heads: 2, kdim: 5}", "kdim: 4, or leave it out"),
     ("Flatten: {start_dim: 2}", "reshape")],
)  # fmt: skip
def test_a_value_that_no_kind_has_is_refused_with_what_to_write(layer, help):
    with pytest.raises(SpecError) as caught:
        parse(f"input: [8, 4]\nlayers: [{layer}]").summary()
    assert help in (caught.value.problems[0].help or "")


@pytest.mark.parametrize(
    ("layer", "note"),
    [
        ("nn.LSTM: [4, 6]", "PyTorch has two"),
        ("layers.GRU: 6", "Keras has two"),
        ("GRU: 6", "PyTorch and Keras have two"),
        ("layers.GRU: {units: 6, reset_after: false}", ""),
        ("layers.LSTM: 6", ""),
        ("layers.GRU: {units: 6, use_bias: false}", ""),
        ("nn.LSTM: {input_size: 4, hidden_size: 6, bias: False}", ""),
        ("gru: 6", ""),
        ("nn.GRU: {hidden_size: 6, biases: 2}", ""),
    ],
)
def test_the_bias_vectors_that_frameworks_have_are_named(layer, note):
    (found,) = parse(f"input: [8, 4]\nlayers: [{layer}]").summary().rows
    said = [one.text for one in found.layer.notes if "bias" in one.text]
    assert said == ([f"counted with one bias vector; {note} (write biases: 2)"] if note else [])


def test_a_norm_of_pytorch_has_a_shift_only_with_its_scale():
    for order in ("affine: false, bias: true", "bias: true, affine: false"):
        assert parse(f"input: 8x8x4\nlayers: [BatchNorm2d: {{{order}}}]").summary().totals.trainable_params == 0
    assert (
        parse("input: 8x8x4\nlayers: [BatchNorm2d: {affine: true, bias: false}]").summary().totals.trainable_params == 4
    )
