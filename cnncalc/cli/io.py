"""What goes out: standard output, standard error, and files that are written whole or not at all."""

from __future__ import annotations

import os
import sys

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


def write_file(path: str, data: bytes, source: str | None = None) -> None:
    """Write ``data`` to ``path`` whole or not at all. Raises OutputError; what was there is then untouched."""
    if source not in (None, "-") and os.path.exists(path) and os.path.samefile(path, str(source)):
        raise OutputError(f"{path} is the input; it is left as it was", help="--output with another name")
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as stream:  # a device or a pipe cannot be replaced
                stream.write(data)
        else:
            _replace(os.path.realpath(path), data)
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror}", help="what was there is untouched") from None


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}.part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if os.path.exists(path):
                os.fchmod(stream.fileno(), os.stat(path).st_mode & 0o7777)
            stream.write(data)
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


def silence(stream: object = None) -> int:
    """Nobody reads any more: let what is still buffered go nowhere. That is success."""
    descriptor = (stream or sys.stdout).fileno()  # type: ignore[attr-defined]
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    return 0
