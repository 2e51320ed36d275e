"""The fast engine next to the reference, and PyTorch as the peer: run layer by layer from the same rows and weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytorch_peer import Peer

import cnncalc
from cnncalc.engine import initial, inputs
from cnncalc.engine import weights as learned
from cnncalc.engine.model import Model
from cnncalc.engine.parallel import blas
from cnncalc.engine.planning import plan
from cnncalc.kinds.activation import FUNCTIONS


@pytest.fixture(scope="session")
def peer() -> Callable[..., dict[str, np.ndarray]]:
    """``peer(summary, arrays, feeds)``: every layer's output by name, in the spec's layout."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(2)
    return lambda summary, arrays, feeds: Peer(torch, summary, arrays).run(feeds)


@pytest.fixture(scope="session")
def peer_knows() -> Callable[[str], bool]:
    """Whether the peer has a method for the kind of that name, or PyTorch an activation function; needs no PyTorch."""
    return lambda word: hasattr(Peer, word) or word in FUNCTIONS


def pattern(name: str, sizes: tuple[int, ...]) -> np.ndarray:
    """Numbers between -1 and 1 that follow from their position alone (variances: positive ones)."""
    count = int(np.prod(sizes))
    numbers = ((np.arange(count) * 37 + 11 * len(name)) % 101 - 50) / 50
    numbers = np.abs(numbers) + 0.5 if name.endswith("moving_variance") else numbers
    return numbers.astype(np.float32).reshape(sizes)


def patterned(summary: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Weights and inputs (one example) of :func:`pattern`."""
    arrays = {name: pattern(name, want.sizes) for name, want in learned.wanted(summary).items()}
    feeds = {name: pattern(name, (1, *shape.written(summary.layout))) for name, shape in summary.inputs.items()}
    return arrays, feeds


@pytest.fixture(scope="session")
def patterns() -> Callable[..., Any]:
    """:func:`patterned`."""
    return patterned


@pytest.fixture(scope="session")
def both() -> Callable[..., None]:
    """``both(text, batch, seed, limit)``: the fast engine and the reference agree on every output of a network."""
    return agree


def agree(text: str, batch: int = 1, seed: int = 0, limit: float = 1e-5) -> None:
    """Every output of the fast engine, folded and whole, next to the reference."""
    summary = cnncalc.parse(text).summary()
    arrays = initial.initial(summary, seed)
    rng = np.random.default_rng(seed)
    for name in arrays:
        if name.endswith(("bias", "beta", "moving_mean")):
            arrays[name] = rng.standard_normal(arrays[name].shape, np.float32)
        if name.endswith(("gamma", "moving_variance")):
            arrays[name] = rng.uniform(0.5, 1.5, arrays[name].shape).astype(np.float32)
    feeds = {name: feed.load(batch) for name, feed in inputs.feeds(summary, [], seed).items()}
    wanted = Model(summary, arrays, cnncalc.Limits(), "reference").run(feeds)
    for whole in (False, True):
        got = Model(summary, arrays, cnncalc.Limits(), whole=whole).run(feeds)
        for name in wanted:
            error = np.abs(got[name] - wanted[name]).max() / np.abs(wanted[name]).max()
            assert error <= limit, f"{name} differs by {error:.2g}\n{text}"


@pytest.fixture(params=["1 thread", "2 threads", "3 threads", "2 processes", "3 processes"])
def crew(request: pytest.FixtureRequest, monkeypatch: Any) -> int:
    """As many workers as that, whatever the machine has and the network is worth."""
    number, word = request.param.split()
    monkeypatch.setattr(blas, "workers", lambda: int(number))
    monkeypatch.setattr(plan, "WORTH", 0 if word == "processes" else 1 << 60)
    return int(number)


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Any]:
    """``drawn(summary, seed, batch)``: random weights (biases too, which a seed leaves at 0) and inputs."""

    def draw(summary: Any, seed: int, batch: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        rng = np.random.default_rng(seed)
        arrays = {
            name: rng.uniform(0.5, 1.5, sizes).astype(np.float32)
            if weight in ("moving_variance", "gamma")
            else rng.standard_normal(sizes, np.float32) / np.float32(max(1, np.prod(sizes[:-1])) ** 0.5)
            for name, (_, weight, sizes) in learned.wanted(summary).items()
        }
        return arrays, {name: feed.load(batch) for name, feed in inputs.feeds(summary, [], seed).items()}

    return draw
