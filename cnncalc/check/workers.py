"""Processes that share the files of a check, and that no signal but their parent's reaches."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.pool import Pool
from typing import Any
from weakref import proxy

#: What a terminal or a job scheduler sends to every process of a group: the parent alone answers it.
_SHARED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def begin(jobs: int) -> Pool:
    """A pool of ``jobs`` processes. Raises OSError, ImportError or RuntimeError where the system has none to give.

    Signals wait while the processes begin: one that came before a process ignores them would end it, and a process that
    dies while it waits for work keeps the lock on the queue, for which the end of the pool would wait for ever.
    """
    with _held():
        return _Pool(jobs, _deaf, context=get_context())


class _Pool(Pool):
    """A pool whose processes, deaf to SIGTERM, are killed at its end."""

    @staticmethod
    def Process(context: Any, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
        process = context.Process(*arguments, **named)
        itself = proxy(process)  # a reference proper would keep it, and its pipe open, until the next collection
        process.terminate = lambda: itself.kill()
        return process


def _deaf() -> None:
    """Ignore what is sent to the whole group, then let in what waited meanwhile."""
    for number in _SHARED:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SHARED)


@contextmanager
def _held() -> Iterator[None]:
    """Signals wait until the end of the block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SHARED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
