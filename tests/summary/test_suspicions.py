"""What is likely to be a mistake is a warning; what its author would defend is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import SpecError, calc, load, parse

ROOT = Path(__file__).parents[2]
OWN = [ROOT / "specs", ROOT / "tests/facts/networks", ROOT / "tests/facts/engineers"]
PROBLEMS = ("quiz.yaml",)  # are no networks
FILES = [path for folder in OWN for path in sorted(folder.glob("*.yaml")) if path.name not in PROBLEMS]


def warned(text: str) -> list[str | None]:
    return [finding.layer for finding in parse(text).findings() if finding.severity == "warning"]


def image(size: str, layers: str = "conv: {filters: 4, kernel: 3}", layout: str = "channels_last") -> list[str | None]:
    return warned(f"layout: {layout}\ninput: {size}\nlayers: [{layers}]")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_network_of_others_is_warned_of(path: Path) -> None:
    assert [finding for finding in load(path).findings() if finding.severity == "warning"] == []


@pytest.mark.parametrize("size", ["1x28x28", "3x32x32", "4x64x48", "3x224x224", "1x2x2", "3xHxW", "3x7x512"])
def test_an_image_that_looks_channels_first(size: str) -> None:
    assert image(size, "relu") == ["input"]
    assert image(size, "relu", "channels_first") == []
    assert image(size, "relu", "NHWC") == []


@pytest.mark.parametrize("size", ["28x28x1", "32x32x3", "3x3x2", "1x1x512", "2x32x32", "5x32x32", "4x4x64", "HxWx3"])
def test_an_image_that_does_not(size: str) -> None:
    assert image(size, "relu") == []


@pytest.mark.parametrize("size", ["28x28x1", "224x224x3", "HxWx3"])
def test_the_same_of_the_other_layout(size: str) -> None:
    assert image(size, "relu", "channels_first") == ["input"]
    assert image(size, "relu", "NCHW") == []


def test_an_expect_that_is_met_shows_that_the_sizes_are_meant() -> None:
    assert image("3x32x32", "conv: {filters: 4, kernel: 3, expect: {output: 1x30x4}}") == []
    assert image("3x32x32", "conv: {filters: 4, kernel: 3, expect: {params: 1156}}") == []
    assert image("3x32x32", "conv: {filters: 4, kernel: 3, expect: {params: 112}}") == ["input"]
    assert image("3x32x32", "conv: {filters: 4, kernel: 3, expect: {params: '<= 9999'}}") == ["input"]
    assert image("3x32x32", "relu: {expect: {params: 0}}") == ["input"]
    assert image("3x32x32", "flatten, dense: {units: 10, expect: {output: 10}}") == ["input"]


BATCHES = [
    "conv: {filters: 4, kernel: 3}",
    "conv: {filters: 4, kernel: 2}, maxpool: 2, dense: 10",
    "conv: {filters: 4, kernel: 3, padding: 1, stride: 2}, batchnorm, relu, global_avgpool, dense: 10",
    "conv: {filters: 4, kernel: 3, padding: same}, adaptive_avgpool: 1, flatten, dense: 10",
    "dense: 10",
]


@pytest.mark.parametrize("layers", BATCHES)
def test_a_volume_that_looks_like_a_batch(layers: str) -> None:
    assert image("32x28x28x1", layers) == ["input"]
    assert image("16x3x48x48", layers, "channels_first") == ["input"]
    assert image("32x28x28x1", layers, "NHWC") == []
    assert image("32x28x28x1", layers, "NDHWC") == []
    assert image("28x28x28x1", layers) == []  # voxels


@pytest.mark.parametrize(
    "layers",
    [
        "conv: {filters: 4, kernel: [3, 5, 5]}",
        "conv: {filters: 4, kernel: 3}, maxpool: [1, 2, 2]",
        "conv: {filters: 4, kernel: 3, padding: [0, 1, 1]}, dense: 10",
        "upsample: 2, conv: {filters: 4, kernel: 3}",
        "crop: 1, relu",
        "reshape: [32, 784], dense: 10",
        "conv: {name: a, filters: 4, kernel: 3}, concat: {axis: depth, from: [a, a]}",
    ],
)
def test_a_volume_whose_depth_is_treated_as_one(layers: str) -> None:
    assert image("32x28x28x1", layers) == []


def test_what_to_write_instead_is_right() -> None:
    """Who follows the advice of a warning gets the network that was meant, without a warning."""
    (first,) = calc("3x32x32", "conv:64,k=3,p=1", "global_avgpool", "dense:10").findings()
    assert "write 32x32x3;" in first.message
    assert "say layout: channels_first" in first.message
    for size, layout in (("32x32x3", "channels_last"), ("3x32x32", "channels_first")):
        net = calc(size, "conv:64,k=3,p=1", "global_avgpool", "dense:10", layout=layout)
        assert (net.summary().totals.params, net.findings()) == (2442, [])
    (batch,) = calc("32x28x28x1", "conv:10,k=5").findings()
    assert "write 28x28x1, or say layout: NHWC;" in batch.message
    (both,) = calc("8x3x224x224", "conv:10,k=3").findings()
    assert "write 3x224x224 and layout: channels_first, or say layout: NCHW;" in both.message
    assert calc("8x3x224x224", "conv:10,k=5", layout="NCHW").summary().totals.params == 760


UNET = """input: 32x32x3
layers:
  - conv: {name: e1, filters: 8, kernel: 3, padding: 1, activation: relu}
  - maxpool: 2
  - conv: {name: mid, filters: 16, kernel: 3, padding: 1, activation: relu}
  - transposed_conv: {name: up, filters: 8, kernel: 2, stride: 2}
  - %s
  - conv: {name: d1, filters: 8, kernel: 3, padding: 1, activation: relu%s}
  - conv: {name: mask, filters: 1, kernel: 1, activation: sigmoid}
