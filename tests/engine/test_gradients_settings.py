"""The backward rules of kinds with many settings next to PyTorch's autograd, in float64, on random settings of each.

The numbers are drawn from a normal distribution, so that no two scores of experts are equal, and no sample of a
deformable convolution lies on a pixel: gradients on both sides of such places differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_gradients import Measured
from test_gradients_peer import LIMIT, apart

import cnncalc

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:LSTM with projections")]
SETTINGS = 300  # of each maker, so that each value of a field is drawn at least 50 times
DRAWN = json.loads(Path(__file__).with_name("recorded_drawn.json").read_text())


@pytest.fixture(autouse=True)
def torch() -> Iterator[Any]:
    """PyTorch, which makes float64 numbers for as long as a test runs."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def agrees(torch: Any, text: str, weights: dict[str, Any], inputs: dict[str, Any], output: Any) -> None:
    """Every gradient of the spec is autograd's of ``output``."""
    measured = Measured(cnncalc.parse(text).summary(), len(output))
    tensors = {**weights, **inputs}
    arrays, feeds = ({name: each.detach().numpy() for name, each in group.items()} for group in (weights, inputs))
    y = measured.forward(arrays, feeds).of(measured.last)
    assert apart(y, output.detach().numpy()) <= LIMIT, text
    by_weights, by_inputs = measured.gradients(arrays, feeds)
    found = {**by_weights, **by_inputs}
    assert found.keys() == tensors.keys()
    loss = (output * torch.from_numpy(measured.factors)).sum()
    wanted = torch.autograd.grad(loss, [*tensors.values()], materialize_grads=True)  # zeros where nothing is used
    for (name, tensor), gradient in zip(tensors.items(), wanted, strict=True):
        assert found[name].dtype == np.float64
        assert tensor.dtype == torch.float64
        assert apart(found[name], gradient.numpy()) <= LIMIT, f"{name}\n{text}"


@pytest.mark.parametrize("maker", ["sequence", "image", "experts", "product", "tied"])
def test_attention_and_its_neighbours_have_the_gradients_of_autograd(maker: str, torch: Any) -> None:
    import torched_attention as torched

    for seed in range(SETTINGS):
        agrees(torch, *torched.MAKERS[maker](seed))


@pytest.mark.parametrize("name", DRAWN)
def test_random_settings_of_a_kind_have_the_gradients_of_autograd(name: str, torch: Any) -> None:
    import torched_drawn as torched

    for seed in range(SETTINGS):
        agrees(torch, *torched.layer(name, seed))
