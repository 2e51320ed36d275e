"""Numbers of other tools: which convention or slip gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ways(call: Call) -> Callable[..., dict[str, Any]]:
    """What reconcile finds."""

    def found(spec: Path, value: object, *options: object) -> dict[str, Any]:
        code, out, err = call("reconcile", spec, "--value", value, "--format", "json", *options)
        told: dict[str, Any] = json.loads(out)
        assert (code, err) == (0 if told["agrees"] or told["ways"] else 1, "")
        return told

    return found


Ways = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("spec", "value", "options", "said"),
    [
        ("worked-example", 183136, (), "without its 106 biases"),
        ("worked-example", 864, ("--layer", "Conv1"), "without its 32 biases"),
        ("resnet-50", 25557032, (), "without the moving mean and variance, 2C for 4C"),  # PyTorch's count
        ("resnet-50", 25636712, (), "with a bias where there is none"),  # Keras's, whose convolutions have biases
        ("resnet-50", 8178368512, ("--quantity", "macs"),
         "given as the FLOPs, two for each multiply-accumulate"),
        ("worked-example", 8 * 3538944, ("--quantity", "macs", "--layer", "Conv1"),
         "for a batch of 8 in place of one example"),
        ("worked-example", "31x31x64", ("--quantity", "output", "--layer", "conv2"), "without the + 1"),
    ],
)  # fmt: skip
def test_ways(root: Path, ways: Ways, spec: str, value: object, options: tuple[str, ...], said: str) -> None:
    told = ways(root / "specs" / f"{spec}.yaml", value, *options)
    assert not told["agrees"]
    assert said in [way["said"] for way in told["ways"]]


@pytest.mark.parametrize(
    ("network", "value", "said", "convention"),
    [
        # SPEC section 1 of the traps: 32 units on 16, in both directions
        ("input: 10x16\nlayers: [{gru: {units: 32, bidirectional: true}}]", 9600,
         "with two bias vectors, as in PyTorch and in Keras's GRU", True),
        ("input: 10x16\nlayers: [{gru: {units: 32, biases: 2, bidirectional: true}}]", 9408,
         "with one bias vector, as in textbooks and in Keras's LSTM", True),
        ("input: 10x128\nlayers: [{lstm: 256}]", 395264,
         "with two bias vectors, as in PyTorch and in Keras's GRU", True),
        ("input: 2x2x3\nlayers: [{transposed_conv: {filters: 1, kernel: 2, stride: 2}}]", 192,
         "with the products counted on the output positions", True),
        ("input: 8x8x4\nlayers: [{conv: {name: a, filters: 4, kernel: 3, padding: 1}}, {use: {layer: a}}]", 296,
         "with weights that are used again counted again", True),
        ("input: 16x64\nlayers: [{attention: {heads: 8, key_dim: 64}}]", 16640,
         "with the features shared out among the heads", True),
    ],
)  # fmt: skip
def test_conventions(tmp_path: Path, ways: Ways, network: str, value: int, said: str, convention: bool) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(network)
    quantity = "macs" if "transposed" in network else "params"
    found = {way["said"]: way for way in ways(spec, value, "--quantity", quantity)["ways"]}
    assert found[said]["convention"] is convention
    assert found[said]["value"] == value


def test_agreement_and_rounded_numbers(root: Path, ways: Ways) -> None:
    spec = root / "specs" / "worked-example.yaml"
    assert ways(spec, "183,242")["agrees"]
    assert ways(spec, "1.83e5", "--tolerance", "0.01")["agrees"]
    assert not ways(spec, "1.83e5")["agrees"]


def test_no_way_is_exit_1_with_the_nearest(root: Path, call: Call) -> None:
    code, out, _ = call("reconcile", root / "specs" / "worked-example.yaml", "--value", 183137)
    assert code == 1
    assert out.splitlines()[0] == "total.params is 183,242; no way of counting gives 183,137. The nearest are"
    assert "183,136: 183,242 without its 106 biases" in out


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--value", "many"), "is not a number"), (("--value", "3", "--quantity", "prams"), 'did you mean "params"?'),
     (("--value", "3", "--layer", "conv9"), 'no layer is called "conv9"'),
     (("--value", "3", "--tolerance", "nan"), "tolerance"),
     (("--value", "many", "--quantity", "output"), "sizes such as"),
     (("--value", "5", "--quantity", "receptive_field", "--layer", "dense1"), "dense1.receptive_field is none"),
     ((), "--value")],
)  # fmt: skip
def test_bad_usage(root: Path, call: Call, options: tuple[str, ...], told: str) -> None:
    code, out, err = call("reconcile", root / "specs" / "worked-example.yaml", *options)
    assert (code, out) == (2, "")
    assert told in err


def test_text_and_markdown(root: Path, call: Call) -> None:
    arguments = ("reconcile", root / "specs" / "worked-example.yaml", "--layer", "Conv1", "--value", 864)
    _, out, _ = call(*arguments)
    assert out == (
        "Conv1.params is 896; 864 is\n"
        "  896 without its 32 biases (a convention); params = F·F·C·K = 3·3·3·32 = 864\n"
    )  # fmt: skip
    assert call(*arguments, "--format", "markdown")[1].startswith("**Conv1.params is 896; 864 is**\n")