"""


def test_a_forgotten_from_in_a_u_net() -> None:
    assert warned(UNET % ("concat: {from: [up, e1]}", "")) == []
    assert warned(UNET % ("concat: {from: [e1, e1]}", "")) == ["up"]
    assert warned(UNET % ("concat: {from: [up, e1]}", ", from: e1")) == ["concat1"]


def test_a_forgotten_sum_in_a_residual() -> None:
    layers = "[conv: {name: a, filters: 4, kernel: 3}, conv: {name: shortcut, filters: 4, kernel: 1, from: input},"
    assert warned(f"input: 9x9x3\nlayers: {layers} relu: {{from: a}}, dense: 10]") == ["shortcut"]


def test_a_layer_beside_the_network() -> None:
    first, second = "conv: {name: a, filters: 4, kernel: 3}", "conv: {name: b, filters: 4, kernel: 3, from: input}"
    assert warned(f"input: 9x9x3\nlayers: [{first}, {second}]") == ["a"]


@pytest.mark.parametrize(
    "layers",
    [
        "dense: {name: age, units: 1, from: t}, dense: {name: sex, units: 2, from: t, activation: softmax}",
        "dense: {units: 9, from: t}, softmax: {name: aux}, conv: {filters: 4, kernel: 3, from: t}, dense: 10",
        "sequential: {name: a, layers: [global_avgpool, dense: 9]}, conv: {filters: 4, kernel: 3, from: t}, dense: 10",
        "conv: {name: boxes, filters: 36, kernel: 3, from: t}, conv: {name: classes, filters: 9, kernel: 3, from: t}",
        "conv: {filters: 4, kernel: 3, expect: {output: 5x5x4}}, maxpool: {size: 2, from: t}",
        "sequential: {layers: [relu, maxpool: 2], expect: {params: 0}}, dense: {units: 2, from: t}",
    ],
)
def test_several_outputs_that_are_meant(layers: str) -> None:
    assert warned(f"input: 9x9x3\nlayers: [conv: {{name: t, filters: 4, kernel: 3}}, {layers}]") == []


def test_an_input_that_no_layer_reads() -> None:
    inputs = "input: {image: 9x9x3, other: 9x9x3}\nlayers:"
    assert warned(f"{inputs} [add: {{from: [image, other]}}]") == []
    assert warned(f"{inputs} [relu: {{from: image}}, dense: 10]") == ["other"]


def test_a_volume_whose_window_does_not_fit_may_be_a_batch() -> None:
    text = "layout: %s\ninput: 8x3x224x224\nlayers: [conv: {filters: 10, kernel: 7}]"
    with pytest.raises(SpecError, match="of a batch of images, the layout is NHWC or NCHW"):
        parse(text % "channels_first").summary()
    assert parse(text % "NCHW").summary().totals.params == (7 * 7 * 3 + 1) * 10


def test_an_output_without_a_sign_that_it_is_meant() -> None:
    (finding,) = parse("input: 9x9x3\nlayers: [relu, dense: 4, dense: {units: 2, from: relu1}]").findings()
    assert (finding.layer, finding.severity, finding.got) == ("dense1", "warning", [4])
    assert "give it a name or an expect, such as expect: {output: 4}" in finding.message
