"""Processes that share the pieces of a layer: unlike threads, they do not wait for the interpreter's lock.

A helper is forked off this process when the first run begins, with the plan and its weights as they are; outputs lie in
memory that all share. A helper knows the pieces of work and their order, so counters alone coordinate a run: one counts
the work begun, and one for each helper counts the work of which it has finished its share. Nothing depends on a helper:
one that ends or is late is stopped, and its pieces are computed here. After ten seconds without work a helper exits by
itself, so that pages that this process changes in the meantime are not held twice for long; it is reaped at the next
run, or with the plan.
"""

from __future__ import annotations

import gc
import mmap
import os
import platform
import select
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter, sleep
from typing import Any, NamedTuple, NoReturn

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.parallel.work import Work

APART = 8  # counters from one helper's to the next one's: a cache line
SPINS = 2000  # polls of a counter before checking that its process is alive and yielding the processor
AWAKE, DOZE = 0.02, 0.001  # seconds of polling before a waiter sleeps between polls, and how long it sleeps
IDLE = 10  # seconds after which a helper without work leaves
FILES = 1 << 16  # numbers of files that a helper closes
PATIENCE = 20  # how long this process waits for a helper: this many times its own time, plus a second


def possible() -> bool:
    """Whether processes can be forked here and see each other's stores in order (as x86 guarantees)."""
    return sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")


def shared(size: int) -> Array:
    """``size`` numbers, all 0, that this process shares with those forked from it."""
    return np.frombuffer(mmap.mmap(-1, max(1, size) * np.dtype(np.float32).itemsize), np.float32)[:size]


class _Helper(NamedTuple):
    """A process, by its number, and the event descriptor on which it is called."""

    pid: int
    calls: int


class Processes:
    """This process and its helpers, one for each of ``scratch`` but the first. See :class:`workers.Crew`."""

    def __init__(self, works: Sequence[Work], scratch: list[Array]) -> None:
        """``works`` are all of a run, in order."""
        self._works, self._scratch = works, scratch
        self._counters = memoryview(mmap.mmap(-1, 8 * APART * len(scratch))).cast("q")
        self._helpers: dict[int, _Helper] = {}
        self._running = False
        weakref.finalize(self, _end, self._helpers)

    def ready(self) -> bool:
        """Whether a run can begin: its helpers are there, or can be forked.

        They cannot where other threads run, whose locks would be taken over in whatever state they are.
        """
        there = list(map(_alive, self._helpers.values()))
        return threading.active_count() == 1 or (all(there) and len(there) == len(self._scratch) - 1)

    def __enter__(self) -> Processes:
        if self._running:  # the previous run did not finish, and its helpers are still in it
            _end(self._helpers)
        self._running = True
        for rank in range(1, len(self._scratch)):
            self._call(rank)
        return self

    def __exit__(self, error: Any, /, *more: Any) -> None:
        if error is None:
            self._running = False
        else:
            _end(self._helpers)

    def _call(self, rank: int) -> None:
        """Tell a helper that a run begins; start a new one if the last has left."""
        if rank not in self._helpers or not _alive(self._helpers[rank]):
            _end(self._helpers, rank)
            self._fork(rank)
        if rank in self._helpers:
            os.eventfd_write(self._helpers[rank].calls, 1)

    def run(self, work: Work) -> None:
        self._counters[0] += 1
        number, start = self._counters[0], perf_counter()
        self._compute(work, 0, self._scratch[0])
        patience = 1 + PATIENCE * (perf_counter() - start)
        for rank in range(1, min(len(self._scratch), work.blocks)):
            if not self._done(rank, number, patience):
                _end(self._helpers, rank)
                self._compute(work, rank, self._scratch[0])

    def _done(self, rank: int, number: int, patience: float) -> bool:
        """Wait until a helper has done its share of a piece of work; False if it is gone or late."""
        helper = self._helpers.get(rank)
        return helper is not None and self._reached(
            APART * rank, number, lambda waited: waited < patience and _alive(helper)
        )

    def _compute(self, work: Work, rank: int, scratch: Array) -> None:
        """The share of one worker."""
        for piece in range(rank, work.blocks, len(self._scratch)):
            work.run(piece, scratch)

    def _reached(self, counter: int, number: int, hope: Callable[[float], bool]) -> bool:
        """Wait until a counter has reached ``number``; False if it has not after so many seconds."""
        counters, start = self._counters, perf_counter()
        while True:
            for _ in range(SPINS):
                if counters[counter] >= number:
                    return True
            waited = perf_counter() - start
            if not hope(waited):
                return False
            if waited < AWAKE:
                os.sched_yield()
            else:
                sleep(DOZE)

    def _fork(self, rank: int) -> None:
        """Start a helper if there is room. It ignores signals: the parent handles them."""
        number, parent, calls = self._counters[0], os.getpid(), None
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            calls = os.eventfd(0)
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", DeprecationWarning
                )  # a helper may be killed at any time, so it must hold no lock of another thread
                pid = os.fork()
            if pid == 0:
                self._serve(rank, number, calls, parent)
            self._helpers[rank] = _Helper(pid, calls)
        except OSError:  # its pieces are computed here
            if calls is not None:
                os.close(calls)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)

    def _serve(self, rank: int, number: int, calls: int, parent: int) -> NoReturn:
        """What a helper does. An error ends it, and appears again when the parent recomputes the piece."""
        try:
            gc.disable()  # cleaning up after the parent is the parent's job
            os.closerange(0, calls)
            os.closerange(calls + 1, FILES)
            with np.errstate(all="ignore"):
                while _called(calls, parent):
                    for work in self._works:
                        number += 1
                        if not self._reached(0, number, lambda waited: waited < IDLE and os.getppid() == parent):
                            os._exit(0)
                        self._compute(work, rank, self._scratch[rank])
                        self._counters[APART * rank] = number
        finally:
            os._exit(0)


def _called(calls: int, parent: int) -> bool:
    """Wait for the next run; False if none comes or the parent is gone."""
    poll = select.poll()
    poll.register(calls, select.POLLIN)
    for _ in range(IDLE):
        if poll.poll(1000):
            return bool(os.eventfd_read(calls))
        if os.getppid() != parent:
            break
    return False


def _alive(helper: _Helper) -> bool:
    """Whether a helper of this process is still there."""
    try:
        return os.waitpid(helper.pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def _end(helpers: dict[int, _Helper], *ranks: int) -> None:
    """End helpers (by default all) at once. Each stays listed until it has ended, even if this is interrupted."""
    for rank in ranks or list(helpers):
        helper = helpers.get(rank)
        if helper is None:
            continue
        if _alive(helper):
            os.kill(helper.pid, signal.SIGKILL)
            with suppress(ChildProcessError):  # the system waits for children where SIGCHLD is ignored
                os.waitpid(helper.pid, 0)
        if helpers.pop(rank, None):
            os.close(helper.calls)
