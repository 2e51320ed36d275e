"""What goes out: standard output, standard error, and files that are written whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import IO, AnyStr, BinaryIO, TextIO

from cnncalc.errors import OutputError
from cnncalc.render.forms.text import fitting, printable, takes_escapes

PATIENCE = 1.0  # seconds before progress is shown


def emit(text: str, output: str | None = None, *sources: str | None) -> None:
    """Write a result to standard output as it can take it, or to the file ``output``, which is none of ``sources``.

    Raises OutputError; a file that was there is then untouched.
    """
    if output is None or output == "-":
        _to_stdout(sys.stdout, fitting(text, sys.stdout))
    else:
        write_file(output, text.encode("utf-8"), *sources)


def emit_all(parts: Iterable[str], output: str | None = None, *sources: str | None) -> None:
    """The same for a result that comes in pieces, of which only one is held."""
    if output is None or output == "-":
        for part in parts:
            emit(part)
    else:
        write_file(output, lambda stream: stream.writelines(part.encode("utf-8") for part in parts), *sources)


def _to_stdout(stream: IO[AnyStr], data: AnyStr) -> None:
    """Write to standard output or to its bytes. Raises OutputError, and BrokenPipeError where nobody reads."""
    try:
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output could not be written: {error.strerror}") from None


def write_arrays(path: str, write: Callable[[BinaryIO], object], *sources: str | None) -> None:
    """Write the bytes that ``write`` puts into a stream to the file ``path``; ``-`` is standard output.

    Raises OutputError as ``write_file`` does.
    """
    if path == "-":
        held = io.BytesIO()  # an archive goes back to fill in sizes, which a pipe cannot
        write(held)
        _to_stdout(sys.stdout.buffer, held.getvalue())
    else:
        write_file(path, write, *sources)


def report(text: str, output: str | None = None, *sources: str | None, aside: bool) -> None:
    """Write what a command says besides its arrays: ``aside``, on standard error, where standard output has them."""
    if aside:
        complain(text.rstrip("\n"), 0)
    else:
        emit(text, output, *sources)


def write_file(path: str, data: bytes | Callable[[BinaryIO], object], *sources: str | None) -> None:
    """Write ``data``, or what it writes to a stream, to ``path`` whole or not at all.

    Raises OutputError, also where ``path`` is one of the inputs ``sources``; what was there is then untouched.
    """
    try:
        if any(_same(path, source) for source in sources):
            raise OutputError(f"{path} is the input; it is left as it was", help="--output with another name")
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as stream:  # a device or a pipe cannot be replaced
                _put(stream, data)
        else:
            _replace(os.path.realpath(path), data)
    except (OSError, ValueError) as error:  # ValueError: a NUL or a lone surrogate in the path
        reason = error.strerror if isinstance(error, OSError) else "this is not a path"
        raise OutputError(f'"{path}" could not be written: {reason}', help="what was there is untouched") from None


def _same(path: str, source: str | None) -> bool:
    """Whether ``path`` is the file ``source``; ``-`` is what standard input was redirected from."""
    try:
        return bool(source) and os.path.samestat(os.stat(path), os.stat(0 if source == "-" else str(source)))
    except OSError:
        return False


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


def progress() -> Callable[[int, int, str], None] | None:
    """What shows on standard error how far a long run is: the step that comes, of how many, its name.

    None where that is no terminal that can wipe a line.
    """
    if not takes_escapes(sys.stderr):
        return None
    begun = perf_counter()

    def show(number: int, count: int, name: str) -> None:
        if perf_counter() - begun > PATIENCE:
            sys.stderr.write(
                f"\r\x1b[K{number + 1}/{count} {printable(name)[:40]}" if number + 1 < count else "\r\x1b[K"
            )
            sys.stderr.flush()

    return show


def complain(text: str, code: int) -> int:
    """Write a diagnostic to standard error; ``code`` is handed back."""
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
