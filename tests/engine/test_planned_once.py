"""A network is fused, laid out and weighed once for a batch, whoever asks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import LimitError, Limits
from cnncalc.engine import ENGINES, initial, model, run
from cnncalc.engine.planning import fuse, memory
from cnncalc.engine.planning.layout import Layout

TEXT = """
input: 8x8x3
layers: [{conv: {filters: 8, kernel: 3, padding: 1}}, batchnorm, relu, {maxpool: 2}, {dense: 5}]
"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of the steps before a run is taken."""
    calls: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def counting(*args: Any, **named: Any) -> Any:
            calls[name] += 1
            return real(*args, **named)

        monkeypatch.setattr(owner, name, counting)

    for owner, name in ((fuse, "fuse"), (Layout, "__init__"), (memory, "estimate"), (model, "check_known")):
        count(owner, name)
    return calls


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_plans_once(counted: Counter[str], batch: int, engine: str) -> None:
    run.run(cnncalc.parse(TEXT).summary(), [], None, 0, batch, Limits(), engine)
    planned = engine == "fast"
    assert counted == Counter(fuse=planned, __init__=planned, estimate=1, check_known=1)


def test_a_model_plans_once_for_a_batch(counted: Counter[str]) -> None:
    built = cnncalc.parse(TEXT).build()
    for _ in range(3):
        built(np.ones((1, 8, 8, 3)))
    assert counted == Counter(fuse=1, __init__=1, estimate=1, check_known=1)
    for _ in range(3):
        built(np.ones((2, 8, 8, 3)))
    assert counted == Counter(fuse=2, __init__=2, estimate=2, check_known=1)


def test_a_batch_is_refused_before_a_weight_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial, "initial", lambda *args: pytest.fail("weights were drawn"))
    with pytest.raises(LimitError):
        run.run(cnncalc.parse(TEXT).summary(), [], None, 0, 100_000, Limits(memory=1 << 20))


@pytest.mark.parametrize("batches", [(1, 80, 1), (80, 1, 80)])
def test_another_batch_may_pool_elsewhere(batches: tuple[int, ...]) -> None:
    """Whether a convolution runs in Winograd's form, and takes the pool behind it, depends on the batch."""
    text = "input: 8x8x128\nlayers: [{conv: {filters: 128, kernel: 3, padding: 1}}, {maxpool: 2}]"
    summary = cnncalc.parse(text).summary()
    assert len({len(Layout(summary, batch).ops) for batch in batches}) == 2
    arrays, rng = initial.initial(summary, 0), np.random.default_rng(0)
    fast, slow = (model.Model(summary, arrays, Limits(), engine) for engine in ENGINES)
    for batch in batches:
        x = rng.standard_normal((batch, 8, 8, 128))
        assert np.abs(fast(x) - slow(x)).max() < 1e-4
