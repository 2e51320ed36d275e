"""Protobuf's wire format: the fields of a message, without its schema.

Source: protobuf.dev/programming-guides/encoding. A message is a sequence of fields: a number, a wire type and a value.
Values are views into the file: nothing is copied before it is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MOST_BYTES = 10  # of a varint


class Broken(ValueError):
    """The bytes are not a message."""


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """The number at ``place``, and the place after it."""
    if place < len(data) and data[place] < 0x80:  # most have one byte
        return data[place], place + 1
    result = shift = 0
    for offset in range(place, min(place + MOST_BYTES, len(data))):
        byte = data[offset]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, offset + 1
        shift += 7
    raise Broken(f"a number at byte {place} does not end")


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The number and the value of each field: a whole number (as unsigned), or the bytes."""
    place, end = 0, len(data)
    while place < end:
        key, place = (data[place], place + 1) if data[place] < 0x80 else varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, place = varint(data, place)
            yield number, value
            continue
        if wire == BYTES:
            size, place = varint(data, place)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(wire, -1)
        if size < 0:
            raise Broken(f"byte {place} does not begin a field")
        if size > end - place:
            raise Broken(f"it ends early: {size} bytes are needed at byte {place}, and {end - place} are left")
        yield number, data[place : place + size]
        place += size


def signed(number: int | memoryview) -> int:
    """A varint as an int64, which is written in 64-bit two's complement."""
    if not isinstance(number, int):
        raise Broken("there are bytes where a number is expected")
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def blob(value: int | memoryview) -> memoryview:
    """The bytes of a field. Raises Broken for a number."""
    if isinstance(value, int):
        raise Broken("there is a number where bytes are expected")
    return value


def text(value: int | memoryview) -> str:
    """The text of a field."""
    return str(blob(value), "utf-8", "replace")


def integers(value: int | memoryview) -> list[int]:
    """A repeated int64: one number, or several packed into bytes."""
    if isinstance(value, int):
        return [signed(value)]
    found, place = [], 0
    while place < len(value):
        number, place = varint(value, place)
        found.append(signed(number))
    return found


def floats(value: int | memoryview) -> list[float]:
    """A repeated float: one number, or several packed into bytes."""
    data = blob(value)
    if len(data) % 4:
        raise Broken(f"{len(data)} bytes are not a sequence of floats")
    return list(struct.unpack(f"<{len(data) // 4}f", data))
