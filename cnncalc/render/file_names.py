"""A file name for each student: in letters of any script, safe on every file system, no two alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_LONGEST = 120  # bytes in UTF-8; file systems take 255
#: Names of devices on Windows, with any extension.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}


def file_names(students: Iterable[str]) -> dict[str, str]:
    """The file of each student: the letters, marks and digits of the id, ``-`` and ``_``; anything else as ``_``.

    Names that differ only in case, or in how a letter is composed, are one file on some systems: they get numbers.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    counts: dict[str, int] = {}  # how often each name occurred
    for student in students:
        stem = _stem(student)
        name = stem
        while _folded(name) in taken:
            counts[_folded(stem)] = counts.get(_folded(stem), 1) + 1
            name = f"{stem}-{counts[_folded(stem)]}"
        taken.add(_folded(name))
        names[student] = f"{name}.md"
    return names


def _stem(student: str) -> str:
    kept = "".join(c if _is_kept(c) else "_" for c in unicodedata.normalize("NFC", student[:_LONGEST]))
    stem = kept.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore") or "_"
    return f"_{stem}" if _folded(stem) in _DEVICES else stem


def _is_kept(character: str) -> bool:
    return character in "-_" or unicodedata.category(character)[0] in "LMN"


def _folded(name: str) -> str:
    """The form of a name that a file system may compare."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
