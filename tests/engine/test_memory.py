"""The memory that kernels take: no more than is estimated, and little where windows are wider than what they see."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from case_files import Case, load
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import api, kinds
from cnncalc.engine import initial, inputs, kernels
from cnncalc.engine.kernels import attention, pool, recurrent
from cnncalc.engine.model import Model
from cnncalc.engine.planning import memory
from cnncalc.errors import EngineError


def run(word: str, x: np.ndarray, **fields: Any) -> np.ndarray:
    found = kinds.find(word)
    assert found is not None
    kind = found(**fields)
    y: np.ndarray = kernels.find(kind)(kind, {}, x)
    return y


def peak(work: Callable[[], np.ndarray]) -> float:
    """The most bytes that are alive at one time, for each byte of the output."""
    tracemalloc.start()
    try:
        y = work()
        return tracemalloc.get_traced_memory()[1] / y.nbytes
    finally:
        tracemalloc.stop()


@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_lrn_sums_every_window(channels: int, size: int, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 3, channels)).astype(np.float32)
    y = run("lrn", x, size=size, alpha=0.5, beta=0.75, k=1.0)
    for channel in range(channels):
        window = x[..., max(0, channel - (size - 1) // 2) : channel + size // 2 + 1]
        root = (1 + 0.5 / size * np.square(window, dtype=np.float64).sum(-1)) ** 0.75
        assert y[..., channel] == pytest.approx(x[..., channel] / root, rel=1e-5)


@pytest.mark.parametrize("size", [5, 300_000])
def test_lrn_takes_no_more_memory_for_a_larger_window(size: int) -> None:
    x = np.ones((40, 40, 64), np.float32)
    assert peak(lambda: run("lrn", x, size=size)) < 4


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12)), min_size=1, max_size=3), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_adaptive_pools_see_every_window(axes: list[tuple[int, int]], seed: int) -> None:
    sizes, targets = zip(*axes, strict=True)
    x = np.random.default_rng(seed).standard_normal((2, *sizes, 3)).astype(np.float32)
    largest, mean = (run(f"adaptive_{word}pool", x, output=targets) for word in ("max", "avg"))
    for place in np.ndindex(*targets):
        cut = [slice(i * w // o, -(-(i + 1) * w // o)) for i, (w, o) in zip(place, axes, strict=True)]
        window = x[(slice(None), *cut)].reshape(2, -1, 3, order="C")
        assert (largest[(slice(None), *place)] == window.max(axis=1)).all()
        assert mean[(slice(None), *place)] == pytest.approx(window.mean(axis=1), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("word", ["adaptive_maxpool", "adaptive_avgpool"])
@pytest.mark.parametrize(("size", "output"), [(4, 700), (700, 4), (300, 301)])
def test_adaptive_pools_go_along_each_axis(word: str, size: int, output: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not over every place: the calls grow with the sizes and not with their product, and so does the memory."""
    calls: list[str] = []

    def counted(name: str) -> Callable[..., np.ndarray]:
        real = getattr(pool, name)
        return lambda *args: calls.append(name) or real(*args)

    for name in ("_largest", "_means"):
        monkeypatch.setattr(pool, name, counted(name))
    x = np.ones((1, size, size, 2), np.float32)
    assert peak(lambda: np.concatenate([run(word, x, output=output).ravel(), x.ravel()])) < 5
    assert 2 <= len(calls) <= 20


def small(case: Case) -> bool:
    totals = api.parse(case.text).summary().totals
    return bool(totals.macs <= 10**5 and totals.params <= 10**5)


SMALL = [param for param in load("cases") if small(param.values[0])]
ROOM = 1 << 20  # bytes of operands and outputs that a case is run with
SLACK = 1 << 17  # bytes for what does not grow with the batch


@pytest.mark.parametrize("case", SMALL)
def test_no_kernel_takes_more_than_is_estimated(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole batch at one time, by the reference kernels; blocks of fixed sizes are made small."""
    for module in (attention, recurrent):
        monkeypatch.setattr(module, "BLOCK", 1 << 12)
    summary = api.parse(case.text).summary()
    one = memory.estimate(summary, 1).outputs
    batch = max(1, min(4 * ROOM // one, 10**7 // max(1, summary.totals.macs)))
    feeds = {name: feed.load(batch).astype(np.float32) for name, feed in inputs.feeds(summary, [], 0).items()}
    model = Model(summary, initial.initial(summary, 0), cnncalc.Limits(), "reference")
    try:
        model.run(feeds)  # what is kept from the first run on is not counted
    except EngineError:
        assert case.kind == "opaque"
        return
    given = sum(feed.nbytes for feed in feeds.values())
    tracemalloc.start()
    try:
        model.run(feeds)
        taken = given + tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken <= memory.estimate(summary, batch).outputs + SLACK


@pytest.mark.parametrize("word", ["lrn", "gelu", "adaptive_maxpool", "adaptive_avgpool"])
def test_a_view_gives_the_same_numbers(word: str) -> None:
    """A channels-first input is a view whose channels are not its last axis in memory."""
    fields = {"output": (3, 4)} if word.startswith("adaptive") else {}
    x = np.random.default_rng(0).standard_normal((2, 6, 5, 7)).astype(np.float32)
    for axes in ((0, 2, 3, 1), (3, 1, 0, 2), (0, 1, 2, 3)):
        view = x.transpose(axes)
        np.testing.assert_array_equal(run(word, view, **fields), run(word, view.copy(), **fields))


def test_every_kind_is_measured() -> None:
    assert {param.values[0].kind for param in SMALL} >= set(kinds.every())
