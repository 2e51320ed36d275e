"""Files that results go to: written whole or not at all, all of a command's together, never over what was read."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

from cnncalc.errors import OutputError
from cnncalc.spec import noted

#: Bytes, or a function that writes them to a stream.
Data = bytes | Callable[[BinaryIO], object]


class Files:
    """The files of one command. Each is first written next to its destination; without an error, all move into place.

    A closed pipe on standard output is not an error.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[str, str, str]] = []  # the path as given, its real path, the temporary file

    def __enter__(self) -> Files:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None or isinstance(error, BrokenPipeError):
                self._put_in_place()
        finally:
            for _, _, part in self._parts:
                with suppress(OSError):  # it is in place, or was never created
                    os.unlink(part)

    def write(self, path: str, data: Data) -> None:
        """Write ``data`` for ``path``. Raises OutputError, also where ``path`` was read."""
        try:
            _refuse_what_was_read(path)
            if os.path.exists(path) and not os.path.isfile(path):
                with open(path, "wb") as stream:  # a device or a pipe cannot be replaced
                    _put(stream, data)
            else:
                self._stage(path, os.path.realpath(path), data)
        except (OSError, ValueError) as error:
            raise _refused(path, error) from None

    def _stage(self, path: str, real: str, data: Data) -> None:
        with os.fdopen(self._part(path, real), "wb") as stream:
            if os.path.exists(real):
                os.fchmod(stream.fileno(), os.stat(real).st_mode & 0o7777)
            _put(stream, data)
            stream.flush()
            os.fsync(stream.fileno())

    def _part(self, path: str, real: str) -> int:
        """A new file in the folder of ``real``. Its name is random: it never meets a file left by a killed run."""
        while True:
            part = os.path.join(os.path.dirname(real), f".{os.urandom(8).hex()}.part")
            self._parts.append((path, real, part))  # before it exists: an interrupt may come at any time
            try:
                return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError:
                self._parts.pop()

    def _put_in_place(self) -> None:
        for path, _, _ in self._parts:
            _refuse_what_was_read(path)  # again: files may be read while a result is written in pieces
        for path, real, part in self._parts:
            try:
                os.replace(part, real)
            except OSError as error:
                raise _refused(path, error) from None


def write(path: str, data: Data) -> None:
    """Write one file whole or not at all. Raises OutputError."""
    with Files() as files:
        files.write(path, data)


def _put(stream: BinaryIO, data: Data) -> None:
    if isinstance(data, bytes):
        stream.write(data)
    else:
        data(stream)


def _refuse_what_was_read(path: str) -> None:
    if noted.was_read(path):
        raise OutputError(f"{path} is an input, so it was not overwritten", help="choose another output")


def _refused(path: str, error: OSError | ValueError) -> OutputError:
    reason = error.strerror if isinstance(error, OSError) else "this is not a path"  # a NUL or a lone surrogate
    return OutputError(f'"{path}" could not be written: {reason}', help="what was there is untouched")
