"""Numbers as one writes them: with so many digits, and in units of bytes."""

from __future__ import annotations

BINARY = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10}
DECIMAL = {"GB": 10**9, "MB": 10**6, "kB": 10**3}

_LARGEST = 1e15  # below it a float holds every digit before the point


def significant(number: float, digits: int) -> str:
    """A number with at most ``digits``, but with every digit before the point.

    >>> significant(2 / 3, 4), significant(1234567.8, 4), significant(2e20, 4)
    ('0.6667', '1234568', '2e+20')
    """
    text = f"{number:.{digits}g}"
    return f"{number:.0f}" if "e+" in text and abs(number) < _LARGEST else text


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
