"""Rows of CSV: what the csv module reads, read without its bound that a whole process shares."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnncalc.check.marking.rows import read
from cnncalc.errors import Source, SpecError


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return [row for row, _ in read(Source("sheet.csv", text), delimiter)]


@given(st.text('ab ",;\n\r', max_size=30), st.sampled_from(",;\t"))
@example('a,"b""c",\r\n"d\n,e",""\n\n', ",")
def test_rows_are_those_of_the_csv_module(text, delimiter):
    try:
        peer = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        with pytest.raises(SpecError):
            rows(text, delimiter)
        return
    assert rows(text, delimiter) == [row for row in peer if any(cell.strip() for cell in row)]


def test_a_cell_may_be_longer_than_the_csv_module_lets_it_be():
    limit = csv.field_size_limit()
    assert rows('a,"' + "1" * (limit + 1) + '"\n')[0][1] == "1" * (limit + 1)


def test_each_row_has_the_line_where_it_begins():
    text = 'a,b\r\n\n"x\ny",1\rz\x85z,2\n"p\u2028q",3\nlast,4'
    assert [mark.line for _, mark in read(Source("sheet.csv", text), ",")] == [1, 3, 5, 7, 9]


def test_work_grows_with_the_length_of_the_text():
    """Quotes that open and never close, and cells of many quotes, are no trap."""
    assert rows('"' + '""' * 200_000 + '"') == [['"' * 200_000]]
    with pytest.raises(SpecError, match="never closed"):
        rows('"' + '""' * 200_000)
    assert len(rows("a\n" * 100_000)) == 100_000
