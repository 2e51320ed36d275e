"""Which files were read, for whoever writes files: a result never replaces what it was made from.

Every file that cnncalc reads comes through ``source``, which notes it here while somebody asks for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: A file whatever it is called: its device and its number there.
Identity = tuple[int, int]

_read: ContextVar[set[Identity] | None] = ContextVar("read", default=None)


@contextmanager
def noting() -> Iterator[set[Identity]]:
    """Within this, the files that are read are noted in the set that is given."""
    found: set[Identity] = set()
    token = _read.set(found)
    try:
        yield found
    finally:
        _read.reset(token)


def note(descriptor: int) -> None:
    """Note the open file ``descriptor`` as read."""
    add({_identity(os.fstat(descriptor))})


def add(identities: set[Identity]) -> None:
    """Note files that another process has read."""
    found = _read.get()
    if found is not None:
        found |= identities


def was_read(path: str) -> bool:
    """Whether the file at ``path``, by whichever of its names, was read."""
    try:
        return _identity(os.stat(path)) in (_read.get() or ())
    except OSError:
        return False


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
