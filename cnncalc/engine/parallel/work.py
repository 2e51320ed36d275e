"""Work in pieces, and the crews that share them: threads here, processes in ``processes.py``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """Several works that can run at the same time, as one."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._pieces = [(work, block) for work in works for block in range(work.blocks)]
        self.blocks = len(self._pieces)
        self.scratch = max(work.scratch for work in works)

    def run(self, block: int, scratch: Array) -> None:
        work, own = self._pieces[block]
        work.run(own, scratch)


class Common:
    """Scratch that the pieces of a layer leave for its next phase; all layers share it in turn."""

    def __init__(self) -> None:
        self.size = 0
        self.array = np.empty(0, np.float32)

    def take(self, size: int) -> None:
        """Note that a layer needs ``size`` numbers."""
        self.size = max(self.size, size)


class Crew(Protocol):
    """Workers, the calling thread among them: ``with crew:`` around a run, ``crew.run(work)`` for each work in turn."""

    def __enter__(self) -> Any:
        """Start the workers."""

    def __exit__(self, error: Any, /, *more: Any) -> None:
        """Let the workers rest."""

    def run(self, work: Work) -> None:
        """Compute every piece of ``work``. An error in one of them is raised once all have ended."""
