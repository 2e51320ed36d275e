"""Answer sheets: their forms, the class table, feedback, and sheets that are bad or hostile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from xml.dom import minidom

import pytest

from cnncalc.render.file_names import file_names

Call = Callable[..., tuple[int, str, str]]

EXAM = (Path(__file__).parent / "exam.yaml").read_text(encoding="utf-8")
FIELDS = (Path(__file__).parent / "fields.yaml").read_text(encoding="utf-8")


@pytest.fixture
def sheet(tmp_path: Path, call: Call) -> Callable[..., tuple[int, str, str]]:
    """Marks a sheet given as text."""

    def called(text: str | bytes, *options: object) -> tuple[int, str, str]:
        (tmp_path / "exam.yaml").write_text(EXAM + FIELDS.partition("problems:\n")[2], encoding="utf-8")
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        (tmp_path / "sheet.csv").write_bytes(data)
        return call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", *options)

    return called


HEAD = "student,problem,key,answer\n"


@pytest.mark.parametrize(
    ("text", "told", "place"),
    [
        ("", 'the column "student" is not in the heading', "sheet.csv:1:1"),
        ("a,b,c\n", 'the column "student" is not in the heading', "sheet.csv:1:1"),
        ("student,problem,key,anser\n", 'did you mean "anser"?', "sheet.csv:1:1"),
        ("student,student,problem,key,answer\n", "twice in the heading", "sheet.csv:1:1"),
        (HEAD + "S1,Q,c1.params\n", "3 cells, but the heading has 4", "sheet.csv:2:1"),
        (HEAD + ",Q,c1.params,896\n", "the student is missing", "sheet.csv:2:1"),
        (HEAD + "S1,,c1.params,896\n", "the problem is missing", "sheet.csv:2:1"),
        (HEAD + "S1,Q,c1.params,896\nS2,Q,c1.params,896\nS1,Q,c1.params,864\n", "Q c1.params twice", "sheet.csv:4:1"),
        (HEAD.replace("\n", ",layout\n") + "S1,Q,c1.output,1x1x1,up\n", '"up" is not a layout', "sheet.csv:2:1"),
        (HEAD + 'S1,Q,c1.params,896\nS2,Q,c1.params,"896\nS3,Q,c1.params,896\n', "is not valid CSV", "sheet.csv:3:1"),
        (HEAD + 'S1,Q,c1.params,"89"6\nS2,Q,c1.params,896\n', "is not valid CSV", "sheet.csv:2:1"),
        (HEAD.encode() + b"S\x81,Q,c1.params,896\n", "is neither UTF-8 nor Windows-1252", "sheet.csv:2:2"),
    ],
)  # fmt: skip
def test_an_invalid_sheet_is_exit_3_with_the_place(
    sheet: Callable[..., tuple[int, str, str]], text: str | bytes, told: str, place: str
) -> None:
    code, out, err = sheet(text)
    assert (code, out) == (3, "")
    assert told in err
    assert place in err


def test_the_same_answer_twice_shows_both_rows(sheet: Callable[..., tuple[int, str, str]]) -> None:
    _, _, err = sheet(HEAD + "S1,Q,c1.params,896\nS1,Q,c1.params,864\n")
    assert "sheet.csv:3:1" in err
    assert "sheet.csv:2:1" in err


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + HEAD + "S1,Q,c1.output,64x64x32\n", HEAD.replace("\n", "\r\n") + "S1,Q,c1.output,64x64x32\r\n",
     HEAD.replace(",", ";") + "S1;Q;c1.output;64x64x32", HEAD.replace(",", "\t") + "S1\tQ\tc1.output\t64x64x32",
     HEAD + "\nS1,Q,c1.output,(64, 64, 32)\n\n", "Key,Answer,Problem,Student\nc1.output,64x64x32,Q,S1\n",
     "student,problem,key,layout,answer\nS1,Q,c1.output,channels_first,32x64x64\n",
     HEAD + 'S1,Q,c1.output,"64\n×64×32"'],
)  # fmt: skip
def test_forms_of_a_sheet(sheet: Callable[..., tuple[int, str, str]], text: str) -> None:
    code, out, err = sheet(text, "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["students"][0]["answers"][0]["ok"]


def test_rows_that_answer_nothing_are_told(sheet: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = sheet(HEAD + "S1,Q,c1.params,896\nS1,Z,c1.params,896\nS1,Q,c1.parms,896\n", "--format", "json")
    assert code == 0
    assert json.loads(out)["students"][0]["marks"] == 1
    assert 'no problem is called "Z"' in err
    assert 'did you mean "c1.params"?' in err


HOSTILE = [
    '=HYPERLINK("http://x")', "<script>alert(1)</script>", "+1", "-1", "@SUM(A1)", "a|b`c*_[x](y)", "../../etc/passwd",
    "\x1b]52;c;x\x07", "S\u202e1", "]]>&amp;", "NUL", "nul", "\\input{x}", "$x$", "x" * 500, "é", "e\u0301",
]  # fmt: skip


def hostile_sheet() -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["student", "problem", "key", "answer"])
    for text in HOSTILE:
        writer.writerow([text, "Q", "c1.params", text])
    return stream.getvalue()


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown", "junit"])
def test_hostile_ids_and_answers_are_harmless(sheet: Callable[..., tuple[int, str, str]], format: str) -> None:
    code, out, err = sheet(hostile_sheet(), "--format", format)
    assert (code, err) == (0, "")
    assert not any(ord(c) < 32 and c != "\n" for c in out)
    assert "\u202e" not in out or format == "json"
    if format == "json":
        assert [row["student"] for row in json.loads(out)["students"]] == HOSTILE
    if format == "csv":
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(out)) for cell in row)
    if format == "junit":
        minidom.parseString(out.encode())
    if format == "markdown":
        assert "<script" not in out


def test_feedback_is_one_file_for_each_student(sheet: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "feedback"
    code, _, _ = sheet(hostile_sheet() + "S1,Q,c1.params,864\nS1,Q,p1.output,32x32x32\n", "--feedback", folder)
    assert code == 0
    names = [path.name for path in folder.iterdir()]
    assert len(names) == len(HOSTILE) + 1 == len({name.lower() for name in names})
    assert all(name.removesuffix(".md").replace("-", "").replace("_", "").isalnum() or name[0] == "_" for name in names)
    assert not any("<" in path.read_text() or "\x1b" in path.read_text() for path in folder.iterdir())
    told = (folder / "S1.md").read_text()
    assert "- c1.params: 864: not right (0 of 1)" in told
    assert "  - You gave 864, which is F·F·C·K = 3·3·3·32: the 32 biases are missing." in told
    assert told.count("Letters: ") == 1
    assert "; F kernel" in told
    assert "- p1.output: 32x32x32: right (1 of 1)" in told
    assert "- d.params: no answer (0 of 1)" in told


def test_feedback_that_cannot_be_written(sheet: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert sheet(HEAD + "S1,Q,c1.params,864\n", "--feedback", tmp_path / "taken")[0] == 5


def test_feedback_has_names_of_its_own_for_any_students():
    names = file_names(["a", "A", "a-2", "é", "è", "_", "-", "a-2-2", "é" * 100, "é" * 101])
    assert len({name.lower() for name in names.values()}) == len(names) == 10
    assert names["a"] == "a.md"


def test_the_class_table(sheet: Callable[..., tuple[int, str, str]]) -> None:
    rows = [f"S{n},Q,c1.params,{answer}" for n, answer in enumerate(["896", "864", "864", "28", "7"])]
    _, out, _ = sheet(HEAD + "\n".join(rows), "--format", "json")
    table = {row["key"]: row for row in json.loads(out)["questions"]}
    assert table["c1.params"] == {
        "problem": "Q", "key": "c1.params", "right": 1, "follow_through": 0, "wrong": 4, "unread": 0, "missing": 0,
        "share_right": 0.2, "mean": 0.2, "slips": "2× without its 32 biases; 1× for one filter only",
    }  # fmt: skip
    assert table["d.params"]["missing"] == 5


def test_a_broken_problem_is_told_and_the_rest_is_marked(call: Call, tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(
        EXAM + "  - {id: B, input: 4x4x1, layers: [{conv: {filters: 1, kernel: 9}}], answers: {total.params: 1}}\n"
    )
    (tmp_path / "sheet.csv").write_text(HEAD + "S1,Q,c1.params,896\n")
    code, out, err = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--format", "json")
    assert code == 1
    assert "a 9×9 window does not fit" in err
    assert json.loads(out)["students"][0]["marks"] == 1


def test_a_key_that_is_not_right_is_told_and_marked_by_what_comes_out(call: Call, tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM.replace("c1.params: 896", "c1.params: 864"))
    (tmp_path / "sheet.csv").write_text(HEAD + "S1,Q,c1.params,896\n")
    code, out, err = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--format", "json")
    assert code == 0
    assert "Q c1.params: this is wrong" in err
    assert json.loads(out)["students"][0]["marks"] == 1


def test_one_id_for_two_problems(call: Call, tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(EXAM)
    (tmp_path / "sheet.csv").write_text(HEAD + "S1,Q,c1.params,896\n")
    code, _, err = call("check", tmp_path, "--answers", tmp_path / "sheet.csv")
    assert code == 3
    assert "a.yaml:3:" in err
    assert "b.yaml:3:" in err


def test_the_quiz_and_its_answers(root: Path, call: Call) -> None:
    """The sheet shows the slips that the quiz has room for; each student but three makes one that is named."""
    arguments = ("check", root / "specs" / "quiz.yaml", "--answers", root / "specs" / "quiz-answers.csv")
    code, out, err = call(*arguments, "--format", "json")
    assert (code, err) == (0, "")
    students = {row["student"]: row for row in json.loads(out)["students"]}
    assert students["S01"]["marks"] == students["S02"]["marks"] == students["S01"]["out_of"] == 18
    slips = {a["slip"].split(":")[0] for row in students.values() for a in row["answers"] if a["slip"]}
    assert len(slips) >= 20
    unexplained = [
        (name, a["key"]) for name, row in students.items() for a in row["answers"]
        if not a["ok"] and not a["slip"] and not a["follow_through"] and a["answer"]
    ]  # fmt: skip
    assert {name for name, _ in unexplained} == {"S16", "S23", "S24", "S25"}
    assert sum(a["follow_through"] for row in students.values() for a in row["answers"]) >= 4


def test_too_many_rows_are_refused(sheet: Callable[..., tuple[int, str, str]]) -> None:
    rows = "".join(f"S{n},Q,c1.params,896\n" for n in range(2000))
    assert sheet(HEAD + rows, "--limit", "values=1000")[0] == 4
    assert sheet(HEAD + rows, "--format", "csv")[0] == 0
