"""``cnncalc paper --shuffle`` and ``--copies``: other orders and numbers, marked in one run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from cnncalc.check.papers.copies import copies, shuffled
from cnncalc.check.papers.paper import Paper, of_files
from cnncalc.limits import Limits
from cnncalc.render.papers import prose

Call = Callable[..., tuple[int, str, str]]


def test_a_shuffle_is_the_same_by_the_same_seed_and_only_a_shuffle(paper: Paper) -> None:
    first, other = shuffled(paper, 1), shuffled(paper, 2)
    assert first == shuffled(paper, 1)
    assert [item.id for item in first.items] != [item.id for item in other.items]
    assert sorted(item.id for item in first.items) == sorted(item.id for item in paper.items)
    before = {item.id: item.parts for item in paper.items}
    for item in first.items:
        for part, same in zip(item.parts, before[item.id], strict=True):
            assert sorted(map(str, part.options)) == sorted(map(str, same.options))


def test_copies_are_marked_in_one_run(exam: Path, tmp_path: Path, call: Call) -> None:
    """Each student on the own copy, by its letters; a problem that was drawn has other numbers in each."""
    drawn = tmp_path / "drawn.yaml"
    assert call("generate", "--topic", "window,parameters", "-n", 2, "--choices", 4, "-o", drawn)[0] == 0
    key = tmp_path / "key.yaml"
    assert call("paper", exam, "-o", tmp_path / "one.md")[0] == 0
    text = drawn.read_text(encoding="utf-8").replace("id: Q", "id: D")
    drawn.write_text(text, encoding="utf-8")
    code, _, err = call("paper", exam, drawn, "--copies", 5, "--shuffle", 3, "--key", "--format", "yaml", "-o", key)
    assert (code, err) == (0, "")
    whole, _ = of_files([str(exam), str(drawn)], Limits())
    found = copies(whole, 5, 3)
    assert len({tuple(item.origin for item in one.items) for one in found}) > 1
    assert len({item.text for one in found for item in one.items if item.origin == "D1"}) == 5
    rows = ["student;problem;key;answer"]
    for number, one in enumerate(found):
        for item in one.items:
            for part in item.parts:
                letter = next((chr(97 + place) for place, option in enumerate(part.options) if option.right), None)
                answer = letter or prose.answer(part, separators=False)
                rows.append(f"S{number};{item.id};{part.key};{answer}")
    rows = [row for row in rows if "total.macs" not in row and not row.startswith("S4;5-Q1")]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("\n".join(rows), encoding="utf-8")
    book = tmp_path / "book.csv"
    code, out, err = call("check", key, "--answers", sheet, "--format", "json", "--gradebook", book)
    assert (code, err) == (0, "")
    rows_of_book = list(csv.DictReader(io.StringIO(book.read_text(encoding="utf-8"))))
    assert len(rows_of_book) == 5
    for row in rows_of_book:
        marks = [float(cell) for name, cell in row.items() if name not in ("student", "total", "out_of") and cell]
        assert (sum(marks), row["out_of"]) == (float(row["total"]), "13")
        assert row["Q1 c1.params"] == ("0" if row["student"] == "S4" else "2")
    assert "of 13" in call("check", key, "--answers", sheet)[1]
    students = json.loads(out)["students"]
    assert len(students) == 5
    for student in students:
        assert student["out_of"] == float(sum((item.marks for item in found[0].items), Fraction(0)))
        wrong = [row for row in student["answers"] if not row["ok"]]
        assert all(row["key"] == "total.macs" or row["problem"] == "5-Q1" for row in wrong), wrong


def test_a_copied_problem_file_says_the_same(exam: Path, tmp_path: Path, call: Call, root: Path) -> None:
    """Networks that problems name are written into it."""
    key = tmp_path / "deeper" / "key.yaml"
    key.parent.mkdir()
    assert call("paper", root / "specs" / "quiz.yaml", "--format", "yaml", "--key", "-o", key)[0] == 0
    before = json.loads(call("check", root / "specs" / "quiz.yaml", "--format", "json")[1])["problems"]
    after = json.loads(call("check", key, "--format", "json")[1])["problems"]
    drop = ("file", "message")
    assert [{k: v for k, v in row.items() if k not in drop} for row in before] == [
        {k: v for k, v in row.items() if k not in drop} for row in after
    ]
