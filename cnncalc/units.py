"""Units of bytes."""

from __future__ import annotations

BINARY = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10}
DECIMAL = {"GB": 10**9, "MB": 10**6, "kB": 10**3}


def in_bytes(count: int) -> str:
    """A number of bytes in its binary unit: ``640 KiB``."""
    for unit, size in BINARY.items():
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"


def enough(count: int) -> str:
    """A size in whole units, rounded up, as one types it: ``5GiB``."""
    unit, size = next((item for item in BINARY.items() if count >= item[1]), ("KiB", BINARY["KiB"]))
    return f"{-(-count // size)}{unit}"
