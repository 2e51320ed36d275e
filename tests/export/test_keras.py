"""Functional models of Keras: they compile, give our outputs with our weights, and are what a person would write."""

from __future__ import annotations

import ast
import os
import re
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exported import assert_same, cases, few, weighed

import cnncalc
from cnncalc import kinds
from cnncalc.export import export
from cnncalc.export.keras import KINDS
from cnncalc.kinds.base.composite import Composite
from cnncalc.limits import Limits

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras and its backends
QUICK = ("lenet5", "worked-example", "conv-autoencoder", "squeezenet", "gru")
SLOW = (
    "convnext-t", "densenet-121", "efficientnet-b0", "googlenet", "mobilenet-v2", "pointnet", "resnet-50", "u-net",
    "yolov8n",
)  # fmt: skip
WITHOUT = {"deformable_conv", "locally_connected", "opaque"}


def text_of(spec: str, weights: Any = None) -> str:
    return b"".join(export(cnncalc.parse(spec).summary(), "keras", weights, 0, Limits())).decode()


def refused(case) -> str:
    """Why a network is not exported; empty where it is."""
    try:
        case.export("keras")
    except cnncalc.SpecError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")


def assert_runs(keras, case, path) -> None:
    np.savez(path, **case.arrays)
    module = ModuleType("written")
    keras.backend.clear_session()
    exec(compile(case.export("keras").decode(), "written.py", "exec"), module.__dict__)
    model = module.load_weights(module.build(), path)
    feeds = [np.ascontiguousarray(case.last(array)) for array in case.feeds.values()]
    outputs = model(feeds if len(feeds) > 1 else feeds[0], training=False)
    names = list(case.net.summary().outputs)
    made = dict(zip(names, [outputs] if len(names) == 1 else outputs, strict=True))
    wanted = {name: case.last(array) for name, array in case.outputs().items()}
    assert_same({name: keras.ops.convert_to_numpy(array) for name, array in made.items()}, wanted)
    learned = sum(int(np.prod(weight.shape)) for weight in model.weights)
    rows = case.net.summary().rows
    counts = sum("moving_count" in row.weights for row in rows)  # a BatchNormalization of Keras has none
    if not any(row.kind in ("lstm", "rnn") for row in rows):  # where two biases become one
        assert learned + counts == case.net.summary().totals.params


@pytest.mark.oracle
@pytest.mark.parametrize("text", cases())
def test_each_kind_gives_our_outputs(text, tmp_path, keras):
    case = weighed(cnncalc.parse(text))
    if why := refused(case):
        assert re.search("Keras has no translation of ", why)
        return
    assert_runs(keras, case, tmp_path / "w.npz")


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_each_spec_gives_our_outputs(name, spec, tmp_path, keras):
    assert_runs(keras, weighed(spec(name)), tmp_path / "w.npz")


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*QUICK, "resnet-18", "mobilenet-v2"])
def test_a_model_comes_back_as_the_network_that_it_was(name, spec, tmp_path, keras):
    case = weighed(spec(name))
    np.savez(tmp_path / "w.npz", **case.arrays)
    module = ModuleType("written")
    keras.backend.clear_session()
    exec(compile(case.export("keras").decode(), "written.py", "exec"), module.__dict__)
    back = cnncalc.from_keras(module.load_weights(module.build(), tmp_path / "w.npz"))
    ours, theirs = case.net.summary().totals, back.summary().totals
    assert (theirs.params, theirs.macs) == (ours.params, ours.macs)
    feeds = {name: case.last(array) for name, array in zip(back.summary().inputs, case.feeds.values(), strict=True)}
    (wanted,), (made,) = case.outputs().values(), back.build().run(feeds).values()
    assert_same({0: made}, {0: case.last(wanted)})


@pytest.mark.parametrize("text", few())
def test_what_is_written_compiles_and_every_name_is_known(text):
    """Without Keras: no name is used that the file does not define or import."""
    case = weighed(cnncalc.parse(text))
    if refused(case):
        return
    nodes = list(ast.walk(ast.parse(case.export("keras").decode())))
    known = {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)} | {"__name__"}
    known |= {a.asname or a.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for a in node.names}
    known |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)} | set(__builtins__)
    assert {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} <= known


