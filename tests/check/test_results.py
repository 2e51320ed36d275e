"""What a class has: totals, the gradebook, means, the distribution, feedback for everybody."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.render.file_names import file_names

Call = Callable[..., tuple[int, str, str]]

EXAM = """
problems:
  - {id: A, input: 8x8x1, layers: [{conv: {name: c, filters: 2, kernel: 3}}], answers: {c.output: 6x6x2, c.params: 20}}
  - {id: B, marks: 2, input: 8x8x1, layers: [{conv: {name: c, filters: 2, kernel: 3}}], answers: {c.macs: 648}}
"""
SHEET = "student,A.c.output,A.c.params,B\nS1,6x6x2,20,648\nS2,6x6x2,18,\n=S3,,dunno,648\n"


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    (tmp_path / "exam.yaml").write_text(EXAM)
    (tmp_path / "sheet.csv").write_text(SHEET)
    return ["check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv"]


def test_a_gradebook_has_a_row_for_each_student(files: list[object], call: Call, tmp_path: Path) -> None:
    assert call(*files, "--gradebook", tmp_path / "book.csv")[0] == 0
    assert list(csv.reader(io.StringIO((tmp_path / "book.csv").read_text()))) == [
        ["student", "A c.output", "A c.params", "B c.macs", "total", "out_of"],
        ["S1", "1", "1", "2", "4", "4"],
        ["S2", "1", "0", "0", "1", "4"],
        ["'=S3", "0", "0", "2", "2", "4"],
    ]


def test_a_gradebook_replaces_no_input_and_no_other_output(files: list[object], call: Call, tmp_path: Path) -> None:
    assert call(*files, "--gradebook", tmp_path / "sheet.csv")[0] == 5
    assert (tmp_path / "sheet.csv").read_text() == SHEET
    assert call(*files, "--gradebook", tmp_path / "x.csv", "--output", tmp_path / "x.csv")[0] == 2
    assert call("check", tmp_path / "exam.yaml", "--gradebook", tmp_path / "x.csv")[0] == 2


def test_the_class_in_json(files: list[object], call: Call) -> None:
    found = json.loads(call(*files, "--format", "json")[1])
    assert found["class"] == {
        "students": 3, "out_of": 4, "mean": 2.3333, "median": 2, "distribution": [0, 0, 1, 0, 0, 1, 0, 0, 0, 1]
    }  # fmt: skip
    assert [(row["share_right"], row["mean"]) for row in found["questions"]] == [
        (0.6667, 0.6667), (0.3333, 0.3333), (0.6667, 1.3333)
    ]  # fmt: skip
    assert found["unread"] == [{"student": "=S3", "problem": "A", "key": "c.params", "answer": "dunno"}]


def test_a_missing_answer_is_wrong_by_its_verdict_and_missing_in_words(files: list[object], call: Call) -> None:
    rows = json.loads(call(*files, "--format", "json")[1])["students"]
    said = {(r["student"], a["key"]): (a["verdict"], a["answer"], a["remark"]) for r in rows for a in r["answers"]}
    assert said["S2", "c.macs"] == ("wrong", None, "no answer")
    assert said["=S3", "c.params"] == ("unread", "dunno", "could not be read")
    assert said["S2", "c.params"] == ("wrong", "18", None)


def test_the_distribution_is_drawn(files: list[object], call: Call) -> None:
    out = call(*files)[1]
    assert "Mean 2.33 of 4 (58 %), median 2" in out
    assert "90 to 100 %" in out
    assert "█" in out


@pytest.mark.parametrize("marks", ["marks: 0", "marks: 1"])
def test_no_students_and_no_marks_have_a_class_too(call: Call, tmp_path: Path, marks: str) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM.replace("marks: 2", marks).replace("id: A", f"id: A, {marks}"))
    for sheet in (SHEET, "student,problem,key,answer\n"):
        (tmp_path / "sheet.csv").write_text(sheet)
        for format in ("table", "json", "csv", "markdown", "junit"):
            code, _, err = call(
                "check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--format", format
            )
            assert code == 0, err


@pytest.mark.parametrize("format", ["csv", "json", "table"])
def test_nobody_is_left_out_where_the_pipe_is_closed(tmp_path: Path, format: str) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM)
    names = [f"S{n}" for n in range(200)]
    (tmp_path / "sheet.csv").write_text("student,B\n" + "".join(f"{name},648\n" for name in names))
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["check", "exam.yaml", "-a", "sheet.csv", "--feedback", "out", "--gradebook", "book.csv", "-f", format]
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments], stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert len(list((tmp_path / "out").iterdir())) == len(names)
    assert len((tmp_path / "book.csv").read_text().splitlines()) == len(names) + 1


def test_a_word_that_ends_in_s_is_not_always_a_plural(call: Call, tmp_path: Path) -> None:
    layers = "layers: [{conv: {name: c, filters: 1, kernel: 2}}]"
    values = "values: {input: [[1, 2], [3, 5]], c.kernel: [[1, 0], [0, 1]], c.bias: 3}"
    (tmp_path / "p.yaml").write_text(
        f"problems: [{{id: A, input: 2x2x1, {layers}, {values}, answers: {{c.values: 9}}}}]"
    )
    (tmp_path / "s.csv").write_text("student,A.c.values\nS1,6\n")
    call("check", tmp_path / "p.yaml", "--answers", tmp_path / "s.csv", "--feedback", tmp_path / "out")
    told = (tmp_path / "out" / "S1.md").read_text()
    assert "You gave 6: the bias is missing." in told


def test_another_quantity_than_the_one_asked_for_is_named(files: list[object], call: Call, tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("student,B\nS1,1296\nS2,20\n")
    call(*files, "--feedback", tmp_path / "out")
    told = "".join((tmp_path / "out" / f"{name}.md").read_text() for name in ("S1", "S2"))
    assert "You gave 1296: the FLOPs, two for each multiply-accumulate." in told
    assert "You gave 20: all parameters." in told


def test_where_no_problem_can_be_computed_that_is_why_no_column_is_matched(call: Call, tmp_path: Path) -> None:
    network = "input: 8x8x1, layers: [{conv: {name: c, filters: 2, kernel: 3}}]"
    (tmp_path / "p.yaml").write_text(f"problems:\n  - {{id: A, tolerance: 2, {network}, answers: {{c.params: 20}}}}\n")
    (tmp_path / "s.csv").write_text("student,A\nS1,20\n")
    code, out, err = call("check", tmp_path / "p.yaml", "--answers", tmp_path / "s.csv")
    assert (code, out) == (3, "")
    assert "p.yaml:2:" in err
    assert "tolerance must be a number from 0 to 1" in err


def test_names_of_files_keep_the_letters_of_any_script():
    names = file_names(["李明", "王芳", "Jörg", "Ольга", "क्या", "مريم", "S 1/2", "../x", "NUL", "com1", ".", ""])
    assert list(names.values()) == [
        "李明.md", "王芳.md", "Jörg.md", "Ольга.md", "क्या.md", "مريم.md", "S_1_2.md", "___x.md", "_NUL.md", "_com1.md",
        "_.md", "_-2.md",
    ]  # fmt: skip


def test_names_of_files_are_different_on_every_file_system():
    students = ["é", "e\u0301", "É", "ß", "ss", "SS", "ﬁ", "fi", "İ", "i̇", "Å", "\u212b", "a" * 500, "a" * 501,
                "明" * 500, "明" * 501, "\u200bx", "x\u202e", "_x"]  # fmt: skip
    names = list(file_names(students).values())
    assert len({unicodedata.normalize("NFKD", name).casefold() for name in names}) == len(students)
    assert all(len(name.encode()) < 200 for name in names)


def test_copies_of_a_paper_have_their_own_questions_and_one_class(call: Call, tmp_path: Path) -> None:
    one = "input: 8x8x1, layers: [{conv: {name: c, filters: 2, kernel: 3}}]"
    (tmp_path / "exam.yaml").write_text(
        f"problems:\n  - {{id: A1, copy: A, {one}, answers: {{c.params: 20}}}}\n"
        f"  - {{id: B1, copy: B, {one}, answers: {{c.macs: 648}}}}\n"
        f"  - {{id: C, marks: 3, {one}, answers: {{c.output: 6x6x2}}}}\n"
    )
    (tmp_path / "sheet.csv").write_text(
        "student,problem,key,answer\nS1,A1,c.params,20\nS1,C,c.output,6x6x2\nS2,B1,c.macs,648\nS2,C,c.output,6x6x1\n"
    )
    code, out, _ = call(
        "check", tmp_path / "exam.yaml", "-a", tmp_path / "sheet.csv", "--gradebook", tmp_path / "b.csv", "-f", "json"
    )
    assert code == 0
    assert (tmp_path / "b.csv").read_text().splitlines() == [
        "student,A1 c.params,C c.output,B1 c.macs,total,out_of", "S1,1,3,,4,4", "S2,,0,1,1,4",
    ]  # fmt: skip
    assert json.loads(out)["class"]["distribution"] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
