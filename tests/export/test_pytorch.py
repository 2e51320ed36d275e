"""PyTorch modules: they compile, give our outputs with our weights, and are what a person would write."""

from __future__ import annotations

import ast
import re
import warnings
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exported import assert_same, cases, few, weighed

import cnncalc
from cnncalc import kinds
from cnncalc.export import export
from cnncalc.export.pytorch import KINDS
from cnncalc.kinds.base.composite import Composite
from cnncalc.limits import Limits

QUICK = ("lenet5", "worked-example", "conv-autoencoder", "resnet-18", "squeezenet", "gru", "lstm-tagger", "pointnet")
SLOW = (
    "convnext-t", "densenet-121", "efficientnet-b0", "googlenet", "mobilenet-v2", "resnet-50", "swin-t",
    "whisper-tiny-encoder", "yolov8n",
)  # fmt: skip
WITHOUT = {"conv_lstm", "deformable_conv", "opaque"}


def text_of(spec: str, weights: Any = None) -> str:
    return b"".join(export(cnncalc.parse(spec).summary(), "pytorch", weights, 0, Limits())).decode()


def refused(case) -> str:
    """Why a network is not exported; empty where it is."""
    try:
        case.export("pytorch")
    except cnncalc.SpecError as error:
        return str(error)
    return ""


def module_of(text: str) -> ModuleType:
    module = ModuleType("written")
    exec(compile(text, "written.py", "exec"), module.__dict__)
    return module


def model_of(module: ModuleType) -> Any:
    """The network's own class, which is the last one."""
    found = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == "written"]
    return found[-1]().eval()


def ran(case, path) -> dict[Any, np.ndarray]:
    torch = pytest.importorskip("torch")
    np.savez(path, **case.arrays)
    module = module_of(case.export("pytorch").decode())
    model = module.load_weights(model_of(module), path)
    feeds = [torch.from_numpy(np.ascontiguousarray(case.first(array))) for array in case.feeds.values()]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an lstm with a projection, that it is slow
        outputs = model(*feeds)
    names = list(case.net.summary().outputs)
    return dict(zip(names, [outputs] if len(names) == 1 else outputs, strict=True))


def assert_runs(case, path) -> None:
    wanted = {name: case.first(array) for name, array in case.outputs().items()}
    assert_same({name: made.numpy() for name, made in ran(case, path).items()}, wanted)


@pytest.mark.oracle
@pytest.mark.parametrize("text", cases())
def test_each_kind_gives_our_outputs(text, tmp_path):
    case = weighed(cnncalc.parse(text))
    if why := refused(case):
        reasons = "|".join([*WITHOUT, "gru with one", "lstm of several"])
        assert re.search(f"PyTorch has no translation of ({reasons})", why)
        return
    assert_runs(case, tmp_path / "w.npz")


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_each_spec_gives_our_outputs(name, spec, tmp_path):
    assert_runs(weighed(spec(name)), tmp_path / "w.npz")


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*QUICK[:5], "densenet-121"])
def test_a_module_comes_back_as_the_network_that_it_was(name, spec, tmp_path):
    torch = pytest.importorskip("torch")
    case = weighed(spec(name))
    np.savez(tmp_path / "w.npz", **case.arrays)
    module = module_of(case.export("pytorch").decode())
    model = module.load_weights(model_of(module), tmp_path / "w.npz")
    feeds = {name: np.ascontiguousarray(case.first(array)) for name, array in case.feeds.items()}
    back = cnncalc.from_torch(model, *(torch.from_numpy(array) for array in feeds.values()))
    ours, theirs = case.net.summary().totals, back.summary().totals
    for quantity in ("params", "trainable_params", "non_trainable_params", "macs"):
        assert getattr(theirs, quantity) == getattr(ours, quantity)
    (wanted,), (made,) = case.outputs().values(), back.build().run(feeds).values()
    assert_same({0: made}, {0: case.first(wanted)})


@pytest.mark.parametrize("text", few())
def test_what_is_written_compiles_and_every_name_is_known(text):
    """Without PyTorch: no name is used that the file does not define or import."""
    case = weighed(cnncalc.parse(text))
    if refused(case):
        return
    tree = ast.parse(case.export("pytorch").decode())
    nodes = list(ast.walk(tree))
    known = {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)} | set(dir(__builtins__))
    known |= {a.asname or a.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for a in node.names}
    known |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)} | {"__name__"} | set(__builtins__)
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert used <= known


def test_every_kind_is_said_but_those_that_are_known_not_to_be():
    known = {word for word in kinds.every() if not issubclass(kinds.find(word), Composite)}
    assert known - KINDS.keys() == WITHOUT
    assert set(KINDS) <= known


