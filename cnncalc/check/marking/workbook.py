"""Excel workbooks: the rows of the first sheet that has any. Formulas are not worked out: what Excel stored is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from cnncalc.check.marking.cells import Row
from cnncalc.errors import LimitError, Mark, Source, SpecError, UsageError
from cnncalc.limits import Limits, over

_SIGNATURE = b"PK\x03\x04"  # of a zip archive
_OLD = bytes.fromhex("d0cf11e0a1b11ae1")  # of Excel's format before 2007
_MOST_FILES = 1000  # in a workbook
_PADDED = 50  # cells, empty ones too, for each value that a file may hold


def is_one(data: bytes) -> bool:
    """Whether the bytes of a file begin as a workbook does."""
    return data.startswith((_SIGNATURE, _OLD))


def read(name: str, data: bytes, limits: Limits, times: int) -> Iterator[Row]:
    """The rows that are not empty, their cells as texts. What the archive holds may be ``times`` the limit ``file``.

    Raises UsageError without openpyxl, SpecError if it is not a workbook, LimitError before much is unpacked.
    """
    mark = Mark(Source(name, ""), 1, 1)
    if data.startswith(_OLD):
        raise SpecError("the file is an old .xls workbook", mark=mark, help="save it as .xlsx or as CSV")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _broken(mark, error) from None
    unpacked = sum(file.file_size for file in files)
    if len(files) > _MOST_FILES or not any(file.filename == "xl/workbook.xml" for file in files):
        raise SpecError("the file is not an Excel workbook", mark=mark, help="save the sheet as .xlsx or as CSV")
    if unpacked > times * limits.file:
        raise LimitError(over("file", -(-unpacked // times), limits.file, mark))
    yield from _rows(name, data, limits)


def _rows(name: str, data: bytes, limits: Limits) -> Iterator[Row]:
    source = Source(name, "")
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise UsageError(
            f"{name} is an Excel workbook, which needs openpyxl", help="pip install 'cnncalc[xlsx]', or save it as CSV"
        ) from None
    cells = 0
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the size that the file claims is not trusted
            line = 0
            for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                cells += len(row) + 1
                limits.check("values", -(-cells // _PADDED), Mark(source, line, 1))
                texts = [_text(value) for value in row]
                if any(map(str.strip, texts)):
                    yield texts, Mark(source, line, 1)
            if line > 1:
                return
    except (LimitError, SpecError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises anything for a broken file
        raise _broken(Mark(source, 1, 1), error) from None


def _text(value: Any) -> str:
    """A cell as one would see it: 896 for the 896.0 that Excel stores."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _broken(mark: Mark, error: Exception) -> SpecError:
    return SpecError(f"the workbook cannot be read: {error}"[:300], mark=mark, help="save the sheet as CSV")
