"""Stretches that repeat become definitions: the same network, shorter, with the names of the model."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import api, models
from cnncalc.cli.app import run
from cnncalc.limits import Limits
from cnncalc.models import onnx
from cnncalc.models.graph import Graph, Node, Tensor

RECORDED = Path(__file__).with_name("recorded")


class Made:
    """A graph of convolutions with drawn weights, put together unit by unit."""

    def __init__(self, seed: int, channels: int = 4) -> None:
        self.graph = Graph("made.onnx", "made")
        self.graph.inputs["x"] = (1, channels, 8, 8)
        self.draw = np.random.default_rng(seed)
        self.at, self.channels = "x", channels

    def node(self, op: str, name: str, *reads: str, **settings: Any) -> str:
        output = f"v{len(self.graph.nodes)}"
        self.graph.nodes.append(Node(op, name, [*reads], [output], settings))
        return output

    def conv(self, name: str, read: str, filters: int, kernel: int = 3, *, by: int | None = None) -> str:
        kernels = self.draw.standard_normal((filters, by or self.channels, kernel, kernel)).astype("float32") / 6
        for part, array in (("weight", kernels), ("bias", self.draw.random(filters).astype("float32"))):
            self.graph.tensors[f"{name}.{part}"] = Tensor(f"{name}.{part}", array.shape, "float32", array.tobytes)
        return self.node("Conv", name, read, f"{name}.weight", f"{name}.bias", pads=[kernel // 2] * 4)

    def plain(self, name: str, filters: int) -> None:
        self.at = self.node("Relu", "", self.conv(f"{name}.conv", self.at, filters))
        self.channels = filters

    def residual(self, name: str, filters: int) -> None:
        """With a convolution in the shortcut where the number of channels changes."""
        y = self.node("Relu", "", self.conv(f"{name}.conv1", self.at, filters // 2, 1))
        y = self.conv(f"{name}.conv2", y, filters, by=filters // 2)
        around = self.at if filters == self.channels else self.conv(f"{name}.down", self.at, filters, 1)
        self.at, self.channels = self.node("Relu", "", self.node("Add", "", y, around)), filters

    def gated(self, name: str, filters: int) -> None:
        """Squeeze and excitation behind a convolution."""
        self.plain(name, filters)
        y = self.node("GlobalAveragePool", "", self.at)
        y = self.node("Relu", "", self.conv(f"{name}.squeeze", y, filters // 4, 1))
        y = self.node("Sigmoid", "", self.conv(f"{name}.excite", y, filters, 1, by=filters // 4))
        self.at = self.node("Mul", "", self.at, y)

    def branching(self, name: str, filters: int) -> None:
        """Two branches side by side."""
        left = self.conv(f"{name}.left", self.at, filters // 2, 1)
        right = self.conv(f"{name}.right1", self.at, filters, 1)
        right = self.conv(f"{name}.right2", right, filters // 2, by=filters)
        self.at, self.channels = self.node("Concat", "", left, right, axis=1), filters

    def net(self, *, flat: bool) -> cnncalc.Net:
        self.graph.outputs = [self.at]
        return api._imported(models._imported(self.graph, partial=False, flat=flat), "made.onnx", Limits())


UNITS = ("plain", "residual", "gated", "branching")


def drawn(seed: int) -> Made:
    """Stages of units, in each stage the same unit several times."""
    draw, made = random.Random(seed), Made(seed)
    for stage in range(draw.randrange(1, 5)):
        unit, filters = draw.choice(UNITS), draw.choice((4, 8, 16))
        for number in range(draw.randrange(1, 6)):
            getattr(made, unit)(f"stage{stage}.{number}", filters)
    return made


@pytest.mark.parametrize("seed", range(24))
def test_a_spec_with_definitions_is_the_same_network(seed: int) -> None:
    flat, short = drawn(seed).net(flat=True), drawn(seed).net(flat=False)
    assert len(short.to_yaml()) <= len(flat.to_yaml())
    nets = flat, short
    ours, theirs = (sorted((r.kind, r.params, r.macs, str(r.output)) for r in net.summary().rows) for net in nets)
    assert ours == theirs
    x = np.random.default_rng(seed).random((2, *flat.summary().inputs["input"].written("channels_first")), np.float32)
    assert np.allclose(flat.build()(x), short.build()(x), rtol=1e-5, atol=1e-6)
    again = cnncalc.parse(short.to_yaml())
    assert np.array_equal(again.build(dict(short.weights or {}))(x), short.build()(x))


def test_the_names_of_the_model_are_found_in_the_definitions() -> None:
    made = Made(1)
    for stage, filters in enumerate((8, 16)):
        for number in range(4):
            made.residual(f"layer{stage}.{number}", filters)
    net = made.net(flat=False)
    assert {re.sub(r"residual1/|shortcut/", "", name).replace("/", ".") for name in net.weights or {}} == {
        name.replace("/", ".") for name in of_model(made)
    }
    text = net.to_yaml()
    assert "residual_block: {name: layer0.1, filters: 4}" in text
    assert "conv: {name: conv2, filters: 2*filters, kernel: 3, padding: 1}" in text
    assert len(text.splitlines()) < 30


def of_model(made: Made) -> set[str]:
    """The names of its weights."""
    return {name.replace(".weight", "/kernel").replace(".bias", "/bias") for name in made.graph.tensors}


def test_a_network_without_repeats_stays_flat() -> None:
    for path in (RECORDED / "lenet.onnx", RECORDED / "squeeze.onnx"):
        net = api.read_model(path, Limits(), flat=False)
        assert net.to_yaml() == cnncalc.load(path).to_yaml()


def test_numbers_that_follow_from_others_are_worked_out() -> None:
    made = Made(1, 8)
    for number, kernel in enumerate((1, 3, 5, 3, 1, 5, 7)):
        name = f"block{number}"
        y = made.at
        for part in ("a", "b", "c"):
            y = made.conv(f"{name}.{part}", y, 8, kernel)
        made.at = y
    text = made.net(flat=False).to_yaml()
    assert "padding: kernel // 2" in text
    assert "args: {kernel: null}" in text


def test_layers_used_again_stay_outside(tmp_path: Path) -> None:
    """Their names have to be seen from where they are used again."""
    net = api.read_model(RECORDED / "branches.keras", Limits(), flat=False)
    assert net.summary().totals.params == cnncalc.load(RECORDED / "branches.keras").summary().totals.params


def test_a_number_with_a_point_can_be_an_argument() -> None:
    text = """
