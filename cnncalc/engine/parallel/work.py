"""Work in pieces, and the crews that share them: threads here, processes in ``helpers.py``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, Protocol

import numpy as np

from cnncalc.engine.arrays import Array


class Work(Protocol):
    """A layer, or a phase of one, in ``blocks`` pieces that can be computed in any order, each in ``scratch`` numbers
    of its own. A piece can be computed again: it changes nothing that it reads.
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


class Together:
    """Works that can be done at one time, as one."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._pieces = [(work, block) for work in works for block in range(work.blocks)]
        self.blocks = len(self._pieces)
        self.scratch = max(work.scratch for work in works)

    def run(self, block: int, scratch: Array) -> None:
        work, own = self._pieces[block]
        work.run(own, scratch)


class Common:
    """Numbers that the pieces of a layer leave for its next phase; all layers use the same ones in turn."""

    def __init__(self) -> None:
        self.size = 0
        self.array = np.empty(0, np.float32)

    def take(self, size: int) -> None:
        """Note that a layer needs ``size`` numbers."""
        self.size = max(self.size, size)


class Crew(Protocol):
    """Workers, the calling thread among them: ``with crew:`` around a run, ``crew.run(work)`` for each work in turn."""

    def __enter__(self) -> Any:
        """They are there."""

    def __exit__(self, error: Any, /, *more: Any) -> None:
        """They rest."""

    def run(self, work: Work) -> None:
        """Compute every piece of ``work``. An error in one of them is raised once all have ended."""


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


class Threads:
    """Threads with a scratch array each. NumPy gives the interpreter's lock back while it computes."""

    def __init__(self, scratch: list[Array]) -> None:
        self._scratch = scratch
        self._shares: SimpleQueue[_Share | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def __enter__(self) -> Threads:
        self._rest()  # of a run whose end was interrupted
        self._shares = SimpleQueue()
        for own in self._scratch[1:]:
            thread = Thread(target=self._serve, args=(own, self._shares), daemon=True)
            self._threads.append(thread)
            try:
                thread.start()
            except RuntimeError:  # no more can be had: its pieces are computed by the others
                self._threads.pop()
                break
        return self

    def __exit__(self, error: Any, /, *more: Any) -> None:
        self._rest()

    def _rest(self) -> None:
        for _ in self._threads:
            self._shares.put(None)
        while self._threads:
            if self._threads[-1].ident is not None:  # else it was not started
                self._threads[-1].join()
            self._threads.pop()

    def run(self, work: Work) -> None:
        if work.blocks < 1:
            return
        share = _Share(work)
        for _ in range(min(len(self._threads), work.blocks - 1)):
            self._shares.put(share)
        share.take(self._scratch[0])
        share.last.acquire()
        if share.error is not None:
            raise share.error

    @staticmethod
    def _serve(scratch: Array, shares: SimpleQueue[_Share | None]) -> None:
        with np.errstate(all="ignore"):
            while (share := shares.get()) is not None:
                share.take(scratch)
