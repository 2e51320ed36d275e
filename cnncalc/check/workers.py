"""Processes that share the files of a check and react only to their parent."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, get_context
from multiprocessing.pool import Pool
from typing import Any

#: What a terminal or a job scheduler sends to every process of a group: only the parent reacts.
_SHARED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def begin(jobs: int) -> Pool:
    """A pool of ``jobs`` processes. Raises OSError, ImportError or RuntimeError if the system has none to give.

    Signals wait while the processes begin: one that came before a process ignores them would end it, and a process that
    dies while it waits for work keeps the lock on the queue, and the pool would wait for it forever.
    """
    with _held():
        return _Pool(jobs, _deaf, context=get_context())


class _Spawned(context.SpawnProcess):
    """A process that is killed when the pool would terminate it."""

    terminate = context.SpawnProcess.kill


if hasattr(context, "ForkProcess"):

    class _Forked(context.ForkProcess):
        terminate = context.ForkProcess.kill

    class _Served(context.ForkServerProcess):
        terminate = context.ForkServerProcess.kill

    _KINDS: dict[str, Any] = {"spawn": _Spawned, "fork": _Forked, "forkserver": _Served}
else:
    _KINDS = {"spawn": _Spawned}


class _Pool(Pool):
    """A pool whose processes ignore SIGTERM and are killed at its end."""

    @staticmethod
    def Process(own: Any, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
        return _KINDS[own.get_start_method()](*arguments, **named)


def _deaf() -> None:
    """Ignore signals to the whole group, then unblock those that are pending."""
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
