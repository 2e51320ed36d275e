"""Bytes of a file or of standard input, as text that can be pointed into."""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import suppress
from typing import BinaryIO

from cnncalc.errors import LimitError, Mark, Problem, Source, SpecError, UsageError, nearest
from cnncalc.limits import Limits, over
from cnncalc.spec import noted, packaged

#: What YAML does not allow in a text (YAML 1.2, production 1, and surrogates).
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
_FORBIDDEN_ASCII = frozenset(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))
_ANOTHER = "give the path of a file, or - to read standard input"
_CHUNK = 1 << 16
_NEIGHBOURS = 1000


def load(path: str, limits: Limits) -> Source:
    """The text of the file ``path``; ``-`` is standard input.

    Raises UsageError if there is nothing to read, LimitError above the limit ``file``, SpecError for what is
    not UTF-8 or holds characters that YAML forbids.
    """
    source = text(path, limits)
    check_characters(source)
    return source


def text(path: str, limits: Limits) -> Source:
    """The same, whatever characters it holds: for a file that is not YAML."""
    name, found = data(path, limits)
    if found[:1] == b"\x08":  # the first field of an ONNX model; no text begins so
        help = "give the path of an ONNX file that ends in .onnx"
        if path == "-":
            raise UsageError("standard input holds a model, not a spec", help=help)
        raise SpecError(f"{path} holds a model, not a spec", help=help)
    return Source(name, _decode(name, found))


def data(path: str, limits: Limits) -> tuple[str, bytes]:
    """What messages call the file ``path``, and its bytes. Raises UsageError, LimitError."""
    return ("<stdin>", _standard_input(limits)) if path == "-" else (path, _file(path, limits))


def check_characters(source: Source) -> None:
    """Raise SpecError at the first control character or surrogate."""
    if source.text.isascii() and _FORBIDDEN_ASCII.isdisjoint(source.text):
        return  # most texts: spares them the pattern
    found = re.search(_FORBIDDEN, source.text)
    if not found:
        return
    character = found[0]
    if character == "\0":
        help = "this is not a text file, or not one in UTF-8 (UTF-16 has many such characters): save it as UTF-8"
    else:
        help = "remove it"
    raise SpecError(f"the character U+{ord(character):04X} is not allowed", mark=source.at(found.start()), help=help)


def _file(path: str, limits: Limits) -> bytes:
    """The bytes of the regular file ``path``."""
    with regular(path) as stream:
        limits.check("file", os.fstat(stream.fileno()).st_size, Mark(Source(path, ""), 1, 1))
        try:
            return _read(stream, path, limits)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}", help=_ANOTHER) from None


def regular(path: str) -> BinaryIO:
    """The regular file ``path``, open; nothing else is opened, for a FIFO or a device may never end.

    ``@NAME`` is a packaged file. Raises UsageError if there is no such file, with a name that is close.
    """
    path = packaged.path(path)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is {_kind(status.st_mode)}, not a file", help=_ANOTHER)
        stream = open(path, "rb")  # noqa: SIM115  # the caller closes it
        noted.note(stream.fileno())
        return stream
    except FileNotFoundError:
        raise UsageError(f"{path or repr(path)} does not exist", help=_similar(path) or _ANOTHER) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", help=_ANOTHER) from None
    except ValueError:  # a NUL or a lone surrogate in the path
        raise UsageError(f"{path!r} is not a path", help=_ANOTHER) from None


def _standard_input(limits: Limits) -> bytes:
    """What standard input holds, which may never end."""
    with suppress(OSError, ValueError, AttributeError):  # it is no file
        noted.note(sys.stdin.fileno())
    try:
        return _read(sys.stdin.buffer, "<stdin>", limits)
    except (OSError, ValueError, AttributeError) as error:  # a directory, or closed
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        raise UsageError(f"standard input cannot be read: {reason}", help="give the path of a file") from None


def _read(stream: BinaryIO, name: str, limits: Limits) -> bytes:
    """Everything in ``stream``, but never more than one byte above the limit.

    The chunks are for a limit that was raised far: one large read takes its memory before the first byte.
    """
    data = bytearray()
    while chunk := stream.read(min(_CHUNK, limits.file + 1 - len(data))):
        data += chunk
        if len(data) > limits.file:
            raise LimitError(over("file", f"more than {limits.file}", limits.file, Mark(Source(name, ""), 1, 1)))
    return bytes(data)


def _decode(name: str, data: bytes) -> str:
    """``data`` as UTF-8, without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        place = Mark(Source(name, ""), 1, 1)
        raise SpecError("the file is in UTF-16, not in UTF-8", mark=place, help="save it as UTF-8")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        # What stands before the byte is sound, so the place in the repaired text is the right one.
        offset = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        source = Source(name, data.decode("utf-8", "replace").removeprefix("\ufeff"))
        text = f"the byte 0x{data[error.start]:02X} is not UTF-8 ({error.reason})"
        raise SpecError(Problem(text, source.at(offset), help="save the file as UTF-8")) from None


def _kind(mode: int) -> str:
    """What a path that is not a regular file is, in words."""
    kinds = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _similar(path: str) -> str | None:
    """``did you mean``, from the files beside ``path``."""
    from itertools import islice

    folder, name = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            return nearest(name, [entry.name for entry in islice(entries, _NEIGHBOURS)])
    except (OSError, ValueError):
        return None
