"""The text of an answer sheet: in UTF-8, in UTF-16, or in what Excel writes on Windows."""

from __future__ import annotations

import codecs
import re

from cnncalc.errors import Mark, Source, SpecError, UsageError

WINDOWS = "cp1252"
#: What ``--encoding`` takes: the encodings of texts, under any of their names. Other codecs of Python are not.
_TEXTS = re.compile(r"(?:utf-?(?:8|16|32)|cp\d+|iso8859|mac-|koi8|gb|big5|shift_jis|euc_|ascii|hz)", re.I)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_LOOKED_AT = 4096  # bytes that are searched for the zeros of UTF-16
_ADVICE = "save it as UTF-8, or name its encoding with --encoding, such as --encoding windows-1252"


def find(name: str) -> str:
    """The encoding that ``name`` stands for. Raises UsageError if Python knows none."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not _TEXTS.match(found):
        raise UsageError(
            f'--encoding "{name[:40]}" is not known',
            help="utf-8, utf-16, windows-1252, and the names that Python takes",
        )
    return found


def decode(name: str, data: bytes, encoding: str | None = None) -> tuple[Source, str | None]:
    """The text of the file ``name``, and the encoding if it is a guess.

    ``encoding`` None: by the mark at its beginning; else UTF-8 where it is that, else Windows-1252. Raises SpecError
    where it is none of these.
    """
    if encoding:
        return _decoded(name, data, encoding), None
    marked = next((known for mark, known in _MARKS if data.startswith(mark)), None) or _by_zeros(data)
    if marked:
        return _decoded(name, data, marked), None
    try:
        return Source(name, data.decode("utf-8")), None
    except UnicodeDecodeError:
        return _decoded(name, data, WINDOWS), "Windows-1252"


def _by_zeros(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of what is mostly ASCII is zero."""
    start = data[:_LOOKED_AT]
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = start[place::2]
        if half and half.count(0) * 2 > len(half):
            return encoding
    return None


def _decoded(name: str, data: bytes, encoding: str) -> Source:
    try:
        return Source(name, data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        source = Source(name, data.decode(encoding, "replace"))
        place = source.at(len(before)) if error.start < len(data) else Mark(source, 1, 1)
        said = "neither UTF-8 nor Windows-1252" if encoding == WINDOWS else f"not {encoding}"
        text = f"the byte 0x{data[error.start]:02X} is {said}"
        raise SpecError(text, mark=place, help=_ADVICE) from None
