"""What goes out: standard output, standard error, and files that are written whole or not at all."""

from __future__ import annotations

import os
import sys
from typing import TextIO
from collections.abc import Callable
from typing import BinaryIO

from cnncalc.errors import OutputError


def emit(text: str, output: str | None = None, source: str | None = None) -> None:
    """Write a result to standard output, or to the file ``output``, which may not be the input ``source``.

    Raises OutputError; a file that was there is then untouched.
    """
    if output is None or output == "-":
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output could not be written: {error.strerror}") from None
    else:
        write_file(output, text.encode("utf-8"), source)


def write_file(path: str, data: bytes | Callable[[BinaryIO], object], *sources: str | None) -> None:
    """Write ``data``, or what it writes to a stream, to ``path`` whole or not at all.

    Raises OutputError, also where ``path`` is one of the inputs ``sources``; what was there is then untouched.
    """
    there = [source for source in sources if source and source != "-" and os.path.exists(source)]
    if os.path.exists(path) and any(os.path.samefile(path, source) for source in there):
        raise OutputError(f"{path} is the input; it is left as it was", help="--output with another name")
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as stream:  # a device or a pipe cannot be replaced
                _put(stream, data)
        else:
            _replace(os.path.realpath(path), data)
    except OSError as error:
        raise OutputError(
            f"{path} could not be written: {error.strerror}", help="what was there is untouched"
        ) from None


def _put(stream: BinaryIO, data: bytes | Callable[[BinaryIO], object]) -> None:
    if isinstance(data, bytes):
        stream.write(data)
    else:
        data(stream)


def _replace(path: str, data: bytes | Callable[[BinaryIO], object]) -> None:
    temporary = f"{path}.{os.getpid()}.part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if os.path.exists(path):
                os.fchmod(stream.fileno(), os.stat(path).st_mode & 0o7777)
            _put(stream, data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def complain(text: str, code: int) -> int:
    """Write a diagnostic to standard error; ``code`` is handed back."""
    from cnncalc.render.text import fitting

    try:
        sys.stderr.write(fitting(text, sys.stderr) + "\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return finish(code)


def finish(code: int) -> int:
    """Flush standard output; a pipe that was closed is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return silence()
    except OSError:
        silence()
        return OutputError.exit_code
    return code


def silence(stream: TextIO | None = None) -> int:
    """Nobody reads any more: let what is still buffered go nowhere. That is success."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())
    return 0
