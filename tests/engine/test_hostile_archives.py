"""Archives that somebody made wrong on purpose: whatever byte is changed, the error is one of ours."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncalc import CnncalcError, parse

SUMMARY = "input: 2x2x1\nlayers: [{conv: {name: é, filters: 1, kernel: 1, bias: false}}]"
NAME = "é/kernel.npy"  # not ASCII: its local name is decoded as the flags say


def archive(compression: int) -> bytes:
    array, stream = io.BytesIO(), io.BytesIO()
    np.save(array, np.ones((1, 1, 1, 1), np.float32))
    with zipfile.ZipFile(stream, "w", compression) as file:
        file.writestr(NAME, array.getvalue())
    return stream.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("change", [0x01, 0x08, 0x20, 0x80, 0xFF])
def test_every_byte_may_be_any_byte(tmp_path: Path, compression: int, change: int) -> None:
    """A bit is flipped, or (0xFF) the whole byte is replaced."""
    net, path = parse(SUMMARY), tmp_path / "w.npz"
    whole, read = archive(compression), 0
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] = 0xFF if change == 0xFF else data[place] ^ change
        path.write_bytes(data)
        try:
            net.build(str(path))
            read += 1
        except CnncalcError:
            continue
    assert 0 < read < len(whole)


def test_a_local_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    local, *rest = archive(zipfile.ZIP_STORED).split("é".encode(), 1)
    path.write_bytes(local + b"\xff\xff" + rest[0])
    with pytest.raises(CnncalcError, match="cannot be read"):
        parse(SUMMARY).build(str(path))
