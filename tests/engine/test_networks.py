"""Whole networks against PyTorch, and that every example runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import ENGINES, initial, inputs
from cnncalc.engine.model import Model

SPECS = Path(__file__).parents[2] / "specs"
WHOLE = ("alexnet", "vgg-16", "resnet-50", "googlenet", "mobilenet-v2", "densenet-121", "efficientnet-b0", "u-net",
         "squeezenet", "lenet5", "conv-autoencoder")  # fmt: skip


def compared(path: Path, peer: Any, engine: str) -> None:
    summary = cnncalc.load(str(path)).summary()
    arrays = initial.initial(summary, 1)
    feeds = {name: feed.load(1) for name, feed in inputs.feeds(summary, [], 1).items()}
    wanted = peer(summary, arrays, feeds)
    for name, got in Model(summary, arrays, cnncalc.Limits(), engine).run(feeds).items():
        error = np.abs(got - wanted[name]).max() / np.abs(wanted[name]).max()
        assert error <= 1e-4, f"{path.stem}: {name} differs by {error:.2g}"


@pytest.mark.oracle
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", WHOLE)
def test_whole_networks_equal_pytorch(name: str, engine: str, peer: Any) -> None:
    compared(SPECS / f"{name}.yaml", peer, engine)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["keras_MobileNet", "torchvision_resnet18", "torchvision_mobilenet_v2"])
def test_published_networks_equal_pytorch(name: str, facts: Path, peer: Any) -> None:
    compared(facts / "networks" / f"{name}.yaml", peer, "fast")


@pytest.mark.parametrize("name", ["lenet5", "squeezenet", "conv-autoencoder", "mobilenet-v2"])
def test_both_engines_agree(name: str) -> None:
    summary = cnncalc.load(str(SPECS / f"{name}.yaml")).summary()
    arrays = initial.initial(summary, 2)
    feeds = {name: feed.load(2) for name, feed in inputs.feeds(summary, [], 2).items()}
    first, second = (Model(summary, arrays, cnncalc.Limits(), engine).run(feeds) for engine in ENGINES)
    for layer in first:
        np.testing.assert_allclose(first[layer], second[layer], rtol=1e-4, atol=1e-4 * np.abs(second[layer]).max())
