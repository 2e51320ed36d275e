"""Arrays in files of strangers: the header first, its sizes against what is wanted, then exactly that many bytes.

``numpy.load`` trusts a header: 184 bytes can ask for gigabytes. Here nothing is allocated before its size is known to
be right, nothing is unpickled, and a bomb is never unpacked further than the array that was asked for.
"""

from __future__ import annotations

import ast
import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from cnncalc.engine.arrays import Array
from cnncalc.errors import SpecError
from cnncalc.spec.source import regular

MAGIC, ZIP_MAGIC = b"\x93NUMPY", b"PK"
MOST = 1 << 63  # numbers along an axis
HEADER = 10_000  # bytes of a header; NumPy's own bound
DIRECTORY = 16 << 20  # bytes read at one time, and so of an archive's directory
CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, struct.error)


class Header(NamedTuple):
    """What an array's header says of it."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], what: str) -> Header:
    """The header of the array that begins here. Raises SpecError for what is no plain array of numbers."""
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
    """The numbers behind ``header``, exactly as many as it says: the caller has checked that it may."""
    flat = np.empty(math.prod(header.shape), header.dtype)
    view, filled = flat.view(np.uint8).data, 0
    while filled < len(view):
        chunk = stream.read(min(CHUNK, len(view) - filled))
        if not chunk:
            raise SpecError(f"{what} is cut off: {filled} of {len(view)} bytes are there")
        view[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    if stream.read(1):
        raise SpecError(f"{what} goes on after its {len(view)} bytes")
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


class _Bounded:
    """A file of which no more than DIRECTORY bytes are read at one time, as a hostile archive's directory would be."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable, self.close = stream.seek, stream.tell, stream.seekable, stream.close

    def read(self, count: int = -1) -> bytes:
        data = self._stream.read(DIRECTORY + 1 if count < 0 else min(count, DIRECTORY + 1))
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile(f"its directory is over {DIRECTORY} bytes")
        return data


class Arrays:
    """The arrays of an ``.npz`` or ``.safetensors`` file by name, or the one of an ``.npy`` (called "")."""

    def __init__(self, path: str) -> None:
        """Raises UsageError where there is no such file, SpecError where it is neither ``.npy`` nor ``.npz``."""
        self.path = path
        self._stream = regular(path)
        self._archive: zipfile.ZipFile | None = None
        self._entries: dict[str, Any] = {}
        magic = self._stream.read(6)
        self._stream.seek(0)
        if magic == MAGIC:
            self.names = [""]
        elif magic[:2] == ZIP_MAGIC:
            self._open_archive()
        elif path.endswith(".safetensors"):
            from cnncalc.engine.files import safetensors

            self._entries = safetensors.entries(self._stream, self.bytes, path)
            self.names = list(self._entries)
        else:
            self._stream.close()
            raise SpecError(
                f"{path} is neither .npy nor .npz nor .safetensors",
                help="numpy.savez writes them; pickle, .pt and .h5 files can run code and are not read",
            )

    def _open_archive(self) -> None:
        try:
            self._archive = zipfile.ZipFile(_Bounded(self._stream))
        except (*_BROKEN, ValueError) as error:
            self._stream.close()
            raise SpecError(f"{self.path} is a broken .npz: {error}") from None
        self.names = [info.filename.removesuffix(".npy") for info in self._archive.infolist()]

    def __enter__(self) -> Arrays:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive:
            self._archive.close()
        self._stream.close()

    @property
    def bytes(self) -> int:
        """How large the file is."""
        position = self._stream.tell()
        size = self._stream.seek(0, io.SEEK_END)
        self._stream.seek(position)
        return size

    def header(self, name: str) -> Header:
        """The header of the array called ``name``."""
        if name in self._entries:
            return self._entries[name].header
        return self._within(name, read_header)

    def read(self, name: str) -> Array:
        """The array called ``name``, as its header says."""
        if name in self._entries:
            from cnncalc.engine.files import safetensors

            return safetensors.read(self._stream, self._entries[name], f"{self.path}: {name}")
        return self._within(name, lambda stream, what: read_array(stream, read_header(stream, what), what))

    def _within(self, name: str, use: Any) -> Any:
        what = f"{self.path}: {name}" if name else self.path
        if self._archive is None:
            self._stream.seek(0)
            return use(self._stream, what)
        info = self._archive.infolist()[self.names.index(name)]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SpecError(f"{what} is compressed in a way that NumPy does not use")
        try:
            with self._archive.open(info) as stream:
                return use(stream, what)
        except _BROKEN as error:
            raise SpecError(f"{what} cannot be read: {error}") from None


def write(arrays: Mapping[str, Array], stream: IO[bytes]) -> None:
    """Arrays by name as an ``.npz``; the same arrays give the same bytes."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
