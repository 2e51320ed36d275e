"""Sheets of people who mean harm: whatever stands in them is harmless in every output."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.dom import minidom

import pytest

Call = Callable[..., tuple[int, str, str]]

EXAM = """
problems:
  - id: Q1
    text: "=cmd|' /C calc'!A0 <script>alert(1)</script> ![x](http://x) \\\\input{x}"
    input: 8x8x1
    layers: [{conv: {name: c, filters: 2, kernel: 3}}]
    answers: {c.output: 6x6x2, c.params: 20}
"""
HOSTILE = [
    '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1",
    "＋1", "＠x", "－1",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://x/y.png)", "[x](javascript:alert(1))",
    "\x1b]52;c;x\x07", "\x1b[2J", "\x9b2J", "S\u202e1", "a\u2028b", "\ufeffz", "\x00null", "]]>&amp;<",
    "\\input{/etc/passwd}",
    "`rm -rf`", "$(x)", "../../x", "%s%n", "{{7*7}}", "'; DROP TABLE x; --", "x" * 5000, "9" * 5000, "(" * 150,
    "^" * 150, "2^2^2^2^2^2^2", "9^9^9^9", "1e99999", "[" * 100 + "]" * 100, "H=" * 60,
    "a:" * 90, "1;" * 99, "=" * 199,
]  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def written(rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


LONG = [["student", "problem", "key", "answer"], *([text, "Q1", "c.params", text] for text in HOSTILE),
        *([f"S{n}", text, text, text] for n, text in enumerate(HOSTILE))]  # fmt: skip
WIDE = [["student", "c.output", "c.params", *HOSTILE], *([text, text, text, *HOSTILE] for text in HOSTILE)]
TITLES = [[text] for text in HOSTILE[:15]]


@pytest.mark.parametrize(
    ("rows", "format"),
    [*((LONG, format) for format in ("table", "json", "csv", "markdown", "junit")), (WIDE, "csv"), (WIDE, "table"),
     (TITLES + WIDE, "table"), (TITLES, "table")],
)  # fmt: skip
def test_nothing_gets_out_as_it_came_in(call: Call, tmp_path: Path, rows: list[list[str]], format: str) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "sheet.csv").write_text(written(rows), encoding="utf-8", newline="")
    code, out, err = call(
        "check", tmp_path / "exam.yaml", "-a", tmp_path / "sheet.csv", "-f", format,
        "--gradebook", tmp_path / "book.csv", "--feedback", tmp_path / "told",
    )  # fmt: skip
    assert code == (3 if rows is TITLES else 0)
    assert "Traceback" not in err
    for text in (out, err):
        assert all(c == "\n" or c.isprintable() for c in text), format
    if rows is TITLES:
        return
    told = [path.read_text(encoding="utf-8") for path in (tmp_path / "told").iterdir()]
    assert len(told) > len(HOSTILE) - 3
    for text in [*told, *([out] if format == "markdown" else [])]:
        assert all(c == "\n" or c.isprintable() for c in text)
        assert not re.search(r"<\w|(?<!\\)!\[|(?<!\\)\]\(", text)
    for text in [(tmp_path / "book.csv").read_text(encoding="utf-8"), *([out] if format == "csv" else [])]:
        assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell.startswith(FORMULAS)]
    if format == "json":
        assert json.loads(out)["class"]["students"] > 0
    if format == "junit":
        minidom.parseString(out.encode())


def test_a_workbook_of_formulas_is_text(call: Call, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["student", "Q1.c.params"])
    for number, text in enumerate(HOSTILE):
        if all(c.isprintable() for c in text):
            book.active.append([f"S{number}", text])
    book.save(tmp_path / "sheet.xlsx")
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    code, out, err = call("check", tmp_path / "exam.yaml", "-a", tmp_path / "sheet.xlsx", "-f", "csv")
    assert code == 0, err
    assert not [cell for row in csv.reader(io.StringIO(out)) for cell in row if cell.startswith(FORMULAS)]
