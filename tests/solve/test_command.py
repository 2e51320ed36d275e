"""``cnncalc solve`` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.cli.app import run

WINDOW = ["solve", "padding", "--input", "28", "--kernel", "5", "--stride", "1", "--output", "28"]


def test_one_window_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WINDOW) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["padding", "  P = 2"]
    assert out[3:8] == [
        "  (28 − 5 + 2P)/1 + 1 = 28", "  28 − 5 + 2P = 27", "  2P = 27 − 23", "  2P = 4", "  P = 2",
    ]  # fmt: skip


def test_one_window_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WINDOW, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data) == ["unknown", "symbol", "solutions", "range", "asymmetric", "equation", "working"]
    assert data["unknown"] == "padding"
    assert data["symbol"] == "P"
    assert data["solutions"] == [2]
    assert data["range"] == [2, 2]
    assert data["asymmetric"] == []
    assert data["working"][0] == data["equation"] == "(28 − 5 + 2P)/1 + 1 = 28"


def test_no_solution_is_exit_1_with_json_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "padding", "--input", "28", "--kernel", "5", "--output", "10", "-f", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["range"] == [None, None]
    assert json.loads(out)["solutions"] == []
    assert "error: no padding gives an output of 10" in err
    assert "a kernel of 19 works, with padding 0" in err


def test_an_asymmetric_solution_alone_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "padding", "--input", "28", "--kernel", "4", "--output", "28", "-f", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["solutions"] == []
    assert data["range"] == [None, None]
    assert data["asymmetric"] == [[1, 2], [2, 1]]


def test_axes_that_differ_have_a_result_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "padding", "--input", "28x20", "--kernel", "5x3", "--output", "28x20", "-f", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(axis["axis"], axis["solutions"]) for axis in data["axes"]] == [("height", [2]), ("width", [1])]
    assert run(["solve", "padding", "--input", "28x28", "--kernel", "5", "--output", "28", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["solutions"] == [2]


def test_one_axis_without_a_solution(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "stride", "--input", "28", "--kernel", "5", "--output", "12x13"]) == 1
    assert "error: along the width: no stride gives an output of 13" in capsys.readouterr().err


@pytest.mark.parametrize(("format", "line"), [
    ("markdown", r"- $\frac{28 - 5 + 2P}{1} + 1 = 28$"), ("latex", r"\item $2P = 27 - 23$"),
])  # fmt: skip
def test_the_algebra_typeset(capsys: pytest.CaptureFixture[str], format: str, line: str) -> None:
    assert run([*WINDOW, "--format", format]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_ascii(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert run(["solve", "input", "--kernel", "7", "--stride", "2", "--output", "112"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert "222 <= W - 7 + 2*0 <= 223" in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("padding --input 28 --kernel 5 --stride 0 --output 28", 2, "--stride must be a whole number of 1 or more"),
        ("input --padding -1 --kernel 5 --output 28", 2, "--padding must be a whole number of 0 or more"),
        ("padding --input 0x0x0 --kernel 5 --output 28", 2, "--input must be a whole number of 1 or more"),
        ("padding --input 28x --kernel 5 --output 28", 2, "--input must be sizes such as"),
        ("padding --input 28x28 --kernel 5x5x5 --output 28", 2, "different numbers of axes"),
        (f"padding --input {'9' * 5000} --kernel 5 --output 28", 4, "5000 digits"),
        ("padding --input 28 --kernel 5 --padding 2 --output 28", 2, "it is given"),
        ("stride --input 28 --kernel 5 --stride 1 --output 28", 2, "it is given"),
        ("padding --input 28 --kernel 5", 2, "padding needs --output"),
        ("paddign --input 28 --kernel 5", 2, 'did you mean "padding"?'),
        ("kernel --input H --output 28", 2, "letters"),
        ("padding spec.yaml --input 28", 2, '"spec.yaml" is not expected here'),
        ("network", 2, "network needs a SPEC"),
        ("network nosuch.yaml", 2, "nosuch.yaml does not exist"),
        ("network nosuch.yaml --kernel 3", 2, "does not apply to a network"),
        ("padding --input 28 --kernel 5 --output 28 --format xml", 2, '--format "xml" is not known'),
        ("padding --input 28 --kernel 5 --output 28 --kind dense", 2, "not a kind with a window"),
    ],
)
def test_bad_arguments(capsys: pytest.CaptureFixture[str], arguments: str, code: int, says: str) -> None:
    assert run(["solve", *arguments.split()]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err


def test_a_network(capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path) -> None:
    spec = str(root / "specs" / "quiz-3-padding.yaml")
    assert run(["solve", "network", spec]) == 0
    assert "  2P = 27 − 23".replace("P", "p") in capsys.readouterr().out.splitlines()
    written = tmp_path / "answer.json"
    assert run(["solve", "network", spec, "--format", "json", "--output", str(written)]) == 0
    data = json.loads(written.read_text(encoding="utf-8"))
    assert data["unknowns"] == {"p": {"solutions": [2], "range": [2, 2]}}
    assert data["joint"] == [{"p": 2}]
    assert "28 − 5 + 2p = 27" in data["working"]


def test_a_network_without_an_answer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("input: 9x9x1\nlayers: [{conv: {filters: 1, kernel: 3, padding: p}}]\nexpect: {output: 10x10x1}\n")
    assert run(["solve", "network", str(spec), "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["unknowns"] == {"p": {"solutions": [], "range": [None, None]}}
    assert "p = 1 gives 9×9×1; p = 2 gives 11×11×1" in err
    assert f"{spec}:3:10" in err
