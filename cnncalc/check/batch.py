"""Many problem files: found in folders and by patterns, checked one after the other or on several cores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from cnncalc.check.named_network import is_below
from cnncalc.check.verdicts import Verdict, check
from cnncalc.errors import UsageError
from cnncalc.limits import Limits
from cnncalc.spec import noted, packaged, source

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

_ENDINGS = (".yaml", ".yml")
_MOST_JOBS = 64


def find(paths: list[str]) -> list[str]:
    """The files that ``paths`` name, each once: files, patterns (``*``, ``?``, ``**``), and folders with all below.

    Raises UsageError if a path names nothing.
    """
    found: dict[str, None] = {}
    for path in paths:
        files = [path] if path == "-" else _folder(path) if os.path.isdir(path) else _files(path)
        found |= dict.fromkeys(files)
    return list(found)


def _files(path: str) -> list[str]:
    if not os.path.exists(path) and any(sign in path for sign in "*?["):
        from glob import glob

        files = sorted(file for file in glob(path, recursive=True) if not os.path.isdir(file))
        if not files:
            raise UsageError(f"no file matches {path}", help="quote a pattern, or name files and folders")
        return _within(os.path.dirname(path.partition("*")[0].partition("?")[0].partition("[")[0]), files)
    path = packaged.path(path)  # a problem may name other files beside its own
    source.regular(path).close()
    return [path]


def _folder(path: str) -> list[str]:
    files = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(path)
        for name in names
        if name.endswith(_ENDINGS) and not name.startswith(".")
    ]
    if not files:
        raise UsageError(f"{path} holds no problem file", help="problem files end in .yaml or .yml")
    return _within(path, sorted(files))


def _within(folder: str, files: list[str]) -> list[str]:
    """``files`` that were found in ``folder``. Raises UsageError for a link to a file elsewhere: nobody named that."""
    for file in files:
        if os.path.islink(file) and not is_below(file, folder):
            raise UsageError(
                f"{file} is a link that leads out of {folder or '.'}", help="name the file itself, or remove it"
            )
    return files


def check_all(files: list[str], limits: Limits, jobs: int = 1, networks: str | None = None) -> Iterator[list[Verdict]]:
    """The verdicts on each file, in the order of ``files`` whatever ``jobs`` is; held for one file at a time.

    ``networks`` as for ``problems.read``.
    """
    jobs = min(jobs, len(files), _MOST_JOBS)
    if jobs < 2:
        for file in files:
            yield list(check(file, limits, networks))
        return
    pool = _pool(jobs)
    if pool is None:
        yield from check_all(files, limits, networks=networks)
        return
    chunk = max(1, min(8, len(files) // jobs // 4))
    with pool:
        for verdicts, read in pool.imap(partial(_checked, limits=limits, networks=networks), files, chunksize=chunk):
            noted.add(read)
            yield verdicts


def _pool(jobs: int) -> Pool | None:
    """A pool of ``jobs`` processes; None if the system cannot start one: no shared memory, too many processes."""
    from multiprocessing import active_children

    from cnncalc.check import workers

    others = set(active_children())
    try:
        return workers.begin(jobs)
    except (OSError, ImportError, RuntimeError):  # ImportError: no semaphores; RuntimeError: no thread
        for child in set(active_children()) - others:
            child.kill()
        return None


def _checked(file: str, limits: Limits, networks: str | None) -> tuple[list[Verdict], set[noted.Identity]]:
    """The verdicts on a file, and the files that were read for them."""
    with noted.noting() as read:
        return list(check(file, limits, networks)), read
