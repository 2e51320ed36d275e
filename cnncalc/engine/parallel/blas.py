"""How many processors a run takes, and BLAS kept to one thread meanwhile.

Our own workers, each with some rows, beat BLAS threads that share a product, because ours also share other
work: borders, biases, activations.
"""

from __future__ import annotations

import ctypes
import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

MOST = 8  # workers; with more, each has too little to do


def workers() -> int:
    """How many workers share a layer: one for each processor, and no more than BLAS would take threads.

    So ``OPENBLAS_NUM_THREADS`` and the like are respected. One if BLAS itself cannot be limited to one thread.
    """
    found = _blas()
    if found is None:
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with _single.lock:
        return max(1, min(MOST, processors, _single.before if _single.runs else found[0]()))


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
    """How many runs currently keep BLAS to one thread, and how many threads it had before the first."""

    def __init__(self) -> None:
        self.lock, self.runs, self.before = Lock(), 0, 0


_single = _Single()


def _forked() -> None:
    """A process that was forked while another thread held the lock has a lock of its own."""
    _single.lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextmanager
def single() -> Iterator[None]:
    """Inside this context BLAS uses one thread per call; runs may overlap."""
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
