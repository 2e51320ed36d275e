"""Sheets as learning platforms and spreadsheets export them: their encodings, headings and forms."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cnncalc import mark_answers
from cnncalc.check.marking.encodings import decode, find
from cnncalc.errors import SpecError, UsageError

Call = Callable[..., tuple[int, str, str]]

EXAM = """
problems:
  - id: Q1
    text: "An image of 28×28×1 goes through 10 filters of 5×5 with padding 2. Which size comes out?"
    input: 28x28x1
    layers: [{conv: {name: c1, filters: 10, kernel: 5, padding: 2}}]
    answers: {c1.output: 28x28x10, c1.params: 260}
  - id: Q2
    text: Which padding keeps the size?
    input: 28x28x3
    layers: [{conv: {filters: 1, kernel: 5, padding: p}}]
    given: {conv1.output: 28x28}
    answers: {p: 2}
"""
RIGHT = ["28x28x10", "260", "2"]
MOODLE = ["Last name", "First name", "ID number", "Email address", "State", "Started on", "Completed", "Time taken",
          "Grade/10.00"]  # fmt: skip


def _moodle(n: int) -> list[str]:
    return ["Meier", f"Jörg {n}", f"10{n}", f"m{n}@uni.example", "Finished", "12 May 2025 09:00", "12 May 2025 09:40",
            "40 mins", "10.00"]  # fmt: skip


@pytest.fixture
def students(tmp_path: Path, call: Call) -> Callable[..., tuple[dict[str, list[bool | None]], str]]:
    """Marks a sheet: for each student whether the answers are right, and what standard error says."""

    def marked(sheet: str | bytes, *options: object, name: str = "sheet.csv") -> tuple[dict[str, Any], str]:
        (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
        (tmp_path / name).write_bytes(sheet if isinstance(sheet, bytes) else sheet.encode("utf-8"))
        code, out, err = call(
            "check", tmp_path / "exam.yaml", "--answers", tmp_path / name, "--format", "json", *options
        )
        assert code == 0, err
        rows = json.loads(out)["students"]
        return {row["student"]: [answer["ok"] for answer in row["answers"]] for row in rows}, err

    return marked


def written(*rows: list[str], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(rows)
    return stream.getvalue()


TEXTS = [
    '"An image of 28×28×1 goes through 10 filters of 5×5 with padding 2. Which size comes out?"',
    "Which padding keeps the size?",
]
EXPORTS = {
    "moodle": written(
        [*MOODLE, "Response 1", "Response 2", "Response 3"],
        [*_moodle(1), *RIGHT], [*_moodle(2), "-", "260", "3"],
        ["Overall average", *[""] * 7, "8.00", "", "", ""], quoting=csv.QUOTE_ALL,
    ),
    "moodle, German": written(
        ["Nachname", "Vorname", "ID-Nummer", "E-Mail-Adresse", "Status", "Bewertung/10,00", "Antwort 1", "Antwort 2",
         "Antwort 3"],
        ["Meier", "Jörg", "101", "a@b.example", "Beendet", "10,00", *RIGHT],
        ["Meier", "Uwe", "102", "c@b.example", "Beendet", "10,00", "-", "260", "3"], delimiter=";",
    ),
    "moodle, a cloze for each problem": written(
        [*MOODLE, "Response 1", "Response 2"],
        [*_moodle(1), "part 1: 28x28x10; part 2: 260", "part 1: 2"], [*_moodle(2), "part 1: -; part 2: 260", "3"],
    ),
    "moodle, a cloze of sizes": written(
        [*MOODLE, "Response 1", "Response 2", "Response 3"],
        [*_moodle(1), "part 1: 28; part 2: 28; part 3: 10", "part 1: 260", "2"], [*_moodle(2), "-", "260", "3"],
    ),
    "canvas": written(
        ["name", "id", "sis_id", "section", "section_id", "submitted", "attempt",
         "345678: Q1 c1.output (2 points)", "1.0",
         "345679: Q1 c1.params", "1.0", "345680: Which padding keeps the size?", "1.0", "n correct", "score"],
        ["Ann", "9001", "101", "S", "1", "2025-05-12", "1", RIGHT[0], "1", RIGHT[1], "1", RIGHT[2], "1", "3", "3"],
        ["Bob", "9002", "102", "S", "1", "2025-05-12", "1", "", "0", "260", "1", "3", "0", "1", "1"],
    ),
    "google forms": written(
        ["Timestamp", "Email address", "Score", "Q1 [c1.output]", "Q1 [c1.params]", "Which padding keeps the size?"],
        ["2025/05/12 9:01:00 am GMT+2", "101", "", *RIGHT], ["2025/05/12 9:02:00 am GMT+2", "102", "", "", "260", "3"],
    ),
    "a text for each answer": written(
        ["Email", TEXTS[0][1:-1], TEXTS[0][1:-1], TEXTS[1]], ["101", *RIGHT], ["102", "", "260", "3"]
    ),
    "by hand": "Quiz of May\n\nStudent;q1.C1.Output;Q1 c1.params;Q2\n101;28x28x10;260;2\n102;;260;3\n",
    "keys alone": "name\tc1.output\tc1.params\tp\n101\t28x28x10\t260\t2\n102\t\t260\t3\n",
    "microsoft forms": written(
        ["ID", "Start time", "Completion time", "Email", "Name", "Q1.c1.output", "Q1.c1.params", "Q2.p"],
        ["1", "5/12/25 9:00:00", "5/12/25 9:30:00", "anonymous", "101", *RIGHT],
        ["2", "5/12/25 9:00:00", "5/12/25 9:30:00", "anonymous", "102", "", "260", "3"],
    ),
    "microsoft forms, anonymous": written(
        ["ID", "Start time", "Completion time", "Email", "Name", "Q1.c1.output", "Q1.c1.params", "Q2.p"],
        ["101", "5/12/25 9:00:00", "5/12/25 9:30:00", "anonymous", "", *RIGHT],
        ["102", "5/12/25 9:00:00", "5/12/25 9:30:00", "anonymous", "", "", "260", "3"],
    ),
    "google forms, the address twice": written(
        ["Timestamp", "Email Address", "Email Address", "Q1 c1.output", "Q1 c1.params", "Q2"],
        ["2025/05/12", "101", "a", *RIGHT], ["2025/05/12", "102", "b", "", "260", "3"],
    ),
    "long, other words": "Name,Question,Part,Response\n101,q1,C1.OUTPUT,28x28x10\n101,Q1,c1.params,260\n"
    "101,q2,P,2\n102,Q1,c1.params,260\n102,Q2,p,3\n102,Q2,p,3\n",
    "long, one label": "student,question,answer\n101,Q1.c1.output,28x28x10\n101,Q1 c1.params,260\n101,Q2,2\n"
    "102,c1.params,260\n102,Which padding keeps the size?,3\n",
    "numbered by hand": "Name;Frage 1;Frage 2;Frage 3\n101;28x28x10;260;2\n102;;260;3\n",
    "sep": "sep=;\nstudent;problem;key;answer\n101;Q1;c1.output;28x28x10\n101;Q1;c1.params;260\n101;Q2;p;2\n"
    "102;Q1;c1.params;260\n102;Q2;p;3\n",
}  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [*((name, ENCODINGS[n % len(ENCODINGS)]) for n, name in enumerate(EXPORTS)),
     *(("moodle", encoding) for encoding in ENCODINGS)],
)  # fmt: skip
def test_exports_are_marked_as_they_are(
    students: Callable[..., tuple[dict[str, Any], str]], name: str, encoding: str
) -> None:
    found, err = students(EXPORTS[name].encode(encoding))
    assert found == {"101": [True, True, True], "102": [False, True, False]}
    assert ("read as Windows-1252" in err) == (encoding == "cp1252" and not EXPORTS[name].isascii())


def test_what_was_matched_is_told(students: Callable[..., tuple[dict[str, Any], str]]) -> None:
    _, err = students(EXPORTS["moodle"])
    assert "a row for each student" in err
    for line in ('student: "ID number"', 'Q1 c1.output: "Response 1"', 'Q2 p: "Response 3"', 'not used: "Last name"'):
        assert line in err
    _, err = students("name,Q2\n101,2\n")
    assert "no column for: Q1 c1.output, Q1 c1.params" in err
    assert students("student,problem,key,answer\n101,Q2,p,2\n")[1] == ""


def test_students_are_named_by_the_first_column_that_tells_them_apart(
    students: Callable[..., tuple[dict[str, Any], str]],
) -> None:
    head = ["Surname", "First name", "ID number", "Email address", "Response 1", "Response 2", "Response 3"]
    rows = [["Meier", "Ann", "", "a@x", *RIGHT], ["Meier", "Bob", "", "b@x", *RIGHT]]
    assert list(students(written(head, *rows))[0]) == ["a@x", "b@x"]
    for row in rows:
        row[3] = ""
    assert list(students(written(head, *rows))[0]) == ["Ann Meier", "Bob Meier"]


def test_columns_by_hand(students: Callable[..., tuple[dict[str, Any], str]], tmp_path: Path) -> None:
    columns = tmp_path / "columns.yaml"
    columns.write_text('{"A": Q1.c1.output, "B": q1 C1.params, "Wer": student, "Response 1": Q2, "ID": null}')
    found, err = students("ID,Wer,A,B,Response 1\n1,101,28x28x10,260,2\n2,102,,260,3\n", "--map", columns)
    assert found == {"101": [True, True, True], "102": [False, True, False]}
    assert 'student: "Wer"' in err


def test_columns_of_a_long_sheet_by_hand(students: Callable[..., tuple[dict[str, Any], str]], tmp_path: Path) -> None:
    columns = tmp_path / "columns.yaml"
    columns.write_text("{Wer: student, Was: problem, Wovon: key, Wert: answer}")
    found, _ = students("Wert,Was,Wovon,Wer,Notiz\n2,q2,p,101,x\n260,Q1,C1.params,101,\n", "--map", columns)
    assert found == {"101": [False, True, True]}


def test_the_library_takes_a_map_and_an_encoding(tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "map.yaml").write_text('{"Wer": student, "A": Q2}')
    (tmp_path / "sheet.csv").write_bytes("Wer,A\nЖук,2\n".encode("koi8-r"))
    given = {"columns": tmp_path / "map.yaml", "encoding": "koi8-r"}
    (student,) = mark_answers(tmp_path / "sheet.csv", tmp_path / "exam.yaml", **given)
    assert (student.student, student.marks) == ("Жук", 1)


@pytest.mark.parametrize(
    ("sheet", "columns", "told"),
    [
        ("ID,A\n1,2\n", '{"B": Q2}', 'no column is called "B"'),
        ("ID,A\n1,2\n", '{"A": Q2.q}', '"Q2.q" is not an answer that is asked for'),
        ("ID,A\n1,2\n", "[A]", "found a list of 1"),
        ("ID,Q2,Q2.p\n1,2,2\n", None, "both stand for Q2 p"),
        ("ID,Q2\n,2\n", None, "the student is missing"),
        ("ID,Q2\n1,2\n1,3\n", None, '"1" answers Q2 p twice'),
        ("ID,Q2\n1,2,9\n", None, "3 cells, but the heading has 2"),
        ("Q2,Q1.c1.params\n2,260\n", None, 'the column "student" is not in the heading'),
        ("ID,Frage 9\n1,2\n", None, "no column has an answer that is asked for"),
        ("ID,Q1 c1.parms\n1,2\n", None, 'did you mean "Q1.c1.params"?'),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_understood_is_exit_3(
    call: Call, tmp_path: Path, sheet: str, columns: str | None, told: str
) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "sheet.csv").write_text(sheet)
    (tmp_path / "map.yaml").write_text(columns or "")
    by_hand = ("--map", tmp_path / "map.yaml") if columns else ()
    code, out, err = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", *by_hand)
    assert (code, out) == (3, "")
    assert told in err


def test_an_encoding_by_hand(students: Callable[..., tuple[dict[str, Any], str]]) -> None:
    found, _ = students("student,problem,key,answer\nЖук,Q2,p,2\n".encode("cp1251"), "--encoding", "windows-1251")
    assert list(found) == ["Жук"]


def test_encodings_are_those_of_texts() -> None:
    assert [find(name) for name in ("UTF8", "latin-1", "windows-1252")] == ["utf-8", "iso8859-1", "cp1252"]
    for name in ("rot13", "hex", "unicode_escape", "punycode", "idna", "utf-7", "nonsense", "", "a" * 100_000):
        with pytest.raises(UsageError):
            find(name)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xfe\x00", b"\x00" * 99, b"\xef\xbb\xbf", b"a\x81", b"\xfe\xff"])
def test_any_bytes_are_a_text_or_an_error(data: bytes) -> None:
    for encoding in (None, "utf-8", "utf-16"):
        with suppress(SpecError):
            assert "\ufeff" not in decode("x", data, encoding)[0].text


def test_many_columns_are_a_limit_and_long_cells_are_not_repeated(call: Call, tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    arguments = ("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv")
    (tmp_path / "sheet.csv").write_text("ID" + ",c" * 1_000_000 + "\n")
    assert call(*arguments)[0] == 4
    (tmp_path / "sheet.csv").write_text(f"ID,Q2,{'x' * 10_000_000}\n101,{'9' * 10_000_000},{'=' * 10_000_000}\n")
    code, out, err = call(*arguments, "--format", "json")
    assert code == 0
    assert len(out) + len(err) < 10_000


@pytest.mark.parametrize("sheet", ["\n" * 2000 + "ID,Q2\n1,2\n", "a,b,c,d,e,f\n" * 30 + "ID,Q2\n1,2\n"])
def test_what_stands_above_a_heading_is_bounded(call: Call, tmp_path: Path, sheet: str) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "sheet.csv").write_text(sheet)
    arguments = ("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--limit", "values=100")
    code, out, err = call(*arguments)
    assert (code, out) == (4, "")
    assert "--limit values=" in err


def workbook(*sheets: list[list[Any]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book, held = openpyxl.Workbook(), io.BytesIO()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(held)
    return held.getvalue()


def test_a_workbook_is_read_as_it_shows(students: Callable[..., tuple[dict[str, Any], str]]) -> None:
    rows = [["Quiz"], [], ["ID", "Q1.c1.output", "Q1.c1.params", "Q2"], [101, "28x28x10", 260.0, 2],
            [102, None, 260, "=1+2"]]  # fmt: skip
    found, err = students(workbook([], rows), name="sheet.xlsx")
    assert found == {"101": [True, True, True], "102": [False, True, False]}
    assert 'Q2 p: "Q2"' in err


def _with(name: str, data: bytes, **replaced: bytes) -> bytes:
    """A workbook with one of its files replaced."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for file in old.infolist():
            new.writestr(file.filename, replaced["by"] if file.filename == name else old.read(file))
    return held.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def _xml(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    dimension = '<dimension ref="A1:XFD1048576"/>'
    return f'<worksheet xmlns="{space}">{dimension}<sheetData>{rows}</sheetData></worksheet>'.encode()


_HEADING = '<row r="1"><c t="inlineStr"><is><t>ID</t></is></c><c t="inlineStr"><is><t>Q2</t></is></c></row>'


@pytest.mark.parametrize(
    ("rows", "code"),
    [(b"0" * 100_000_000, 4), (_xml(""), 3), (b"<worksheet", 3), (b"", 3),
     (_xml(_HEADING + "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 999))), 4)],
    ids=["bomb", "empty", "broken", "nothing", "far away"],
)  # fmt: skip
def test_hostile_workbooks(call: Call, tmp_path: Path, rows: bytes, code: int) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "sheet.xlsx").write_bytes(_with(SHEET, workbook([["ID", "Q2"], ["1", "2"]]), by=rows))
    found, out, err = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.xlsx")
    assert (found, out) == (code, "")
    assert "Traceback" not in err


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" * 99, bytes.fromhex("d0cf11e0a1b11ae1") * 9])
def test_no_workbooks(call: Call, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "sheet.xlsx").write_bytes(data)
    assert call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.xlsx")[0] == 3
