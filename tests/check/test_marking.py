"""Answer sheets: marks, follow-through, the class table, feedback, and sheets that are bad or hostile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

Mark = Callable[..., list[dict[str, Any]]]
Call = Callable[..., tuple[int, str, str]]

EXAM = """
problems:
  - id: Q
    input: 64x64x3
    layers:
      - conv: {name: c1, filters: 32, kernel: 3, padding: 1}
      - maxpool: {name: p1, size: 2}
      - conv: {name: c2, filters: 64, kernel: 3, padding: 1}
      - dense: {name: d, units: 10}
    answers:
      c1.output: 64x64x32
      c1.params: 896
      p1.output: 32x32x32
      c2.output: 32x32x64
      c2.macs: 18874368
      c2.flops: 37748736
      d.params: 655370
      total.params: 674762
      total.weight_bytes: 2699048
"""
STRICT = EXAM.replace("id: Q", "id: Q\n    follow_through: false")
FIELDS = """
problems:
  - id: R
    input: 64x64x3
    layers:
      - conv: {name: a, filters: 4, kernel: 3}
      - maxpool: {name: b, size: 2}
      - conv: {name: c, filters: 4, kernel: 3}
    answers:
      a.receptive_field: 3
      b.receptive_field: 4
      b.effective_stride: 2
      c.receptive_field: 8
      a.weight_params: 108
      a.bias_params: 4
      a.params: 112
"""
LETTER = """
problems:
  - id: P
    input: 28x28x1
    layers: [{conv: {name: c, filters: 2, kernel: 5, padding: p}}]
    given: {c.output: 28x28}
    answers: {p: 2, c.macs: 39200}