BLOCKS = """name: two blocks
input: 8x8x3
define:
  pair: {args: {width: null}, layers: [conv: {filters: width, kernel: 3, padding: 1, bias: false}, batchnorm, relu]}
layers:
  - pair: 8
  - residual: {body: [pair: 8, {conv: {filters: 8, kernel: 1}}], activation: relu}
  - residual: {body: [pair: 16, {conv: {filters: 16, kernel: 1}}], shortcut: [conv: {filters: 16, kernel: 1}]}
  - repeat: {times: 3, layers: [pair: 16]}
  - flatten
  - dense: 10
"""
WRITTEN = '''"""two blocks, written by cnncalc: 19,914 parameters; images and volumes are channels first."""

import torch
import torch.nn.functional as F
from torch import nn


class Pair(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.pair1 = Pair(8, 8)  # 8×8×8
        self.conv1 = nn.Conv2d(8, 8, 1)  # 8×8×8

    def forward(self, x):
        y = self.pair1(x)
        y = self.conv1(y)
        return F.relu(y + x)
'''


def test_blocks_become_classes_and_their_numbers_arguments():
    text = text_of(BLOCKS)
    assert text.startswith(WRITTEN)
    assert "self.repeat1 = nn.Sequential(*(Pair(16, 16) for _ in range(3)))  # 16×8×8" in text
    assert "x = self.dense1(x.flatten(1))" in text or "return self.dense1(x)" in text
    assert "load_weights" not in text  # no weights were given
    assert max(map(len, text.splitlines())) <= 120


def test_with_weights_the_file_can_load_them():
    net = cnncalc.parse(BLOCKS)
    arrays = net.build().summary  # the names of the arrays are those of the summary
    text = weighed(net).export("pytorch").decode()
    assert "def load_weights(model, path):" in text
    assert '"residual1.pair1.0": ("residual1/pair1/conv1", conv),' in text
    assert '"dense1": ("dense1", lambda w: dense(w, (8, 8, 16), (2, 0, 1))),' in text
    table = text[text.index("LAYERS = {") :]
    assert all(f'"{row.name}"' in table for row in arrays.rows if row.weights)


@pytest.mark.oracle
def test_shared_and_tied_weights_are_one_module(tmp_path):
    torch = pytest.importorskip("torch")
    text = """
      input: {a: 5, b: 5}
      layers:
        - embedding: {name: table, vocab: 9, dim: 4, from: a}
        - sequential: {name: s, layers: [dense: {name: d, units: 4, activation: relu}]}
        - use: {layer: table, name: again, from: b}
        - use: {layer: s, name: t, from: again}
        - add: {name: sum, from: [s, t]}
        - use: {layer: table, transposed: true, name: head, bias: true}
    """
    case = weighed(cnncalc.parse(text))
    assert_runs(case, tmp_path / "w.npz")
    module = module_of(case.export("pytorch").decode())
    model = model_of(module)
    assert sum(parameter.numel() for parameter in model.parameters()) == case.net.summary().totals.params
    assert isinstance(model, torch.nn.Module)


HOSTILE = '''
name: 'x"""; import os #'
input: {forward: 4, class: 4}
layers:
  - dense: {name: self, units: 4, from: forward}
  - dense: {name: lambda, units: 4, from: class}
  - dense: {name: train, units: 4}
  - dense: {name: a.b, units: 4}
  - dense: {name: a b, units: 4}
  - dense: {name: a_b, units: 4}
  - dense: {name: 1st, units: 4}
  - add: {name: nn, from: [self, lambda, train, a.b, a b, a_b, 1st]}
'''


def test_names_of_any_text_become_names_of_python(tmp_path):
    text = text_of(HOSTILE)
    assert ast.parse(text).body[0].value.value.startswith("x???; import os")
    assert len(set(re.findall(r"self\.(\w+) = nn", text))) == 7
    if find_spec("torch"):
        assert_runs(weighed(cnncalc.parse(HOSTILE)), tmp_path / "w.npz")


def test_weights_that_do_not_fit_are_refused_when_they_are_given():
    with pytest.raises(cnncalc.SpecError, match="conv1/bias is missing"):
        text_of("{input: 4x4x1, layers: [conv: {filters: 1, kernel: 1}]}", {"conv1/kernel": np.ones((1, 1, 1, 1))})


def test_a_setting_that_cannot_be_said_is_refused_with_its_place():
    with pytest.raises(cnncalc.SpecError) as error:
        text_of("input: 6x3\nlayers:\n  - gru: {units: 2, bidirectional: true}\n")
    (problem,) = error.value.problems
    assert "gru with one bias of several layers or in two directions (gru1)" in problem.text
    assert problem.mark.line == 3


def test_what_is_not_trained_says_so():
    text = text_of("{input: 4, layers: [{dense: {units: 2, trainable: false}}, {relu: {trainable: false}}, dense: 2]}")
    assert "self.dense1 = nn.Linear(4, 2).requires_grad_(False)" in text
    assert text.count("requires_grad_") == 1