input: 8x8x3
define:
  unit: {args: {rate: 0.5, slope: 1e-2}, layers: [{dropout: {rate: rate}}, {leaky_relu: {slope: slope}}]}
layers:
  - unit: {rate: 0.25}
  - unit: {slope: 0.3}
"""
    kinds: list[Any] = [layer.kind for layer in cnncalc.parse(text).network.layers]
    assert [kinds[0].rate, kinds[1].slope, kinds[2].rate, kinds[3].slope] == [0.25, 0.01, 0.5, 0.3]
    with pytest.raises(cnncalc.SpecError, match="whole number"):
        cnncalc.parse(text.replace("dropout: {rate: rate}", "conv: {filters: rate, kernel: 1}"))


SPEC = """
input: 8x8x4
define:
  unit:
    args: {filters: 4}
    layers:
      - residual:
          body:
            - conv: {filters: 2*filters, kernel: 3, padding: 1}
            - batchnorm
            - relu
            - conv: {filters: filters, kernel: 1}
          activation: relu
layers:
  - repeat: {times: 5, layers: [unit]}
  - dense: 3
"""


def test_what_import_writes_runs_as_the_model_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``import -o s.yaml --weights w.npz``, then ``run s.yaml -w w.npz``; with ``--flat`` too."""
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    assert run(["export", "net.yaml", "--to", "onnx", "-o", "net.onnx"]) == 0
    np.save("x.npy", np.random.default_rng(0).random((2, 4, 8, 8), np.float32))
    assert run(["run", "net.onnx", "--input", "x.npy", "--output", "direct.npz"]) == 0
    for form in ([], ["--flat"]):
        assert run(["import", "net.onnx", "-o", "s.yaml", "--weights", "w.npz", *form]) == 0
        assert ("define:" in Path("s.yaml").read_text()) == (not form)
        assert run(["run", "s.yaml", "-w", "w.npz", "--input", "x.npy", "--output", "again.npz"]) == 0
        with np.load("direct.npz") as direct, np.load("again.npz") as again:
            assert direct.files == again.files
            assert all(np.array_equal(direct[name], again[name]) for name in direct.files)


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.onnx")), ids=lambda path: path.stem)
def test_the_sizes_that_the_file_says_have_to_come_out(path: Path) -> None:
    graph = onnx.read(str(path), Limits())
    said = sum(None not in graph.known[name][1:] for name in graph.outputs)
    assert said or path.stem == "generator"  # its sizes are computed
    for flat in (True, False):
        net = api.read_model(path, Limits(), flat=flat)
        assert net.to_yaml().count("expect: {output: ") == said
        assert not [finding for finding in net.findings() if finding.severity == "error"]
