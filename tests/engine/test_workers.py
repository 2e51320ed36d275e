"""Threads that share pieces of work, and BLAS kept to one thread meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine.parallel import blas
from cnncalc.engine.parallel.threads import Threads
from cnncalc.engine.parallel.work import Phase

NETWORK = "input: 12x12x8\nlayers: [{conv: {filters: 16, kernel: 3}}, batchnorm, relu, {dense: 10}]"


def test_every_piece_runs_once_and_errors_come_back() -> None:
    seen: list[int] = []

    def fail(block: int, scratch: np.ndarray) -> None:
        raise ZeroDivisionError(block)

    with Threads([np.empty(4, np.float32) for _ in range(3)]) as crew:
        crew.run(Phase(100, lambda block, scratch: seen.append(block)))
        assert sorted(seen) == list(range(100))
        crew.run(Phase(0, fail))
        with pytest.raises(ZeroDivisionError):
            crew.run(Phase(50, fail))
        crew.run(Phase(7, lambda block, scratch: seen.append(block)))
        assert len(seen) == 107


def test_an_interrupted_run_leaves_no_thread_for_the_next(monkeypatch: Any) -> None:
    crew, seen = Threads([np.empty(1, np.float32) for _ in range(3)]), []
    for name in ("start", "join"):
        original, calls = getattr(threading.Thread, name), []

        def interrupted(thread: Any, *rest: Any, original: Any = original, calls: Any = calls) -> None:
            original(thread, *rest)
            calls.append(1)
            if len(calls) == 1:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, name, interrupted)
            with pytest.raises(KeyboardInterrupt), crew:
                pass
        with crew:
            crew.run(Phase(50, lambda block, scratch: seen.append(block)))
    assert sorted(seen) == sorted([*range(50), *range(50)])


def test_without_threads_all_is_computed_by_the_caller(monkeypatch: Any) -> None:
    def refuse(thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[int] = []
    with Threads([np.empty(1, np.float32) for _ in range(3)]) as crew:
        crew.run(Phase(5, lambda block, scratch: seen.append(block)))
    assert seen == [0, 1, 2, 3, 4]


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    model = cnncalc.parse(NETWORK).build()
    model(np.zeros((12, 12, 8)))
    assert threading.active_count() == before


def test_a_model_may_be_called_from_several_threads() -> None:
    model = cnncalc.parse(NETWORK).build()
    xs = np.random.default_rng(0).standard_normal((8, 12, 12, 8))
    wanted = [model(x) for x in xs]
    with ThreadPoolExecutor(4) as pool:
        for got, known in zip(pool.map(model, xs), wanted, strict=True):
            np.testing.assert_array_equal(got, known)


@pytest.fixture
def threads_of_blas() -> Iterator[tuple[Any, Any]]:
    """The functions that get and set BLAS's number of threads, which is as before in the end."""
    found = blas._blas()
    if found is None:
        pytest.skip("this BLAS cannot be told its number of threads")
    get, set_ = found
    before = get()
    yield get, set_
    set_(before)


def test_blas_has_its_threads_back_after_a_run(threads_of_blas: tuple[Any, Any]) -> None:
    get, set_ = threads_of_blas
    set_(2)
    first, second = blas.single(), blas.single()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert get() == 1  # the other is not done yet
    second.__exit__(None, None, None)
    assert get() == 2


def test_there_are_no_more_workers_than_blas_would_take_threads(threads_of_blas: tuple[Any, Any]) -> None:
    _, set_ = threads_of_blas
    set_(1)
    assert blas.workers() == 1
    set_(2)
    with blas.single():
        several = blas.workers()
    assert several == blas.workers()
