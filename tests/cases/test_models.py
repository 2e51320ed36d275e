"""Published totals of whole networks, each source by its own convention."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import pytest

from cnncalc import load, parse
from cnncalc.summary.rows import Summary

ZOO = Path(__file__).parent / "zoo"
SPECS = Path(__file__).parents[2] / "specs"
MULTIPLYING = ("conv", "depthwise_conv", "dense")
IMAGE = "3x224x224"

Published = dict[tuple[str, str], dict[str, Any]]

#: The rows of models.yaml for the files in specs/.
SPEC_ROWS = {
    "alexnet": ["torchvision alexnet", "thop alexnet", "ptflops alexnet"],
    "densenet-121": ["torchvision densenet121", "timm densenet121", "ptflops densenet121", "onnx light_densenet121"],
    "efficientnet-b0": ["keras.applications EfficientNetB0", "ptflops efficientnet_b0"],
    "googlenet": ["torchvision googlenet"],
    "lenet5": ["LeNet-5 modern (full C3)"],
    "mobilenet-v2": ["keras.applications MobileNetV2", "thop mobilenet_v2"],
    "resnet-18": ["torchvision resnet18", "thop resnet18"],
    "resnet-50": ["torchvision resnet50", "ptflops resnet50"],
    "squeezenet": ["convnet-burden squeezenet1-1"],
    "vgg-16": ["torchvision vgg16", "keras.applications VGG16", "timm vgg16", "thop vgg16", "convnet-burden vgg-vd-16"],
}


def torchvision(summary: Summary, row: dict[str, Any]) -> None:
    """Trainable parameters; multiply-accumulates in units of 10⁹ with three decimals."""
    totals = summary.totals
    assert totals.trainable_params == row["params"]
    assert round(totals.macs / 1e9, 3) == row["gmacs"]
    if "recomputed" in row:
        assert totals.macs == row["recomputed"]["macs"]
        assert totals.non_trainable_params == row["recomputed"]["bn_running_stats"]


def keras(summary: Summary, row: dict[str, Any]) -> None:
    """All parameters, the moving statistics among them."""
    totals = summary.totals
    exact = row.get("recomputed") or {"total": row["params"], **row}
    # EfficientNetB0 alone normalises its input by the 7 numbers of a layer that stands before the network.
    before = 7 if row["model"].endswith("EfficientNetB0") else 0
    assert totals.params + before == exact["total"] == row["params"]
    if "trainable" in exact:
        assert totals.trainable_params == exact["trainable"]
        assert totals.non_trainable_params + before == exact["non_trainable"]


def timm(summary: Summary, row: dict[str, Any]) -> None:
    """Millions with two decimals. Normalisations count as multiply-accumulates; activations are the outputs of
    convolutions and dense layers. ConvMixer's depthwise convolutions are missing from both figures: the counter
    (fvcore) does not know a convolution whose padding is the word `same`. Of attention it counts other outputs.
    """
    unseen = ("depthwise_conv",) if "convmixer" in row["model"] else ()
    seen = [r for r in summary.rows if r.kind not in unseen]
    millions(summary, row)
    at_most(sum(r.macs for r in seen), row["gmacs"], 0.94)
    if not {"vit", "deit"} & set(row["model"].replace("_", " ").split()):
        activations = sum(r.activations for r in seen if r.kind in MULTIPLYING)
        assert activations / 1e6 == pytest.approx(row["activations_M"], abs=0.0051)


def thop(summary: Summary, row: dict[str, Any]) -> None:
    """Normalisation, pooling and activations count too: 1 to 10 % more than ours."""
    millions(summary, row)
    at_most(summary.totals.macs, row["gmacs"], 0.9)


def ptflops(summary: Summary, row: dict[str, Any]) -> None:
    """One backend counts normalisation and element-wise work too, the other hardly."""
    millions(summary, row)
    at_most(summary.totals.macs, row["gmacs_pytorch_backend"], 0.93)
    if "gmacs_aten_backend" in row:
        at_most(summary.totals.macs, row["gmacs_aten_backend"], 0.998)


def onnx(summary: Summary, row: dict[str, Any]) -> None:
    """All constants of the graph. Caffe's batchnorm is followed by a scale of its own: 6 numbers a channel, not 4."""
    totals = summary.totals
    assert totals.macs == row["macs"]
    assert totals.trainable_params + 2 * totals.non_trainable_params == row["params_all_constants"]
    assert totals.non_trainable_params == row["bn_running"]


def burden(summary: Summary, row: dict[str, Any]) -> None:
    """The memory of the weights; `MB` are MiB. Its feature memory and FLOPs hold more layers than ours."""
    assert f"{summary.totals.weight_bytes / 2**20:.0f} MB" == row["param_mem"]


def plain(summary: Summary, row: dict[str, Any]) -> None:
    """Parameters alone; a paper's are rounded to 0.1 million."""
    params = summary.totals.trainable_params
    assert row["params"] == (params if isinstance(row["params"], int) else round(params, -5))


def millions(summary: Summary, row: dict[str, Any]) -> None:
    assert summary.totals.trainable_params / 1e6 == pytest.approx(row["params_M"], abs=0.0051)


def at_most(macs: int, giga: float, share: float) -> None:
    """Ours is no more than the published figure, but for its rounding, and at least ``share`` of it."""
    assert share * giga - 0.005 <= macs / 1e9 <= giga + 0.005


