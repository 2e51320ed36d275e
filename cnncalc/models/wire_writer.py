"""Protobuf's wire format, written: the other direction of ``wire.py``.

A message is a list of pieces of bytes, so that the numbers of a large tensor are never copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from cnncalc.models.wire import BYTES, FIXED32, VARINT

#: Bytes, or an object that gives them (the memory of an array).
Pieces = list[Any]


def varint(number: int) -> bytes:
    """A whole number; a negative one in 64-bit two's complement."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def integer(field: int, number: int) -> Pieces:
    """A field with a whole number."""
    return [varint(field << 3 | VARINT) + varint(number)]


def real(field: int, number: float) -> Pieces:
    """A field with a float32."""
    return [varint(field << 3 | FIXED32) + struct.pack("<f", number)]


def text(field: int, value: str) -> Pieces:
    """A field with a text."""
    return message(field, [value.encode("utf-8")])


def message(field: int, pieces: Pieces) -> Pieces:
    """A field with a message, or with bytes."""
    return [varint(field << 3 | BYTES) + varint(length(pieces)), *pieces]


def packed(field: int, numbers: Iterable[int]) -> Pieces:
    """A field with several whole numbers."""
    return message(field, [b"".join(map(varint, numbers))])


def length(pieces: Pieces) -> int:
    """How many bytes the pieces are together."""
    return sum(memoryview(piece).nbytes for piece in pieces)
