"""Published layer tables, row by row. A table of another tool keeps its conventions; the test turns them into ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc import load, parse
from cnncalc.summary.rows import Row, Summary

SPECS = Path(__file__).parents[2] / "specs"
Table = Callable[[str], Any]

#: A Keras layer as ours: the kind, and its fields for the table's; what stays the same is not named.
KERAS = {
    "Conv2D": ("conv", {}),
    "Conv2DTranspose": ("transposed_conv", {"strides": "stride"}),
    "MaxPooling2D": ("maxpool", {"pool": "size"}),
    "UpSampling2D": ("upsample", {"size": "factor"}),
    "Dense": ("dense", {}),
    "Flatten": ("flatten", {}),
    "Dropout": ("dropout", {}),
    "Concatenate": ("concat", {}),
}


def keras_spec(table: dict[str, Any]) -> str:
    """The table as a spec: layers by number or name, wired as the table says."""
    first = table["layers"][0]
    size = table.get("input") or first["out"]
    lines = [f"input: {size}", "layers:"]
    for number, layer in enumerate(table["layers"]):
        if layer["op"] == "Input":
            continue
        kind, renamed = KERAS[layer["op"]]
        fields = {renamed.get(key, key): value for key, value in layer["hp"].items() if key != "axis"}
        fields["name"] = layer.get("name", f"L{number}")
        if "inputs" in layer:
            read = ["input" if name == first["name"] else name for name in layer["inputs"]]
            fields["from"] = f"[{', '.join(read)}]"
        lines.append(f"  - {kind}: {{{', '.join(f'{key}: {value}' for key, value in fields.items())}}}")
    return "\n".join(lines)


def sizes(row: Row, summary: Summary) -> list[Any]:
    return row.output.written(summary.layout)


@pytest.mark.parametrize("name", ["keras_conv_autoencoder", "keras_mnist_convnet", "unet_keras_upsampling"])
def test_a_keras_summary(table: Table, name: str) -> None:
    published = table(name)
    net = parse(keras_spec(published))
    assert net.findings() == []
    summary = net.summary()
    layers = [layer for layer in published["layers"] if layer["op"] != "Input"]
    for row, layer in zip(summary.rows, layers, strict=True):
        assert (sizes(row, summary), row.params) == (layer["out"], layer["params"]), layer
    assert summary.totals.params == published["total_params"]


def test_the_mnist_convnet_is_in_the_list_of_models_too(table: Table, published: dict[tuple[str, str], Any]) -> None:
    assert table("keras_mnist_convnet")["total_params"] == published["Keras MNIST convnet", ""]["params"]


@pytest.mark.parametrize(
    ("name", "spec"), [("keras_conv_autoencoder", "conv-autoencoder"), ("unet_keras_upsampling", "u-net")]
)
def test_the_file_in_specs_has_the_rows_of_the_table(table: Table, name: str, spec: str) -> None:
    summary = load(str(SPECS / f"{spec}.yaml")).summary()
    layers = [layer for layer in table(name)["layers"] if layer["op"] != "Input"]
    got = [(sizes(row, summary), row.params) for row in summary.rows]
    assert got == [(layer["out"], layer["params"]) for layer in layers]


def test_vgg16_by_torchsummary(table: Table) -> None:
    """38 rows; ours have the activation in the convolution, so a ReLU's row is that of the layer it follows."""
    published = table("torchsummary_vgg16")
    summary = load(str(SPECS / "vgg-16.yaml")).summary()
    rows = iter(summary.rows)
    row = None
    for layer in published["rows"]:
        if layer["op"] != "ReLU":
            row = next(rows)
            assert row.params == layer["params"], layer
        assert row is not None
        size = sizes(row, summary)  # channels last; the table has them first
        assert [size[-1], *size[:-1]] == layer["out"], layer
    assert next(rows, None) is None
    assert summary.totals.params == published["total_params"]


def test_grouped_convolution_by_torchinfo(table: Table) -> None:
    """torchinfo's multiply-adds hold the whole batch of 7, and the bias once for each output."""
    published = table("torchinfo_groups")
    ((op, before, after, params_column),) = [
        (r["op"], r["shapes"][1], r["shapes"][2], r["params"]) for r in published["rows"]
    ]
    assert op == "Conv2d"
    batch, *size = before
    text = f"layout: channels_first\ninput: {size}\nlayers: [conv: {{filters: 32, kernel: 3, groups: 4}}]"
    summary = parse(text).summary()
    (row,) = summary.rows
    _, params, mult_adds = params_column
    assert [batch, *sizes(row, summary)] == after
    assert row.params == params
    assert batch * (row.macs + row.activations) == mult_adds
    assert f"{row.weight_bytes / 1000:.2f}" == published["totals"]["Params size (kB)"]