SOURCES = {
    "torchvision": torchvision, "keras.applications": keras, "timm": timm, "thop": thop, "ptflops": ptflops,
    "onnx": onnx, "convnet-burden": burden,
}  # fmt: skip


def compare(summary: Summary, published: Published, models: list[str], size: str) -> None:
    """The totals against the rows of ``models`` at that input size; a row without one is of the usual size."""
    assert models
    for model in models:
        row = published.get((model, size)) or published[model, ""]
        SOURCES.get(model.split()[0], plain)(summary, row)


def family(name: str, size: str, **names: Any) -> Summary:
    """The network of a family in zoo/ with its $names filled in; without findings."""
    text = Template((ZOO / f"{name}.yaml").read_text(encoding="utf-8"))
    net = parse(text.substitute(input=size, **names))
    assert net.findings() == []
    return net.summary()


def test_a_network_of_a_family(zoo_row: dict[str, Any], published: Published) -> None:
    summary = family(zoo_row["family"], zoo_row["input"], **zoo_row["with"])
    compare(summary, published, zoo_row["published"], zoo_row["input"])


@pytest.mark.parametrize("name", SPEC_ROWS)
def test_a_file_in_specs(name: str, published: Published) -> None:
    compare(load(str(SPECS / f"{name}.yaml")).summary(), published, SPEC_ROWS[name], IMAGE)


def test_googlenet_as_published_with_its_auxiliary_heads(published: Published) -> None:
    """ptflops counts 13.00 million: the heads are among them, and ours is the figure that its note gives without."""
    row = published["ptflops googlenet", IMAGE]
    totals = load(str(SPECS / "googlenet.yaml")).summary().totals
    assert f"({totals.trainable_params / 1e6:.2f}M without)" in row["note"]
    at_most(totals.macs, row["gmacs_pytorch_backend"], 0.93)


def test_the_feature_memory_of_vgg_16(published: Published) -> None:
    """Every output once, an activation in the place of what it reads."""
    row = published["convnet-burden vgg-vd-16", IMAGE]
    totals = load(str(SPECS / "vgg-16.yaml")).summary().totals
    assert f"{totals.activation_bytes / 2**20:.0f} MB" == row["feat_mem"]


def test_mobilenet_and_its_version_of_full_convolutions(published: Published) -> None:
    """Table 4 of the paper: 569 million multiply-adds against 4,866 million, 4.2 against 29.3 million parameters.

    The 4,866 leave out the 1 million of the classifier, which the 569 hold.
    """
    note = published["MobileNetV1 1.0 224 (paper)", ""]["note"]
    separable, full = (family("mobilenet-v1", IMAGE, unit=unit) for unit in ("separable", "full"))
    assert note.startswith(f"{separable.totals.macs / 1e6:.0f} M mult-adds")
    assert full.totals.macs == 4_867_293_184
    without = full.totals.macs - full["dense1"].macs
    assert f"{full.totals.trainable_params / 1e6:.1f} M, {without / 1e6:,.0f} M" in note


def test_the_other_head_of_the_u_net(published: Published) -> None:
    """31,031,685: one channel goes in, and a 3×3 convolution to 2 channels stands before the last."""
    text = (SPECS / "u-net.yaml").read_text(encoding="utf-8").replace("256x256x3", "256x256x1")
    text = text.partition("  - conv: {filters: 1, kernel: 1")[0]
    text += "  - conv: {filters: 2, kernel: 3, padding: same}\n  - conv: {filters: 1, kernel: 1}\n"
    params = parse(text.replace("params: 38720", "params: 37568")).summary().totals.params
    assert params == published["U-Net 64..1024, other head", ""]["params"]


def test_a_small_resnet_for_cifar(published: Published) -> None:
    row = published["SmallResNet (32-64-128-256, CIFAR)", ""]
    text = """
input: 32x32x3
define:
  conv_bn:
    args: {filters: null, kernel: 3, stride: 1}
    layers:
      - conv: {filters: filters, kernel: kernel, stride: stride, padding: kernel // 2, bias: false}
      - batchnorm
  body:
    args: {filters: null, stride: 1}
    layers: [use: {block: conv_bn, filters: filters, stride: stride}, relu, use: {block: conv_bn, filters: filters}]
  stage:
    args: {filters: null}
    layers:
      - residual:
          body: [use: {block: body, filters: filters, stride: 2}]
          shortcut: [use: {block: conv_bn, filters: filters, kernel: 1, stride: 2}]
          activation: relu
layers:
  - use: {block: conv_bn, filters: 32}
  - relu
  - residual: {body: [use: {block: body, filters: 32}], activation: relu}
  - use: {block: stage, filters: 64}
  - use: {block: stage, filters: 128}
  - use: {block: stage, filters: 256}
  - global_avgpool
  - dense: 10
"""
    totals = parse(text).summary().totals
    assert totals.trainable_params == row["params"]
    assert f"{totals.macs:,} MACs" == row["note"]


def test_a_dense_autoencoder(published: Published) -> None:
    text = "input: 784\nencoder: [dense: {units: 32, activation: relu}]\ndecoder: [dense: {units: 784}]"
    assert parse(text).summary().totals.params == published["Keras dense autoencoder 784-32", ""]["params"]
