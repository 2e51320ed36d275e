"""One array in NumPy's format, from a stream: a header that is checked before use, then the numbers."""

from __future__ import annotations

import ast
import math
import struct
from typing import IO, Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.errors import SpecError

MAGIC, ZIP_MAGIC = b"\x93NUMPY", b"PK"
MOST = 1 << 63  # numbers along an axis
HEADER = 10_000  # bytes of a header; NumPy's own bound
CHUNK = 1 << 20


class Header(NamedTuple):
    """The header of an array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], what: str) -> Header:
    """The header of the array that begins here. Raises SpecError for anything but a plain array of numbers."""
    start = stream.read(8)
    if start[:6] != MAGIC:
        raise SpecError(f"{what} is not a NumPy array", help="numpy.save or numpy.savez writes them")
    layout = {1: "<H", 2: "<I"}.get(start[6] if len(start) == 8 else 0)
    if layout is None:
        raise SpecError(f"{what} is not an array of plain numbers", help="save it as float32")
    counted = stream.read(struct.calcsize(layout))
    length = struct.unpack(layout, counted)[0] if len(counted) == struct.calcsize(layout) else 0
    if length > HEADER:
        raise SpecError(f"{what} has a header of {length} bytes; {HEADER} is the most")
    try:
        fields = ast.literal_eval(stream.read(length).decode("latin-1").strip())
        shape, fortran, dtype = fields["shape"], fields["fortran_order"], np.dtype(str(fields["descr"]))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError, KeyError):
        raise SpecError(f"{what} has a broken header") from None
    if dtype.hasobject:
        raise SpecError(f"{what} holds Python objects (a pickle), which are not loaded", help="save it as float32")
    if dtype.kind not in "fiu":
        raise SpecError(f"{what} holds {dtype}, not numbers", help="save it as float32")
    if not isinstance(shape, tuple) or any(type(size) is not int or not 0 <= size < MOST for size in shape):
        raise SpecError(f"{what} has a broken header: its shape is not one of sizes below 2^63")
    return Header(shape, bool(fortran), dtype)


def read_array(stream: Any, header: Header, what: str) -> Array:
    """The numbers behind ``header``, exactly as many as it says; the caller has checked the size."""
    flat = np.empty(math.prod(header.shape), header.dtype)
    view, filled = flat.view(np.uint8).data, 0
    while filled < len(view):
        chunk = stream.read(min(CHUNK, len(view) - filled))
        if not chunk:
            raise SpecError(f"{what} is cut off: {filled} of {len(view)} bytes are in the file")
        view[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    if stream.read(1):
        raise SpecError(f"{what} continues after its {len(view)} bytes")
    return flat.reshape(header.shape, order="F" if header.fortran else "C")
