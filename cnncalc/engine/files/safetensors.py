"""Weights in the safetensors format: a JSON header of names, types, shapes and places, then the numbers.

Source: the format's own description, github.com/huggingface/safetensors. Only names and sizes that the network needs
are read, and a header that does not add up is refused.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

import numpy as np

from cnncalc.engine.files.npy import Header, read_array
from cnncalc.errors import SpecError

HEADER = 8 << 20  # bytes of a header
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1"}


class Entry:
    """An array in the file: its header, and where its numbers begin."""

    def __init__(self, what: str, field: Any, start: int, size: int) -> None:
        """Raises SpecError if ``field``, from the JSON, does not fit a file of ``size`` bytes."""
        try:
            begin, end = field["data_offsets"]
            shape, word = tuple(field["shape"]), field["dtype"]
        except (TypeError, KeyError, ValueError):
            raise SpecError(f"{what} has a broken header") from None
        numbers = (*shape, begin, end)
        if not isinstance(word, str):
            raise SpecError(f"{what} has a broken header")
        if word not in TYPES:
            raise SpecError(f"{what} holds {str(word)[:20]}, which is not read", help=f"one of {', '.join(TYPES)}")
        self.header = Header(shape, fortran=False, dtype=np.dtype(TYPES[word]))
        self.begin = start
        if (
            any(type(n) is not int or n < 0 for n in numbers)
            or math.prod(shape) * self.header.dtype.itemsize != end - begin
        ):
            raise SpecError(f"{what} has a broken header: its shape and its place do not fit")
        if start + end > size:
            raise SpecError(f"{what} is cut off: the file has {size} bytes and {start + end} are needed")
        self.begin = start + begin


def entries(stream: BinaryIO, size: int, path: str) -> dict[str, Entry]:
    """The arrays of a file by name. Raises SpecError."""
    length = int.from_bytes(stream.read(8), "little")
    if not 2 <= length <= min(HEADER, size - 8):
        raise SpecError(f"{path} is not a safetensors file: its header would have {length} bytes")
    try:
        fields = json.loads(stream.read(length).decode("utf-8"))
    except (ValueError, RecursionError):
        raise SpecError(f"{path} has a broken header") from None
    if not isinstance(fields, dict):
        raise SpecError(f"{path} has a broken header")
    fields.pop("__metadata__", None)
    return {name: Entry(f"{path}: {name[:100]}", field, 8 + length, size) for name, field in fields.items()}


class Exactly:
    """The bytes of one array of a stream, as a stream of its own."""

    def __init__(self, stream: BinaryIO, entry: Entry) -> None:
        stream.seek(entry.begin)
        self._stream, self._left = stream, entry.header.bytes

    def read(self, count: int) -> bytes:
        data = self._stream.read(min(count, self._left))
        self._left -= len(data)
        return data


def read(stream: BinaryIO, entry: Entry, what: str) -> Any:
    """The numbers of an array."""
    return read_array(Exactly(stream, entry), entry.header, what)
