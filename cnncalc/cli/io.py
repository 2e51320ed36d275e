"""Output: to standard output, to standard error, and to files."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import IO, TYPE_CHECKING, AnyStr, BinaryIO, TextIO

from cnncalc.cli import files as single
from cnncalc.cli.files import Files
from cnncalc.errors import OutputError, UsageError
from cnncalc.render.forms.text import fitting, printable, takes_escapes

if TYPE_CHECKING:
    from cnncalc.summary.finding import Finding

PATIENCE = 1.0  # seconds before progress is shown


def emit(text: str, output: str | None = None, files: Files | None = None) -> None:
    """Write a result to standard output as it can take it, or to the file ``output``; with ``files``, together with
    those.

    Raises OutputError; a file that was there is then untouched.
    """
    emit_all([text], output, files)


def emit_all(parts: Iterable[str], output: str | None = None, files: Files | None = None) -> None:
    """The same for a result in pieces, of which only one is kept in memory."""
    if output is None or output == "-":
        for part in parts:
            _to_stdout(sys.stdout, fitting(part, sys.stdout))
        return
    write = files.write if files else single.write
    write(output, lambda stream: stream.writelines(part.encode("utf-8") for part in parts))


def emit_result(result: str | bytes, output: str | None, files: Files) -> None:
    """The same for a text, or for bytes, which a terminal cannot show. Raises UsageError, OutputError."""
    if isinstance(result, str):
        emit(result, output, files)
    elif output is None or output == "-":
        if sys.stdout.isatty():
            raise UsageError("this is a package, which a terminal cannot show", help="--output FILE.zip, or > FILE.zip")
        _to_stdout(sys.stdout.buffer, result)
    else:
        files.write(output, result)


def _to_stdout(stream: IO[AnyStr], data: AnyStr) -> None:
    """Write to standard output or to its bytes. Raises OutputError, and BrokenPipeError if nobody reads."""
    try:
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output could not be written: {error.strerror}") from None


def write_arrays(path: str, write: Callable[[BinaryIO], object], files: Files) -> None:
    """Write the bytes that ``write`` puts into a stream to the file ``path``; ``-`` is standard output.

    Raises OutputError.
    """
    if path == "-":
        held = io.BytesIO()  # an archive goes back to fill in sizes, which a pipe cannot
        write(held)
        _to_stdout(sys.stdout.buffer, held.getvalue())
    else:
        files.write(path, write)


def report(text: str, output: str | None, files: Files, *, aside: bool) -> None:
    """Write a command's report: on standard error (``aside``) if standard output has its arrays."""
    if aside:
        complain(text.rstrip("\n"), 0)
    else:
        emit(text, output, files)


def progress() -> Callable[[int, int, str], None] | None:
    """A callback that shows the progress of a long run on standard error: the next step, their number, its name.

    None if that is not a terminal that can erase a line.
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
    """Write a diagnostic to standard error; return ``code``."""
    try:
        sys.stderr.write(fitting(text, sys.stderr) + "\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return finish(code)


def warn(found: Iterable[Finding]) -> None:
    """Write the warnings among the findings, for a command whose result has no place for them."""
    for one in found:
        if one.severity == "warning":
            complain(f"warning: {one.mark}: {printable(one.message)}", 0)


def finish(code: int) -> int:
    """Flush standard output; a closed pipe is not an error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return silence()
    except OSError:
        silence()
        return OutputError.exit_code
    return code


def silence(stream: TextIO | None = None) -> int:
    """Discard buffered output that nobody reads any more. That is success."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())
    return 0
