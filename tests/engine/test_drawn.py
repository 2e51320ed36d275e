"""Layers with random settings against PyTorch, and against what it put out on another machine."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import parse
from cnncalc.engine import ENGINES
from cnncalc.errors import EngineError

RELATIVE = 1e-5
RECORDED = json.loads(Path(__file__).with_name("recorded_drawn.json").read_text())


def agrees(text: str, weights: dict[str, Any], inputs: dict[str, Any], output: Any) -> None:
    """Both engines put out ``output``."""
    wanted = np.asarray(output, np.float32)
    for engine in ENGINES:
        got = parse(text).build(weights, engine=engine)(**inputs)
        assert got.shape == wanted.shape, text
        assert np.abs(got - wanted).max() <= RELATIVE * max(1e-3, np.abs(wanted).max()), f"{engine}\n{text}"


@pytest.mark.parametrize("name", RECORDED)
def test_outputs_are_those_that_pytorch_gave(name: str) -> None:
    for case in RECORDED[name]:
        weights, inputs = ({key: np.asarray(a, np.float32) for key, a in case[group].items()}
                           for group in ("weights", "inputs"))  # fmt: skip
        agrees(case["text"], weights, inputs, case["output"])


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("name", RECORDED)
def test_a_hundred_random_settings_equal_pytorch(name: str) -> None:
    pytest.importorskip("torch")
    place = importlib.util.spec_from_file_location("torched_drawn", Path(__file__).with_name("torched_drawn.py"))
    assert place
    assert place.loader
    torched = importlib.util.module_from_spec(place)
    place.loader.exec_module(torched)
    assert RECORDED.keys() == torched.DRAWERS.keys()
    for seed in range(100):
        agrees(*torched.drawn(name, seed))


def test_an_opaque_layer_is_not_run() -> None:
    net = parse("input: 4\nlayers: [{opaque: {name: o, output: 3, label: Custom}}]")
    for engine in ENGINES:
        with pytest.raises(EngineError, match=r'"o": the engine has no forward pass for opaque \(Custom\)'):
            net.build(engine=engine)


def test_an_image_has_its_rows_in_half_of_the_channels_and_its_columns_in_the_other() -> None:
    """Carion et al. 2020: each half is the encoding of a sequence."""
    rows, columns = (
        parse(f"input: {steps}x6\nlayers: [positional_encoding]").build()(np.zeros((1, steps, 6), np.float32))
        for steps in (4, 5)
    )
    got = parse("input: 4x5x12\nlayers: [positional_encoding]").build()(np.zeros((1, 4, 5, 12), np.float32))
    assert np.array_equal(got[0, :, :, :6], np.broadcast_to(rows[0][:, None], (4, 5, 6)))
    assert np.array_equal(got[0, :, :, 6:], np.broadcast_to(columns[0][None], (4, 5, 6)))


def test_the_table_of_an_image_is_read_row_by_row() -> None:
    table = np.arange(24, dtype=np.float32).reshape(12, 2)
    net = parse("layout: channels_first\ninput: 2x3x4\nlayers: [positional_encoding: {name: p, style: learned}]")
    got = net.build({"p/embeddings": table})(np.zeros((1, 2, 3, 4)))
    assert np.array_equal(got[0].transpose(1, 2, 0).reshape(12, 2), table)


def test_a_layer_that_is_tied_to_a_normalised_one_has_its_kernel_with_the_gain() -> None:
    rng = np.random.default_rng(2)
    kernel, gain, x = (rng.standard_normal(sizes).astype(np.float32) for sizes in ((4, 3), 3, (2, 4)))
    text = "{input: 4, layers: [{dense: {name: d, units: 3, bias: false, weight_norm: true}}, "
    text += "{use: {layer: d, transposed: true}}]}"
    own = kernel * gain / np.linalg.norm(kernel, axis=0)
    agrees(text, {"d/kernel": kernel, "d/gain": gain}, {"input": x}, x @ own @ own.T)
