"""Threads that share the pieces of a layer. NumPy gives the interpreter's lock back while it computes.

Each thread calls BLAS with one thread of BLAS's own: two of ours that each take rows beat two of BLAS's that share a
product, since ours also share what is not a product (borders, biases, activations).
"""

from __future__ import annotations

import ctypes
import glob
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, Protocol

import numpy as np

from cnncalc.engine.arrays import Array

MOST = 8  # threads; more share too little


class Work(Protocol):
    """A layer, or a phase of one, in ``blocks`` pieces that can be computed in any order, each in ``scratch`` numbers
    of its own.
    """

    @property
    def blocks(self) -> int:
        """How many pieces there are."""

    @property
    def scratch(self) -> int:
        """How many numbers a piece works in."""

    def run(self, block: int, scratch: Array) -> None:
        """Compute one piece."""


class Phase(NamedTuple):
    """Pieces of work as a function."""

    blocks: int
    run: Callable[[int, Array], None]
    scratch: int = 0


class Common:
    """Numbers that the pieces of a layer leave for its next phase; all layers use the same ones in turn."""

    def __init__(self) -> None:
        self.size = 0
        self.array = np.empty(0, np.float32)

    def take(self, size: int) -> None:
        """Note that a layer needs ``size`` numbers."""
        self.size = max(self.size, size)

    def allocate(self) -> None:
        """Make the array, once all have been noted."""
        self.array = np.empty(self.size, np.float32)


class _Share:
    """Work that threads share: each takes the next piece, and whoever ends the last one says so.

    Nobody waits for a thread that comes too late to take a piece.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.error: BaseException | None = None
        self.pieces, self.ended = count(), count(1)
        self.last = Lock()
        self.last.acquire()

    def take(self, scratch: Array) -> None:
        """Compute pieces until none is left; an error is kept, and the others go on."""
        blocks = self.work.blocks
        for piece in self.pieces:
            if piece >= blocks:
                return
            try:
                self.work.run(piece, scratch)
            except BaseException as error:
                self.error = error
            if next(self.ended) == blocks:
                self.last.release()


class Workers:
    """Threads, this one among them, with a scratch array each."""

    def __init__(self, scratch: list[Array]) -> None:
        self._scratch = scratch
        self._shares: SimpleQueue[_Share | None] = SimpleQueue()
        self._threads = [Thread(target=self._serve, args=(own,), daemon=True) for own in scratch[1:]]
        for thread in self._threads:
            thread.start()

    def run(self, work: Work) -> None:
        """Every piece of ``work``. An error in one of them is raised once all have ended."""
        if work.blocks < 1:
            return
        share = _Share(work)
        for _ in range(min(len(self._threads), work.blocks - 1)):
            self._shares.put(share)
        share.take(self._scratch[0])
        share.last.acquire()
        if share.error is not None:
            raise share.error

    def _serve(self, scratch: Array) -> None:
        with np.errstate(all="ignore"):
            while (share := self._shares.get()) is not None:
                share.take(scratch)

    def close(self) -> None:
        """End the threads."""
        for _ in self._threads:
            self._shares.put(None)
        for thread in self._threads:
            thread.join()


def threads() -> int:
    """How many threads share a layer: one for each processor; one where BLAS cannot be told to keep to one itself."""
    if _blas() is None:
        return 1
    return max(1, min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


@cache
def _blas() -> tuple[Any, Any] | None:
    """The functions of NumPy's OpenBLAS that get and set its number of threads, or None for another BLAS."""
    folder = os.path.dirname(np.__file__)
    for path in glob.glob(f"{folder}.libs/*openblas*") + glob.glob(f"{folder}/.dylibs/*openblas*"):
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for form in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"):
            if hasattr(library, form.format("set")):
                return getattr(library, form.format("get")), getattr(library, form.format("set"))
    return None


class _Single:
    """How many runs keep BLAS to one thread now, and how many threads it had before the first of them."""

    def __init__(self) -> None:
        self.lock, self.runs, self.before = Lock(), 0, 0


_single = _Single()


@contextmanager
def single_blas() -> Iterator[None]:
    """Within this, BLAS computes with one thread (of its own) each time it is called; runs may overlap."""
    found = _blas()
    if found is None:
        yield
        return
    get, set_ = found
    with _single.lock:
        if _single.runs == 0:
            _single.before = get()
            set_(1)
        _single.runs += 1
    try:
        yield
    finally:
        with _single.lock:
            _single.runs -= 1
            if _single.runs == 0:
                set_(_single.before)
