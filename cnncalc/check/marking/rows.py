"""Rows of CSV (RFC 4180), each with the place where it begins.

The ``csv`` module limits a cell by a setting of the whole process, which belongs to the caller. Here a cell may be
as long as the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.errors import Mark, Source, SpecError
from cnncalc.limits import Limits

_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_LINE_END = re.compile("\r\n|[\n\r]")
_LINES = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as Source counts them
_EMPTY = 10  # lines, empty ones included, for each value that a file may hold
_HELP = 'put a cell with quotes or commas in quotes, and double each quote in it: "(28, 28, 10)"'


def read(source: Source, delimiter: str, limits: Limits | None = None) -> Iterator[tuple[list[str], Mark]]:
    """The rows that are not empty. Raises SpecError if a quote is not closed, or text follows a closing one;
    LimitError for lines far beyond the limit ``values``.
    """
    plain = re.compile(f"[^{re.escape(delimiter)}\r\n]*+")
    text, position, line = source.text, 0, 1
    while position < len(text):
        start, end = position, _LINES.search(text, position)
        mark = Mark(source, line, 1, max(1, (end.start() if end else len(text)) - start))
        row, position = _row(text, position, delimiter, plain, mark)
        line += sum(1 for _ in _LINES.finditer(text, start, position))
        if any(cell.strip() for cell in row):
            yield row, mark
        elif limits:
            limits.check("values", line, mark, times=_EMPTY)


def _row(text: str, position: int, delimiter: str, plain: re.Pattern[str], mark: Mark) -> tuple[list[str], int]:
    """The cells of the row that begins at ``position``, and where the next one begins."""
    row = []
    while True:
        quoted = text.startswith('"', position)
        found = (_QUOTED if quoted else plain).match(text, position)
        if not found:
            raise _broken("a quote is never closed", mark)
        row.append(found[1].replace('""', '"') if quoted else found[0])
        position = found.end()
        if text.startswith(delimiter, position):
            position += 1
            continue
        end = _LINE_END.match(text, position)
        if not end and position < len(text):
            raise _broken("text follows a closing quote", mark)
        return row, end.end() if end else position


def _broken(what: str, mark: Mark) -> SpecError:
    return SpecError(f"the row that begins here is not valid CSV: {what}", mark=mark, help=_HELP)
