"""How other tools count: numbers that people got from them, and torchinfo itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc import load, parse
from cnncalc.check.slips.tools import TOOLS, total

Call = Callable[..., tuple[int, str, str]]

STEM = "input: 224x224x3\nlayers: [{conv: {filters: 32, kernel: 3, padding: 1}}, batchnorm, relu]"
STEM_IN_ONE = "input: 224x224x3\nlayers: [{conv: {filters: 32, kernel: 3, padding: 1, activation: relu}}, batchnorm]"
LSTM = "input: [100, 64]\nlayers: [{lstm: {units: 64, biases: 2, return_sequences: true}}]"


@pytest.mark.parametrize(("text", "tool", "macs"), [
    (STEM, "torchinfo", 44_957_760), (STEM, "fvcore", 46_563_328), (STEM, "ptflops", 49_774_592),
    (STEM_IN_ONE, "ptflops", 49_774_592), (LSTM, "torchinfo", 3_328_000), (LSTM, "thop", 3_379_200),
    (LSTM, "calflops", 0),
    # OpCounter 197: no attention; ptflops adds to 321,484,800: 2·300·448 + 4·300² + 3·300·448
    ("input: [300, 448]\nlayers: [{attention: 4}]", "thop", 0),
    ("input: [300, 448]\nlayers: [{attention: 4}]", "ptflops", 322_516_800),
    # nobuco 26: 0.07 M by torchinfo, 134 M in truth
    ("input: [512, 128]\nlayers: [{transformer_encoder: {heads: 8, ff: 256}}]", "torchinfo", 66_432),
    # TRAPS of other tools: 48 products, and what they say
    ("input: 2x2x3\nlayers: [{transposed_conv: {filters: 1, kernel: 2, stride: 2}}]", "torchinfo", 208),
    ("input: 2x2x3\nlayers: [{transposed_conv: {filters: 1, kernel: 2, stride: 2}}]", "thop", 192),
])  # fmt: skip
def test_a_tool_counts_its_own_way(text: str, tool: str, macs: int) -> None:
    assert total(TOOLS[tool], parse(text).summary().rows) == macs


IMAGE, SEQUENCE = "12x12x8", "[10, 16]"


@pytest.mark.parametrize(("size", "layers", "macs"), [
    (IMAGE, "{conv: {filters: 6, kernel: 3}}", 43_800), (IMAGE, "{conv: {filters: 6, kernel: 3, bias: false}}", 43_200),
    ("224x224x3", "{conv: {filters: 32, kernel: 3, padding: 1}}, batchnorm, relu", 46_563_328),
    ("224x224x3", "{conv: {filters: 32, kernel: 3, padding: 1, bias: false}}, batchnorm, relu", 46_563_328),
    (IMAGE, "{transposed_conv: {filters: 6, kernel: 3, stride: 2}}", 206_250), (IMAGE, "batchnorm", 35_712),
    (IMAGE, "relu", 1152), (IMAGE, "relu6", 2304), (IMAGE, "sigmoid", 36_864), (IMAGE, "tanh", 87_552),
    (IMAGE, "leaky_relu", 2304), (IMAGE, "elu", 40_320), (IMAGE, "gelu", 39_168), (IMAGE, "silu", 38_016),
    (IMAGE, "hard_swish", 5760), (IMAGE, "hard_sigmoid", 4608), (IMAGE, "softplus", 87_552),
    (SEQUENCE, "softmax", 5760), (SEQUENCE, "log_softmax", 12_800), (IMAGE, "{prelu: {shared: true}}", 2304),
    ("16", "{dense: 5}", 85), (SEQUENCE, "{dense: 5}", 850), (SEQUENCE, "{lstm: {units: 8, biases: 2}}", 22_720),
    (SEQUENCE, "{gru: {units: 8, biases: 2}}", 15_040), (IMAGE, "{maxpool: 2}", 1152), (IMAGE, "{avgpool: 2}", 1152),
    (IMAGE, "global_avgpool", 1184), (IMAGE, "{upsample: 2}", 0), (SEQUENCE, "layernorm", 1410),
    (IMAGE, "{upsample: {factor: 2, mode: bilinear}}", 18_432), (IMAGE, "{groupnorm: 2}", 10_368),
    (IMAGE, "{instancenorm: {scale: true, center: true}}", 8064), (IMAGE, "{pixel_shuffle: 2}", 0),
    (SEQUENCE, "{attention: 4}", 28_640),  # and 2 operations on sizes, which the file has too
])  # fmt: skip
def test_onnx_tool_counts_so_in_what_pytorch_exports(size: str, layers: str, macs: int) -> None:
    """onnx-tool 1.0.1 on the files of PyTorch 2.13, each of one module."""
    assert total(TOOLS["onnx-tool"], parse(f"input: {size}\nlayers: [{layers}]").summary().rows) == macs


@pytest.mark.parametrize(("size", "layers", "macs"), [
    (SEQUENCE, "{attention: 4}", 0), (SEQUENCE, "{transformer_encoder: {heads: 4, ff: 32}}", 10_240),
    (IMAGE, "{conv: {filters: 6, kernel: 3}}", 43_200), (SEQUENCE, "{gru: 8}", 0), (IMAGE, "batchnorm", 0),
    (IMAGE, "{transposed_conv: {filters: 6, kernel: 3, stride: 2}}", 62_208), (SEQUENCE, "{dense: 5}", 800),
    (IMAGE, "{maxpool: 2}", 0), (IMAGE, "{upsample: 2}", 0), (SEQUENCE, "layernorm", 0),
])  # fmt: skip
def test_calflops_counts_so(size: str, layers: str, macs: int) -> None:
    """calflops 0.3.2 on PyTorch 2.13, each of one module."""
    assert total(TOOLS["calflops"], parse(f"input: {size}\nlayers: [{layers}]").summary().rows) == macs


@pytest.mark.parametrize(("layer", "params"), [
    # keras 3.15, count_params() on an input of 8×4
    ("{gru: 6}", 216), ("{gru: {units: 6, biases: 1}}", 198), ("{lstm: 6}", 264), ("{rnn: 6}", 66), ("batchnorm", 16),
    ("{gru: {units: 6, bias: false}}", 180),
])  # fmt: skip
def test_keras_counts_parameters_so(call: Call, tmp_path: Path, layer: str, params: int) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(f"input: [8, 4]\nlayers: [{layer}]")
    code, out, err = call("summary", spec, "--as", "Keras", "--format", "json")
    assert (code, json.loads(out)["totals"]["params"]) == (0, params)
    assert "reset_after" in err


@pytest.mark.parametrize("written", ["610.1M", "610.1 M", "0.6101G", "610.1e6", "610100000"])
def test_a_value_may_be_written_as_tools_print_it(call: Call, facts: Path, written: str) -> None:
    spec = facts / "engineers" / "44-mobilenetv2-14.yaml"
    code, out, _ = call(
        "reconcile", spec, "--quantity", "macs", "--value", written, "--tolerance", "0.001", "-f", "json"
    )
    told = json.loads(out)
    assert (code, told["value"]) == (0, 610_100_000)
    assert any(way["said"].startswith("as ptflops counts") for way in told["ways"])


def test_mobilenet_as_it_was_counted_in_2020(facts: Path) -> None:
    """flops-counter.pytorch 33: 610.1 M by ptflops, 603,134,720 by thop, which added up in single precision."""
    rows = load(str(facts / "engineers" / "44-mobilenetv2-14.yaml")).summary().rows
    assert total(TOOLS["thop-2020"], rows) == 603_134_720
    assert round(total(TOOLS["ptflops"], rows) / 1e6) == 610


@pytest.mark.parametrize(("text", "value", "tool"), [
    (STEM, 44957760, "torchinfo"), (STEM, 46563328, "fvcore"), (STEM, 49774592, "ptflops"),
    (LSTM, 3328000, "torchinfo"), (LSTM, 3379200, "thop"),
])  # fmt: skip
def test_reconcile_names_the_tool(call: Call, tmp_path: Path, text: str, value: int, tool: str) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(text)
    code, out, _ = call("reconcile", spec, "--quantity", "macs", "--value", value, "--format", "json")
    said = [way["said"] for way in json.loads(out)["ways"]]
    assert code == 0
    assert any(each.startswith(f"as {tool} counts: ") for each in said)


def test_summary_counts_as_a_tool(call: Call, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(STEM)
    code, out, err = call("summary", spec, "--as", "fvcore", "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert [layer["macs"] for layer in data["layers"]] == [43_352_064, 3_211_264, 0]
    assert (data["totals"]["macs"], data["totals"]["flops"]) == (46_563_328, 2 * 46_563_328)
    assert "as fvcore counts them" in err
    code, _, err = call("summary", spec, "--as", "torchinf")
    assert code == 2
    assert 'did you mean "torchinfo"?' in err


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_torchinfo_itself() -> None:
    torchinfo, torch = pytest.importorskip("torchinfo"), pytest.importorskip("torch")
    nn = torch.nn
    cases: list[tuple[Any, tuple[int, ...], str, str]] = [
        (nn.Conv2d(4, 6, 3, groups=2), (4, 9, 9), "9x9x4", "conv: {filters: 6, kernel: 3, groups: 2}"),
        (nn.Conv1d(3, 4, 3, bias=False), (3, 9), "[9, 3]", "conv: {filters: 4, kernel: 3, bias: false}"),
        (nn.Conv3d(2, 3, 2), (2, 5, 5, 5), "5x5x5x2", "conv: {filters: 3, kernel: 2}"),
        (nn.ConvTranspose2d(4, 6, 3, 2, groups=2), (4, 5, 5), "5x5x4",
         "transposed_conv: {filters: 6, kernel: 3, stride: 2, groups: 2}"),
        (nn.Linear(5, 7), (10, 5), "[10, 5]", "dense: 7"),
        (nn.BatchNorm2d(4), (4, 5, 5), "5x5x4", "batchnorm"),
        (nn.LayerNorm(8), (5, 8), "[5, 8]", "layernorm"),
        (nn.GroupNorm(2, 4), (4, 5, 5), "5x5x4", "groupnorm: 2"),
        (nn.PReLU(4), (4, 5, 5), "5x5x4", "prelu"),
        (nn.LSTM(6, 4, 2, bidirectional=True, batch_first=True), (7, 6), "[7, 6]",
         "lstm: {units: 4, layers: 2, bidirectional: true, biases: 2}"),
        (nn.LSTM(6, 4, proj_size=2, batch_first=True), (7, 6), "[7, 6]", "lstm: {units: 4, projection: 2, biases: 2}"),
        (nn.GRU(6, 4, batch_first=True), (7, 6), "[7, 6]", "gru: {units: 4, biases: 2}"),
        (nn.MaxPool2d(2), (4, 6, 6), "6x6x4", "maxpool: 2"),
    ]  # fmt: skip
    for module, size, ours, layer in cases:
        wanted = torchinfo.summary(module, (1, *size), verbose=0).total_mult_adds
        rows = parse(f"input: {ours}\nlayers: [{{{layer}}}]" if ":" in layer else f"input: {ours}\nlayers: [{layer}]")
        assert total(TOOLS["torchinfo"], rows.summary().rows) == wanted, layer
