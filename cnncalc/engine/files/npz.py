"""Arrays in untrusted files: the header first, its sizes compared with the wanted ones, then exactly that many bytes.

``numpy.load`` trusts a header: 184 bytes can ask for gigabytes. Here nothing is allocated before its size is known to
be right, nothing is unpickled, and a zip bomb is never unpacked beyond the size of the wanted array.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from cnncalc.engine.arrays import Array
from cnncalc.engine.files.npy import MAGIC, ZIP_MAGIC, Header, read_array, read_header
from cnncalc.errors import SpecError
from cnncalc.spec.source import regular

DIRECTORY = 16 << 20  # most bytes of one read, and so of an archive's directory
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, struct.error,
    ValueError,  # a name that is not UTF-8, a place before the beginning
)  # fmt: skip


class _Bounded:
    """A file that refuses reads of more than DIRECTORY bytes, such as a hostile archive's directory."""

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
        """Raises UsageError if there is no such file, SpecError if it is neither ``.npy`` nor ``.npz``."""
        self.path = path
        self._stream = regular(path)
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._entries: dict[str, Any] = {}
        try:
            self.names = self._listed()
        except BaseException:
            self._stream.close()
            raise

    def _listed(self) -> list[str]:
        """The names of the arrays, read according to the file's format."""
        magic = self._stream.read(6)
        self._stream.seek(0)
        if magic == MAGIC:
            return [""]
        if magic[:2] == ZIP_MAGIC:
            self._archive = self._opened()
            names = [info.filename.removesuffix(".npy") for info in self._archive.infolist()]
            self._members = dict(zip(names, self._archive.infolist(), strict=True))
            return names
        if self.path.endswith(".safetensors"):
            from cnncalc.engine.files import safetensors

            self._entries = safetensors.entries(self._stream, self.bytes, self.path)
            return list(self._entries)
        raise SpecError(
            f"{self.path} is neither .npy nor .npz nor .safetensors",
            help="numpy.savez writes them; pickle, .pt and .h5 files can run code and are not read",
        )

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(_Bounded(self._stream))
        except _BROKEN as error:
            raise SpecError(f"{self.path} is a broken .npz: {error}") from None

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
        info = self._members[name]
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
