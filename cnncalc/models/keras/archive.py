"""The files of Keras: ``.keras``, a zip of ``config.json`` and ``model.weights.h5``, and a config as JSON.

Nothing is unpacked before its size is known, and nothing in it is executed.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import struct
import zipfile
import zlib
from typing import Any, BinaryIO, NamedTuple

from cnncalc.errors import LimitError, SpecError
from cnncalc.limits import Limits, over
from cnncalc.models.keras.places import File
from cnncalc.spec.source import regular

MOST_BYTES = 2 << 30  # of a model file, unless the limit "file" is raised beyond it
MOST_CONFIG = 32 << 20  # bytes of a config
MOST_LISTED = 1 << 20  # bytes of the list of files at the end of a zip: a model has three or four
BOMB = 64 << 20, 100  # limits for unpacking: bytes, and times the packed size
HELP = "save the model again with model.save"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, struct.error,
)  # fmt: skip


class Archive(NamedTuple):
    """The config, the version of Keras ("" if unknown), and the file of the weights, if there is one."""

    config: Any
    version: str
    weights: File | None


def read(path: str, limits: Limits) -> Archive:
    """The contents of the file ``path``. Raises UsageError, LimitError, or SpecError if it is not a Keras model."""
    text = path.lower().endswith(".json")
    most = max(limits.file, MOST_CONFIG if text else MOST_BYTES)
    with regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            raise LimitError(over("file", size, most))
        if not size:
            raise SpecError(f"{path} is empty", help=HELP)
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        if not text:
            return _zip(path, data, limits)
        config = _json(path, bytes(data))
    except _BROKEN as error:
        reason = str(error)[:100] or type(error).__name__
        raise SpecError(f"{path} is not a Keras model, or is damaged: {reason}", help=HELP) from None
    return Archive(config, _version(config), None)


def _json(path: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError:
        raise SpecError(f"{path}: its config is nested too deeply", help=HELP) from None


def _version(config: Any) -> str:
    version = config.get("keras_version") if isinstance(config, dict) else None
    return version if isinstance(version, str) else ""


def _zip(path: str, data: memoryview, limits: Limits) -> Archive:
    _check_list(data)
    archive = zipfile.ZipFile(io.BufferedReader(_Stretch(data)))
    names = archive.namelist()
    if "config.json" not in names:
        raise SpecError(f"{path} holds no config.json, so it is not a Keras model", help=HELP)
    config = _json(path, _member(archive, "config.json", limits))
    metadata = _json(path, _member(archive, "metadata.json", limits)) if "metadata.json" in names else {}
    weights = None
    if "model.weights.h5" in names:
        info = archive.getinfo("model.weights.h5")
        weights = File(path, lambda: _weights(path, archive, data, info))
    return Archive(config, _version(metadata), weights)


def _check_list(data: memoryview) -> None:
    """Raise BadZipFile if the list of files is longer than that of any model: zipfile would read all of it."""
    tail = bytes(data[-(1 << 16) - 22 :])
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) < place + 22:
        raise zipfile.BadZipFile("it is not a zip file")
    (listed,) = struct.unpack_from("<I", tail, place + 12)
    if listed > MOST_LISTED:
        raise zipfile.BadZipFile(f"its list of files has {listed} bytes")


def _member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    most = max(limits.file, MOST_CONFIG)
    with archive.open(name) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise LimitError(over("file", f"{name} with more than {most}", most))
    return data


def _weights(path: str, archive: zipfile.ZipFile, data: memoryview, info: zipfile.ZipInfo) -> BinaryIO:
    """The HDF5 file: a stretch of the zip if it is stored uncompressed, otherwise unpacked."""
    try:
        if info.compress_type == zipfile.ZIP_STORED:
            start = _start(data, info)
            return io.BufferedReader(_Stretch(data[start : start + info.file_size]))
        if info.file_size > BOMB[0] and info.file_size > BOMB[1] * info.compress_size:
            text = f"its weights unpack from {info.compress_size} bytes to {info.file_size}"
            raise SpecError(f"{path}: {text}", help=HELP)
        return io.BytesIO(archive.read(info))
    except _BROKEN as error:
        raise SpecError(f"the weights of {path} are damaged: {str(error)[:100]}", help=HELP) from None


def _start(data: memoryview, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a file in the zip begin: after its header and its name."""
    header = bytes(data[info.header_offset :][:30])
    name, extra = struct.unpack_from("<HH", header, 26)
    start = info.header_offset + 30 + int(name) + int(extra)
    if header[:4] != b"PK\3\4" or start + info.file_size > len(data):
        raise zipfile.BadZipFile("the file is cut short")
    return start


class _Stretch(io.RawIOBase):
    """Bytes in memory as a file, without a copy."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._place = data, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + (0, self._place, len(self._data))[whence]
        if place < 0:
            raise ValueError("a place before the file begins")
        self._place = place
        return place

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)
