"""Processes that share the pieces of a layer, and what becomes of a run when they do not."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine.parallel import blas
from cnncalc.engine.parallel import processes as helpers
from cnncalc.engine.parallel.processes import Processes, shared
from cnncalc.engine.parallel.work import Phase
from cnncalc.engine.planning import plan

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
    for pid in set(before) - {os.getpid()}:
        await_end(pid, 10)
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
    assert len(pids) == 2
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


@pytest.mark.parametrize("works", [1, 2])
def test_helpers_leave_soon_after_their_parent_is_killed(works: int) -> None:
    """Between two runs, or (of two works) in the midst of one."""
    code = (
        "import os, numpy as np\n"
        "from cnncalc.engine.parallel.processes import Processes\n"
        "from cnncalc.engine.parallel.work import Phase\n"
        "work = Phase(2, lambda block, scratch: None)\n"
        f"crew = Processes([work] * {works}, [np.empty(1, np.float32)] * 2)\n"
        "with crew:\n"
        "    crew.run(work)\n"
        "    print(crew._helpers[1].pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    await_end(int(done.stdout), 5)


def await_end(pid: int, seconds: float) -> None:
    """Wait until a process has ended, whether or not it has been waited for."""
    end = time.monotonic() + seconds
    while os.path.exists(f"/proc/{pid}") and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_helper_sleeps_and_leaves_while_its_parent_does_other_things(
    crew: Processes, seen: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers, "IDLE", 1)
    with crew:
        crew.run(crew._works[0])
        pid = crew._helpers[1].pid
        await_end(pid, 5)
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        assert sum(map(int, ticks)) < 50  # of the hundred that it was awake
        crew.run(crew._works[1])
        crew.run(crew._works[0])
    assert pid not in processes(seen)
    assert all(seen)


def test_children_may_be_waited_for_by_the_system(crew: Processes, seen: np.ndarray) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        go(crew)
        helpers._end(crew._helpers)
        go(crew)
        with pytest.raises(KeyboardInterrupt), crew:
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_many_open_files_are_no_matter(seen: np.ndarray, crew: Processes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    held = []
    try:
        while not held or held[-1] < 1100:
            held.append(os.dup(0))
        go(crew)
        assert len(set(processes(seen))) == 3
        go(crew)
        assert len(set(processes(seen))) == 3
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_a_descriptor_all_is_computed_here(
    crew: Processes, seen: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(count: int) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "eventfd", refuse)
    go(crew)
    assert processes(seen) == [os.getpid()] * BLOCKS


def test_an_interrupt_of_an_interrupt_leaves_no_one_out_of_step(
    crew: Processes, seen: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*anything: object) -> None:
        raise KeyboardInterrupt

    go(crew)
    before = set(processes(seen))
    for name in ("_end", "_alive"):
        original = getattr(helpers, name)

        def fail(block: int, scratch: np.ndarray, name: str = name) -> None:
            monkeypatch.setattr(helpers, name, interrupt)  # the error's end is interrupted
            raise ZeroDivisionError

        with pytest.raises(KeyboardInterrupt), crew:
            crew.run(Phase(1, fail))
        monkeypatch.setattr(helpers, name, original)
        seen[:] = 0
        go(crew)
        first, second = (crew._helpers[rank].pid for rank in (1, 2))
        assert processes(seen) == [os.getpid(), first, second] * 2
        assert not {first, second} & before
        before = {first, second}


def test_nothing_is_forked_beside_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(monkeypatch)
    x = np.random.default_rng(0).standard_normal((40, 40, 8))
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        wanted = model(x)
        assert not model._plan._processes._helpers
    finally:
        end.set()
        thread.join()
    np.testing.assert_array_equal(model(x), wanted)
    assert model._plan._processes._helpers


def test_a_fork_beside_a_run_has_a_lock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(monkeypatch)
    x = np.random.default_rng(0).standard_normal((40, 40, 8))
    wanted = model(x)
    with model._alone, blas._single.lock:  # as another thread's run would
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            os._exit(0 if np.array_equal(model(x), wanted) else 1)
        assert os.waitpid(pid, 0)[1] == 0


def test_weights_may_be_changed_after_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "WORTH", 0)
    net = cnncalc.parse("input: 40x40x8\nlayers: [{conv: {filters: 16, kernel: 3}}]")
    arrays = {"conv1/kernel": np.ones((3, 3, 8, 16), np.float32), "conv1/bias": np.ones(16, np.float32)}
    model = net.build(arrays)
    x = np.ones((40, 40, 8))
    wanted = model(x)
    arrays["conv1/kernel"] *= 2
    np.testing.assert_array_equal(model(x), wanted)


def test_helpers_go_with_their_crew() -> None:
    crew = Processes([Phase(3, lambda block, scratch: None)], [np.empty(1, np.float32) for _ in range(3)])
    go(crew)
    pids = [helper.pid for helper in crew._helpers.values()]
    assert len(pids) == 2
    del crew
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def call_shared_model(x: np.ndarray) -> np.ndarray:
    return shared_model(x)  # type: ignore[name-defined]  # noqa: F821


def model_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A small model that calls helpers all the same."""
    monkeypatch.setattr(plan, "WORTH", 0)
    monkeypatch.setattr(blas, "workers", lambda: 2)
    return cnncalc.parse("input: 40x40x8\nlayers: [{conv: {filters: 16, kernel: 3}}]").build()


def test_a_model_taken_over_by_a_fork_runs_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(monkeypatch)
    x = np.random.default_rng(0).standard_normal((4, 40, 40, 8))
    wanted = [model(one) for one in x]
    monkeypatch.setattr(sys.modules[__name__], "shared_model", model, raising=False)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map_async(call_shared_model, list(x) * 5)
        for one, known in zip(list(x) * 5, wanted * 5, strict=True):
            np.testing.assert_array_equal(model(one), known)
        for got, known in zip(found.get(60), wanted * 5, strict=True):
            np.testing.assert_array_equal(got, known)
