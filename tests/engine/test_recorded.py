"""Small networks against what PyTorch made of them, as recorded by ``record.py``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import ENGINES
from cnncalc.engine.model import Model

CASES = json.loads(Path(__file__).with_name("recorded.json").read_text())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_that_pytorch_gave(name: str, engine: str, patterns) -> None:
    summary = cnncalc.parse(CASES[name]["spec"]).summary()
    arrays, feeds = patterns(summary)
    outputs = Model(summary, arrays, cnncalc.Limits(), engine).run(feeds)
    assert list(outputs) == list(CASES[name]["outputs"])
    for layer, wanted in CASES[name]["outputs"].items():
        np.testing.assert_allclose(outputs[layer].ravel(), wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())