def test_an_autoencoder_by_torchinfo(table: Table) -> None:
    """Max unpooling puts each maximum back into its place: in sizes, an upsampling by 2."""
    published = table("torchinfo_autoencoder")
    summary = parse(
        """
layout: channels_first
input: 3x64x64
layers:
  - conv: {filters: 16, kernel: 3, padding: 1}
  - relu
  - maxpool: 2
  - upsample: 2
  - conv: {filters: 3, kernel: 3, padding: 1}
  - relu
"""
    ).summary()
    leaves = [r for r in published["rows"] if r["op"] not in ("AutoEncoder", "Sequential")]
    for row, leaf in zip(summary.rows, leaves, strict=True):
        assert [1, *sizes(row, summary)] == leaf["shapes"][0], leaf
        if leaf["op"] == "Conv2d":
            assert row.params == leaf["params"][0]
    totals = summary.totals
    assert f"{totals.params}" == published["totals"]["Total params"]
    biases = sum(row.activations for row in summary.rows if row.kind == "conv")
    assert f"{(totals.macs + biases) / 1e6:.2f}" == published["totals"]["Total mult-adds (M)"]


def lenet5_of_1998() -> str:
    """LeNet-5 as in the paper: S2 and S4 learn a factor and a bias for each map, which is a depthwise 1×1 after the
    pool; each map of C3 reads some maps of S2: first 3, then 4 neighbours, then 4 others, and the last one all.
    """
    three = [[i, (i + 1) % 6, (i + 2) % 6] for i in range(6)]
    four = [[i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6] for i in range(6)]
    apart = [[i, i + 1, (i + 3) % 6, (i + 4) % 6] for i in range(3)]
    read = [*three, *four, *apart, list(range(6))]
    lines = [
        "layout: channels_first",
        "input: 1x32x32",
        "layers:",
        "  - conv: {name: C1, filters: 6, kernel: 5}",
        "  - avgpool: 2",
        "  - depthwise_conv: {name: S2, kernel: 1}",
        *(f"  - split: {{name: map{i}, parts: 6, part: {i + 1}, from: S2}}" for i in range(6)),
    ]
    for number, maps in enumerate(read):
        lines.append(f"  - concat: {{name: read{number}, from: [{', '.join(f'map{i}' for i in maps)}]}}")
        lines.append(f"  - conv: {{name: C3-{number}, filters: 1, kernel: 5}}")
    lines += [
        f"  - concat: {{name: C3, from: [{', '.join(f'C3-{number}' for number in range(16))}]}}",
        "  - avgpool: 2",
        "  - depthwise_conv: {name: S4, kernel: 1}",
        "  - conv: {name: C5, filters: 120, kernel: 5}",
        "  - dense: {name: F6, units: 84}",
        "  - dense: {name: OUT, units: 10, bias: false, trainable: false}",
    ]
    return "\n".join(lines)


def test_lenet5_of_1998(table: Table) -> None:
    """60,000 parameters and 340,908 connections. A connection is a multiply-accumulate or a bias, at every position;
    a pool has 4 and its bias; the fixed output layer has connections and nothing to train.
    """
    published = table("lenet5_original")
    summary = parse(lenet5_of_1998()).summary()
    parts = {"C3": [f"C3-{number}" for number in range(16)]}  # rows of ours that are one of theirs
    params = connections = 0
    for layer in published["layers"]:
        rows = [summary[name] for name in parts.get(layer["name"], [layer["name"]])]
        assert sizes(summary[layer["name"]], summary) == layer["out"]
        assert sum(row.trainable_params for row in rows) == layer["params"], layer
        if layer["op"].startswith("subsample"):
            counted = sum(5 * row.activations for row in rows)
        else:
            counted = sum(row.macs + (row.activations if row.bias_params else 0) for row in rows)
        assert counted == layer["connections"], layer
        params, connections = params + layer["params"], connections + counted
    assert (params, connections) == (published["total_params"], published["total_connections"])
