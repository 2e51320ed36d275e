"""The backward rules of kinds with many settings next to PyTorch's autograd, in float64, on random settings of each.

The numbers are drawn from a normal distribution, so that no two scores of experts are equal, and no sample of a
deformable convolution lies on a pixel: gradients on both sides of such places differ.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_gradients import Measured
from test_gradients_peer import LIMIT, apart

import cnncalc
from cnncalc.engine.train.objective import Slopes

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:LSTM with projections")]
SETTINGS = 300  # of each maker: most values of a field are drawn some 50 times or more
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


def test_batchnorm_has_the_gradients_of_autograd_while_it_learns(torch: Any) -> None:
    """Through the mean and variance of the batch. The moving ones go where PyTorch's go."""
    from torched_layer import noise, sized, spec

    for seed in range(SETTINGS):
        torch.manual_seed(seed)
        rng = random.Random(seed)
        x, eps = (
            noise(rng.randint(2, 9), rng.randint(1, 5)) if rng.random() < 0.3 else sized(rng),
            rng.choice([1e-5, 0.1]),
        )
        learned = {name: noise(x.shape[-1]) for name in ("gamma", "beta") if rng.random() < 0.7}
        moving = {"moving_mean": torch.randn(x.shape[-1]), "moving_variance": torch.rand(x.shape[-1])}
        fields = {"scale": "gamma" in learned, "center": "beta" in learned, "eps": eps}
        measured = Measured(cnncalc.parse(spec("batchnorm", {"x": tuple(x.shape[1:])}, **fields)).summary(), len(x))
        arrays = {f"l/{name}": each.detach().numpy().copy() for name, each in {**learned, **moving}.items()}
        done = measured.rule.forward(arrays, [x.detach().numpy()], np.random.default_rng(seed))
        back = measured.rule.backward(arrays, done, Slopes({0: measured.factors}, {}))
        y = torch.nn.functional.batch_norm(
            x.movedim(-1, 1), *moving.values(), learned.get("gamma"), learned.get("beta"), training=True, eps=eps
        )
        loss = (y.movedim(1, -1) * torch.from_numpy(measured.factors)).sum()
        wanted = torch.autograd.grad(loss, [x, *learned.values()])
        found = [back.inputs[0], *(back.weights[f"l/{name}"] for name in learned)]
        found += [done.changes[f"l/{name}"] for name in moving]
        for got, gradient in zip(found, [*wanted, *moving.values()], strict=True):
            assert apart(got, gradient.numpy()) <= LIMIT, (seed, fields)