def test_few_kinds_have_no_layer():
    known = {word for word in kinds.every() if not issubclass(kinds.find(word), Composite)}
    assert known - KINDS.keys() == WITHOUT
    assert set(KINDS) <= known


BLOCKS = """name: two blocks
layout: channels_first
input: 3x8x8
define:
  pair: {args: {width: null}, layers: [conv: {filters: width, kernel: 3, padding: 1, bias: false}, batchnorm, relu]}
layers:
  - pair: 8
  - residual: {body: [pair: 8, {conv: {filters: 8, kernel: 1}}], activation: relu}
  - repeat: {times: 3, layers: [pair: 16]}
  - {conv: {filters: 16, kernel: 1}}
  - maxpool: {size: 3, stride: 2, padding: 1}
  - flatten
  - dense: 10
"""
WRITTEN = '''
def build():
    """The model."""
    x = inputs = keras.Input((8, 8, 3), name="input")
    x = pair(x, 8, name="pair1")  # 8×8×8
    x = residual(x, name="residual1")  # 8×8×8
    x = repeat(x, name="repeat1")  # 8×8×16
    x = layers.Conv2D(16, 1, name="conv1")(x)  # 8×8×16
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-float("inf"))
    x = layers.MaxPooling2D(3, strides=2, name="maxpool1")(x)  # 4×4×16
    x = layers.Flatten(name="flatten1")(x)  # 256
    outputs = layers.Dense(10, name="dense1")(x)  # 10
    return keras.Model(inputs, outputs, name="two_blocks")
'''


def test_blocks_become_functions_and_repetitions_loops():
    text = text_of(BLOCKS)
    assert WRITTEN in text
    assert "def pair(x, filters, name):" in text
    assert '    for i in range(1, 4):\n        x = repeat_part(x, name=f"{name}__{i}")\n    return x\n' in text
    assert "load_weights" not in text  # no weights were given
    assert max(map(len, text.splitlines())) <= 120


def test_nothing_is_less_than_the_zeros_around_a_rectified_map():
    text = text_of("{input: 8x8x3, layers: [relu, maxpool: {size: 3, padding: 1, stride: 3}]}")
    assert "ops.pad" not in text
    assert "layers.ZeroPadding2D(1)(x)" in text


def test_with_weights_the_file_can_load_them_and_brings_flattened_rows_into_order():
    text = weighed(cnncalc.parse(BLOCKS)).export("keras").decode()
    assert "def load_weights(model, path):" in text
    assert '"dense1": lambda w: flattened(w, (16, 4, 4), (1, 2, 0)),' in text


def test_what_keras_cannot_say_is_listed_with_its_places():
    unsaid = ["maxpool: {size: 2, dilation: 2}", "lppool: 2", "deformable_conv: {filters: 2, kernel: 1}"]
    with pytest.raises(cnncalc.SpecError) as error:
        text_of("\n  - ".join(["input: 8x8x4\nlayers:", *unsaid]))
    assert [problem.mark.line for problem in error.value.problems] == [3, 5]
    with pytest.raises(cnncalc.SpecError, match=r"shared weights \(2 layers, the first of them e\)"):
        text_of("{input: 8, layers: [dense: {name: d, units: 8}, use: {layer: d, name: e}, use: {layer: d, name: f}]}")


def test_names_that_would_fall_together_are_refused():
    """Keras takes no / in a name, and its backends no full stop."""
    with pytest.raises(cnncalc.SpecError, match="two layers whose names both become a_b"):
        text_of("{input: 8, layers: [dense: {name: a.b, units: 8}, dense: {name: a_b, units: 8}]}")


def test_variables_hide_no_function():
    """A block called as its definition is a variable where the definition is a function."""
    text = text_of("""
      input: 8x8x4
      define: {layers: {layers: [conv: {filters: 4, kernel: 1}]}}
      layers:
        - layers: {name: layers}
        - layers: {name: name, from: input}
        - layers: {name: i, from: input}
        - layers: {name: x, from: input}
        - add: [layers, name, i, x]
    """)
    tree = ast.parse(text)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert not stored & (functions | {"layers", "keras", "name"})


def test_what_is_not_trained_says_so():
    text = text_of("{input: 4, layers: [{dense: {units: 2, trainable: false}}, dense: 2]}")
    assert 'layers.Dense(2, trainable=False, name="dense1")' in text
    assert text.count("trainable=") == 1
