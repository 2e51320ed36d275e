"""Processes that share the pieces of a layer, and what becomes of a run when they do not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnncalc.engine import helpers
from cnncalc.engine.helpers import Processes, shared
from cnncalc.engine.workers import Phase

pytestmark = pytest.mark.skipif(not helpers.possible(), reason="no processes are forked on this system")
BLOCKS = 6


@pytest.fixture
def seen() -> np.ndarray:
    """For each piece, the process that computed it last."""
    return shared(BLOCKS)


@pytest.fixture
def crew(seen: np.ndarray) -> Iterator[Processes]:
    """Three workers for two works: each piece notes its process and takes a moment."""

    def note(block: int, scratch: np.ndarray) -> None:
        time.sleep(0.002)
        seen[block] = os.getpid()

    found = Processes([Phase(BLOCKS, note), Phase(1, note)], [np.empty(1, np.float32) for _ in range(3)])
    yield found
    helpers._end(found._helpers)


def go(crew: Processes) -> None:
    with crew:
        for work in crew._works:
            crew.run(work)


def processes(seen: np.ndarray) -> list[int]:
    return [int(pid) for pid in seen]


def test_pieces_are_dealt_out(crew: Processes, seen: np.ndarray) -> None:
    for _ in range(20):
        seen[:] = 0
        go(crew)
        first, second = (crew._helpers[rank].pid for rank in (1, 2))
        assert processes(seen) == [os.getpid(), first, second] * 2


def test_helpers_stay_between_runs_and_leave_when_idle(
    crew: Processes, seen: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers, "IDLE", 1)
    go(crew)
    before = processes(seen)
    go(crew)
    assert processes(seen) == before
    time.sleep(1.3)
    go(crew)
    assert not set(processes(seen)) & set(before) - {os.getpid()}


def test_a_helper_that_dies_is_replaced(crew: Processes, seen: np.ndarray) -> None:
    go(crew)
    dead = crew._helpers[1].pid
    os.kill(dead, signal.SIGKILL)
    go(crew)
    go(crew)
    assert dead not in processes(seen)
    assert crew._helpers[1].pid in processes(seen)


def test_the_pieces_of_a_helper_that_dies_in_a_run_are_computed(crew: Processes, seen: np.ndarray) -> None:
    with crew:
        os.kill(crew._helpers[1].pid, signal.SIGKILL)
        second = crew._helpers[2].pid
        for work in crew._works:
            crew.run(work)
    assert processes(seen) == [os.getpid(), os.getpid(), second] * 2


def test_a_helper_that_hangs_is_not_waited_for(crew: Processes, seen: np.ndarray) -> None:
    with crew:
        hanging = crew._helpers[1].pid
        os.kill(hanging, signal.SIGSTOP)
        for work in crew._works:
            crew.run(work)
    assert hanging not in processes(seen)
    assert all(seen)


def test_without_helpers_all_is_computed_here(
    crew: Processes, seen: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    go(crew)
    assert processes(seen) == [os.getpid()] * BLOCKS


@pytest.mark.parametrize("bad", range(BLOCKS))
def test_an_error_in_any_piece_comes_up_and_ends_the_helpers(bad: int) -> None:
    def fail(block: int, scratch: np.ndarray) -> None:
        if block == bad:
            raise ZeroDivisionError(block)

    crew = Processes([Phase(BLOCKS, fail)], [np.empty(1, np.float32) for _ in range(3)])
    with pytest.raises(ZeroDivisionError):
        go(crew)
    assert not crew._helpers


def test_an_interrupt_ends_the_helpers(crew: Processes) -> None:
    go(crew)
    pids = [helper.pid for helper in crew._helpers.values()]
    with pytest.raises(KeyboardInterrupt), crew:
        raise KeyboardInterrupt
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_helper_runs_no_handler_of_the_users(crew: Processes, seen: np.ndarray) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: seen.fill(-1))
    try:
        go(crew)
        os.kill(crew._helpers[1].pid, signal.SIGTERM)
        go(crew)
        assert crew._helpers[1].pid in processes(seen)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_helpers_leave_soon_after_their_parent_is_killed() -> None:
    code = (
        "import os, sys, time, numpy as np\n"
        "from cnncalc.engine.helpers import Processes\n"
        "from cnncalc.engine.workers import Phase\n"
        "work = Phase(2, lambda block, scratch: None)\n"
        "crew = Processes([work], [np.empty(1, np.float32)] * 2)\n"
        "with crew: crew.run(work)\n"
        "print(crew._helpers[1].pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    pid = int(done.stdout)
    end = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}") and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_helpers_go_with_their_crew() -> None:
    crew = Processes([Phase(3, lambda block, scratch: None)], [np.empty(1, np.float32) for _ in range(3)])
    go(crew)
    pids = [helper.pid for helper in crew._helpers.values()]
    del crew
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def call_shared_model(x: np.ndarray) -> np.ndarray:
    return shared_model(x)  # type: ignore[name-defined]  # noqa: F821


def test_a_model_taken_over_by_a_fork_runs_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    import cnncalc
    from cnncalc.engine import plan

    monkeypatch.setattr(plan, "WORTH", 0)
    model = cnncalc.parse("input: 40x40x8\nlayers: [{conv: {filters: 16, kernel: 3}}]").build()
    x = np.random.default_rng(0).standard_normal((4, 40, 40, 8))
    wanted = [model(one) for one in x]
    monkeypatch.setattr(sys.modules[__name__], "shared_model", model, raising=False)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map_async(call_shared_model, list(x) * 5)
        for one, known in zip(list(x) * 5, wanted * 5, strict=True):
            np.testing.assert_array_equal(model(one), known)
        for got, known in zip(found.get(60), wanted * 5, strict=True):
            np.testing.assert_array_equal(got, known)
