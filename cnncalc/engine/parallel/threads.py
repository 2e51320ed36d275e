"""Threads that share the pieces of a layer."""

from __future__ import annotations

from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.parallel.work import Work


class _Share:
    """Work that threads share: each takes the next piece, and the one that finishes last signals the end.

    Nobody waits for a thread that comes too late to take a piece.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.error: BaseException | None = None
        self.pieces, self.ended = count(), count(1)
        self.last = Lock()
        self.last.acquire()

    def take(self, scratch: Array) -> None:
        """Compute pieces until none is left; an error is kept, and the other threads continue."""
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
        self._rest()  # left over from an interrupted run
        self._shares = SimpleQueue()
        for own in self._scratch[1:]:
            thread = Thread(target=self._serve, args=(own, self._shares), daemon=True)
            self._threads.append(thread)
            try:
                thread.start()
            except RuntimeError:  # the system allows no more threads: the others compute its pieces
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