"""


def by_key(answers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {answer["key"]: answer for answer in answers}


def followed(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["key"] for answer in answers if answer["follow_through"]]


def test_all_right_in_the_forms_that_people_write(mark: Mark) -> None:
    answers = mark(
        EXAM, ("Q", "c1.output", "64×64×32"), ("Q", "c1.params", "8.96e2"), ("Q", "p1.output", "(32, 32, 32)"),
        ("Q", "c2.output", "[32 32 64]"), ("Q", "c2.macs", "18,874,368"), ("Q", "c2.flops", "37'748'736"),
        ("Q", "d.params", "655370"), ("Q", "total.params", " 674762 "), ("Q", "total.weight_bytes", "2699048"),
    )  # fmt: skip
    assert all(answer["ok"] and answer["marks"] == 1 and answer["slip"] is None for answer in answers)


def test_later_answers_follow_from_an_own_earlier_one(mark: Mark) -> None:
    """62 for 64: the pool then gives 31, the layers after it 31 too; the dense layer reads 31·31·64 numbers."""
    own = [
        ("Q", "c1.output", "62x62x32"), ("Q", "c1.params", "896"), ("Q", "p1.output", "31x31x32"),
        ("Q", "c2.output", "31x31x64"), ("Q", "c2.macs", str(31 * 31 * 9 * 32 * 64)),
        ("Q", "c2.flops", str(2 * 31 * 31 * 9 * 32 * 64)), ("Q", "d.params", str(31 * 31 * 640 + 10)),
        ("Q", "total.params", str(896 + 18496 + 31 * 31 * 640 + 10)),
        ("Q", "total.weight_bytes", str(4 * (896 + 18496 + 31 * 31 * 640 + 10))),
    ]  # fmt: skip
    answers = mark(EXAM, *own)
    assert followed(answers) == [
        "p1.output", "c2.output", "c2.macs", "c2.flops", "d.params", "total.params", "total.weight_bytes"
    ]  # fmt: skip
    assert [answer["marks"] for answer in answers] == [0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert [answer["ok"] for answer in answers] == [False, True] + [False] * 7
    assert "without the padding" in answers[0]["slip"]
    assert [answer["marks"] for answer in mark(STRICT, *own)] == [0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_own_parameters_go_into_the_sum(mark: Mark) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.params", "864"), ("Q", "total.params", "674730")))
    assert (answers["total.params"]["ok"], answers["total.params"]["follow_through"]) == (False, True)
    assert answers["c1.params"]["slip"] == "896 without its 32 biases: params = F·F·C·K = 3·3·3·32 = 864"
    without = by_key(mark(EXAM, ("Q", "c1.params", "896"), ("Q", "total.params", "674730")))
    assert (without["total.params"]["marks"], without["total.params"]["follow_through"]) == (0, False)


def test_no_marks_follow_from_what_is_not_wrong_or_does_not_follow(mark: Mark) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.output", "62x62x32"), ("Q", "p1.output", "30x30x32"), ("Q", "d.params", "7")))
    assert followed(list(answers.values())) == []


def test_receptive_fields_and_parts_of_parameters_follow(mark: Mark) -> None:
    answers = mark(
        FIELDS, ("R", "a.receptive_field", "4x4"), ("R", "b.receptive_field", "5"), ("R", "b.effective_stride", "3"),
        ("R", "c.receptive_field", "11"), ("R", "a.weight_params", "36"), ("R", "a.bias_params", "4"),
        ("R", "a.params", "40"),
    )  # fmt: skip
    assert followed(answers) == ["b.receptive_field", "c.receptive_field", "a.params"]  # 5 + 2·3 = 11


def test_right_answers_are_own_ones_too(mark: Mark) -> None:
    """Parameters that were answered rightly go into the sum as they are, whatever sizes were answered before."""
    answers = mark(
        EXAM, ("Q", "c2.output", "30x30x64"), ("Q", "c1.params", "864"), ("Q", "d.params", "655370"),
        ("Q", "total.params", "674730"),
    )  # fmt: skip
    assert followed(answers) == ["total.params"]


def test_own_parameters_do_not_change_the_products_but_own_weights_do(mark: Mark) -> None:
    network = "problems:\n  - {id: Q, input: 16x16x4, layers: [conv: {filters: 4, kernel: 3}, dense: 3], answers: {"
    params = network + "conv1.output: 14x14x4, dense1.params: 2355, dense1.macs: 2352}}"
    answers = mark(
        params, ("Q", "conv1.output", "15x15x4"), ("Q", "dense1.params", "2703"), ("Q", "dense1.macs", "2700")
    )
    assert followed(answers) == ["dense1.params", "dense1.macs"]
    weights = network + "conv1.weight_params: 144, conv1.macs: 28224}}"
    assert followed(mark(weights, ("Q", "conv1.weight_params", "36"), ("Q", "conv1.macs", "7056"))) == ["conv1.macs"]


@pytest.mark.parametrize(
    ("input", "layer"),
    [("9x9x2", "separable_conv: {name: a, filters: 2, kernel: 3}"), ("5x4", "attention: {name: a, heads: 2}"),
     ("5x4", "lstm: {name: a, units: 3, return_sequences: true}"), ("9x9x2", "conv: {name: a, filters: 2, kernel: 3}"),
     ("9x9x2", "relu: {name: a}"),
     ("9x9x2", "conv: {filters: 2, kernel: 3, padding: p}}, {maxpool: {name: a, size: 2}")],
)  # fmt: skip
@pytest.mark.parametrize("junk", ["7", "0", "-3", "5x5", "2.5", "H", "many", "NxN"])
def test_no_earlier_answer_breaks_what_follows(mark: Mark, input: str, layer: str, junk: str) -> None:
    keys = ("weight_params", "bias_params", "params", "macs", "flops", "output", "effective_stride", "receptive_field",
            "effective_padding")  # fmt: skip
    asked = [*(f"a.{key}" for key in keys), "total.params"]
    network = f"input: {input}, layers: [{{{layer}}}, dense: 1]"
    text = f"problems:\n  - {{id: Q, {network}, answers: {{{': 1, '.join(asked)}: 1}}}}"
    answers = mark(text, *(("Q", key, junk) for key in asked[:-1]), ("Q", "total.params", "11111"))
    assert (len(answers), answers[-1]["ok"]) == (len(asked), False)


def test_a_number_follows_from_an_own_letter(mark: Mark) -> None:
    answers = mark(LETTER, ("P", "p", "4"), ("P", "c.macs", str(32 * 32 * 25 * 2)))
    assert answers[0]["slip"] == "2 with the padding on one side only, P for 2P"
    assert followed(answers) == ["c.macs"]
    assert [a["ok"] for a in mark(LETTER, ("P", "p", "2"), ("P", "c.macs", "39200"))] == [True, True]


@pytest.mark.parametrize(
    "answer", ["", "NaN", "9" * 1_000_000, "not a shape", "=1+1", "-1", "1e99", "\x1b[31m", "\ufffd"]
)
def test_what_cannot_be_read_is_wrong_and_the_rest_is_marked(mark: Mark, answer: str) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.output", answer), ("Q", "c1.params", answer), ("Q", "p1.output", "32x32x32")))
    assert [answers[key]["ok"] for key in ("c1.output", "c1.params", "p1.output")] == [False, False, True]
    assert answers["d.params"] == {
        "problem": "Q", "key": "d.params", "answer": None, "expected": 655370, "ok": False, "marks": 0, "slip": None,
        "follow_through": False,
    }  # fmt: skip
    assert len(answers["c1.params"]["answer"] or "") < 300


def test_marks(mark: Mark) -> None:
    answers = mark(EXAM.replace("id: Q", "id: Q\n    marks: 6"), ("Q", "c1.params", "896"))
    assert [answer["marks"] for answer in answers if answer["ok"]] == [0.6667]
    each = mark(
        EXAM.replace("id: Q", "id: Q\n    marks: {c1.params: 2.5}"),
        ("Q", "c1.params", "896"),
        ("Q", "c1.output", "64x64x32"),
    )
    assert [answer["marks"] for answer in each if answer["ok"]] == [1, 2.5]


@pytest.fixture
def sheet(tmp_path: Path, call: Call) -> Callable[..., tuple[int, str, str]]:
    """Marks a sheet given as text."""

    def called(text: str | bytes, *options: object) -> tuple[int, str, str]:
        (tmp_path / "exam.yaml").write_text(EXAM + FIELDS.removeprefix("\nproblems:\n"), encoding="utf-8")
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
        (HEAD + "S1,Q,c1.params\n", "3 cells, where the heading has 4", "sheet.csv:2:1"),
        (HEAD + ",Q,c1.params,896\n", "the student is missing", "sheet.csv:2:1"),
        (HEAD + "S1,,c1.params,896\n", "the problem is missing", "sheet.csv:2:1"),
        (HEAD + "S1,Q,c1.params,896\nS2,Q,c1.params,896\nS1,Q,c1.params,864\n", "Q c1.params twice", "sheet.csv:4:1"),
        (HEAD.replace("\n", ",layout\n") + "S1,Q,c1.output,1x1x1,up\n", '"up" is no layout', "sheet.csv:2:1"),
        (HEAD + 'S1,Q,c1.params,896\nS2,Q,c1.params,"896\nS3,Q,c1.params,896\n', "is no CSV", "sheet.csv:3:1"),
        (HEAD + 'S1,Q,c1.params,"89"6\nS2,Q,c1.params,896\n', "is no CSV", "sheet.csv:2:1"),
        (HEAD.encode() + b"S\xff,Q,c1.params,896\n", "is not UTF-8", "sheet.csv:2:2"),
        (HEAD.encode("utf-16"), "UTF-16", "sheet.csv:1:1"),
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
    assert "  - It looks like 896 without its 32 biases: params = F·F·C·K = 3·3·3·32 = 864" in told
    assert "- p1.output: 32x32x32: right (1 of 1)" in told
    assert "- d.params: no answer (0 of 1)" in told


def test_feedback_that_cannot_be_written(sheet: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert sheet(HEAD + "S1,Q,c1.params,864\n", "--feedback", tmp_path / "taken")[0] == 5


def test_the_class_table(sheet: Callable[..., tuple[int, str, str]]) -> None:
    rows = [f"S{n},Q,c1.params,{answer}" for n, answer in enumerate(["896", "864", "864", "28", "7"])]
    _, out, _ = sheet(HEAD + "\n".join(rows), "--format", "json")
    table = {row["key"]: row for row in json.loads(out)["questions"]}
    assert table["c1.params"] == {
        "problem": "Q", "key": "c1.params", "right": 1, "follow_through": 0, "wrong": 4, "missing": 0,
        "slips": "2× without its 32 biases; 1× for one filter only",
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
    assert "Q c1.params: this is not right" in err
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


def test_shared_weights_follow_too(mark: Mark) -> None:
    exam = """
problems:
  - id: S
    input: 8x8x4
    layers: [{conv: {name: a, filters: 4, kernel: 3, padding: 1}}, {use: {layer: a}}]
    answers: {a.params: 148, total.params: 148}
"""
    answers = mark(exam, ("S", "a.params", "144"), ("S", "total.params", "144"))
    assert [answer["marks"] for answer in answers] == [0, 1]


def test_too_many_rows_are_refused(sheet: Callable[..., tuple[int, str, str]]) -> None:
    rows = "".join(f"S{n},Q,c1.params,896\n" for n in range(2000))
    assert sheet(HEAD + rows, "--limit", "values=1000")[0] == 4
    assert sheet(HEAD + rows, "--format", "csv")[0] == 0
