"""What a terminal shows: no digit is cut, ASCII where there is no more, colours only where they are wanted."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest

from cnncalc.cli import io

NUMBERS = ["64×64×32", "896", "3,538,944", "32×32×64", "18,496", "18,874,368", "163,850", "163,840", "10×10", "183,242",
           "22,577,152", "45,154,304"]  # fmt: skip


def width(line: str) -> int:
    """Columns that a line takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("columns", [20, 40, 60, 70, 80, 200])
def test_every_digit_is_there_at_every_width(terminal, worked_example, columns):
    result = terminal(columns, "summary", worked_example, env={"NO_COLOR": "1"})
    assert result.code == 0
    for number in NUMBERS:
        assert number in result.out
    for name in ("Conv1", "maxpool1", "conv2", "maxpool2", "dense1"):
        assert name in result.out
    assert "…" not in result.out


@pytest.mark.parametrize("columns", [50, 66, 70, 75, 80])
def test_a_table_that_has_room_stays_inside(terminal, worked_example, columns):
    names = "name,output,params,macs"
    out = terminal(columns, "summary", worked_example, "--columns", names, env={"NO_COLOR": "1"}).out
    assert "─" in out
    assert max(map(width, out.splitlines())) <= columns


def test_where_there_is_no_room_every_row_is_lines_of_its_own(terminal, worked_example):
    out = terminal(40, "summary", worked_example, env={"NO_COLOR": "1"}).out
    assert "Conv1\n  Kind conv\n  Output 64×64×32\n  Params 896\n  MACs 3,538,944\n  Receptive field 3×3\n" in out


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_an_empty_line_stands_before_the_notes_and_totals(terminal, worked_example, locale):
    for columns in (40, 100):
        out = terminal(columns, "summary", worked_example, env={"NO_COLOR": "1", "LC_ALL": locale}).out
        assert "\n\ndense1: flattened first: " in out
        assert "\nParameters: " in out
        assert "\n\n\n" not in out


@pytest.mark.parametrize("columns", [70, 71, 73])
def test_a_long_name_is_broken_between_its_blocks(terminal, spec, columns):
    conv = "conv: {name: an-expanding-conv, filters: 3, kernel: 1}"
    path = spec(f"input: 8x8x3\nlayers: [residual: {{body: [relu], shortcut: [{conv}]}}]")
    chosen = ["--columns", "name,output,params,macs,receptive_field,activations"]
    lines = terminal(columns, "summary", path, *chosen, env={"NO_COLOR": "1"}).out.splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("   shortcut/"))
    assert lines[row].split()[:2] == ["shortcut/", "8×8×3"]
    assert lines[row + 1] == "     an-expanding-conv"
    assert max(map(width, lines[row : row + 2])) <= columns


@pytest.mark.parametrize("columns", [20, 40, 60])
@pytest.mark.parametrize("arguments", [["kinds"], ["kinds", "conv"]])
def test_kinds_are_whole_words_at_every_width(terminal, columns, arguments):
    out = terminal(columns, *arguments, env={"NO_COLOR": "1"}).out
    for word in ("filters", "dilation", "activation"):
        assert word in out


def test_a_pipe_gets_the_natural_width(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    text = f"name: {'long ' * 40}\ninput: 64x64x3\nlayers: [{{conv: {{name: {'n' * 150}, filters: 1, kernel: 3}}}}]"
    out = cli("summary", "-", stdin=text).out
    row = next(line for line in out.splitlines() if "nnn" in line)
    assert ("n" * 150 in row, "62×62×1" in row) == (True, True)
    assert ("long " * 40).strip() in out.splitlines()[0]


def test_wide_characters_are_counted_as_two(terminal, spec):
    path = spec("input: 8x8x3\nlayers:\n  - conv: {name: 畳み込み層の名前, filters: 2, kernel: 3}\n  - relu\n")
    lines = terminal(70, "summary", path, env={"NO_COLOR": "1"}).out.splitlines()
    rows = [line for line in lines if "6×6×2" in line]
    assert len(rows) == 2
    assert len({width(line[: line.index("6×6×2")]) for line in rows}) == 1


def test_colours_on_a_terminal_unless_they_are_not_wanted(terminal, cli, worked_example):
    assert "\x1b[" in terminal(100, "summary", worked_example).out
    plain = cli("summary", worked_example).out
    assert "\x1b" not in plain
    assert terminal(100, "summary", worked_example, env={"NO_COLOR": "1"}).out == plain
    assert terminal(100, "--no-color", "summary", worked_example).out == plain
    assert terminal(100, "summary", worked_example, "--output", "-").out == plain


@pytest.mark.parametrize("term", ["dumb", "unknown"])
@pytest.mark.parametrize("arguments", [["summary", "specs/worked-example.yaml"], ["kinds"], ["calc", "8x8x1", "rel"]])
def test_a_terminal_that_obeys_no_escapes_gets_none(terminal, root, monkeypatch, term, arguments):
    monkeypatch.chdir(root)
    assert "\x1b" not in terminal(100, *arguments, env={"TERM": term}).out


def test_a_terminal_that_obeys_no_escapes_keeps_its_width(terminal, worked_example):
    for columns in (40, 64, 100):
        plain = terminal(columns, "summary", worked_example, env={"NO_COLOR": "1"}).out
        assert terminal(columns, "summary", worked_example, env={"TERM": "dumb"}).out == plain


@pytest.mark.parametrize(("term", "shown"), [("xterm", True), ("dumb", False)])
def test_progress_is_shown_where_a_line_can_be_wiped(monkeypatch, term, shown):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert (io.progress() is not None) == shown


def test_arrays_are_not_written_to_a_terminal(terminal, root):
    for option in ("--output", "--save-weights"):
        result = terminal(80, "run", root / "specs" / "lenet5.yaml", option, "-")
        assert (result.code, "which a terminal cannot show" in result.out) == (2, True)


def test_a_file_gets_no_colours_from_a_terminal(terminal, worked_example, tmp_path):
    for arguments in (["summary", worked_example], ["kinds"], ["kinds", "conv"]):
        terminal(40, *arguments, "--output", tmp_path / "out")
        text = (tmp_path / "out").read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert max(map(width, text.splitlines())) > 60


ASCII_COMMANDS = (
    ["summary", "specs/worked-example.yaml"],
    ["summary", "specs/worked-example.yaml", "--format", "csv"],
    ["summary", "specs/worked-example.yaml", "--format", "markdown"],
    ["summary", "specs/worked-example.yaml", "--format", "latex"],
    ["summary", "specs/worked-example.yaml", "--format", "json"],
    ["calc", "HxWx3", "conv:10,k=3,s=2", "--format", "json"],
    ["explain", "specs/worked-example.yaml"],
    ["explain", "specs/worked-example.yaml", "--format", "markdown"],
    ["explain", "specs/worked-example.yaml", "--format", "latex"],
    ["kinds"],
    ["kinds", "lstm"],
    ["kinds", "--format", "json"],
    ["schema"],
    ["calc", "5x5x1", "conv:1,k=7"],
    ["--help"],
)


@pytest.mark.parametrize("arguments", ASCII_COMMANDS, ids=" ".join)
def test_an_ascii_locale_gets_ascii(cli, root, monkeypatch, arguments):
    monkeypatch.chdir(root)
    monkeypatch.setenv("LC_ALL", "C")
    result = cli(*arguments)
    assert (result.out + result.err).isascii()
    if "json" in arguments:
        ascii_data = json.loads(result.out)
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        assert ascii_data == json.loads(cli(*arguments).out)


def test_ascii_signs_are_the_ones_that_one_types(cli, monkeypatch, worked_example):
    monkeypatch.setenv("LC_ALL", "C")
    out = cli("explain", worked_example).out
    assert "H_out = floor((H - F + 2P)/S) + 1 = floor((64 - 3 + 2*1)/1) + 1 = 64" in out
    assert "(3*3*3 + 1)*32 = 896" in out
    assert "64x64x32" in cli("summary", worked_example).out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_stream_that_takes_less_than_utf_8_gets_ascii(process, worked_example, encoding):
    for arguments in (["summary", worked_example], ["explain", worked_example], ["calc", "5x5x1", "conv:1,k=7"]):
        done = process(*arguments, env={"PYTHONIOENCODING": encoding})
        assert (done.stdout + done.stderr).isascii()
        assert re.search(r"\d", done.stdout + done.stderr)


def test_the_working_of_the_worked_example_fits_80_columns(cli, terminal, worked_example):
    plain = cli("explain", worked_example).out
    assert max(map(width, plain.splitlines())) <= 80
    assert terminal(80, "explain", worked_example).out == plain
    assert all(line.endswith(";") for line in plain.partition("Letters")[2].splitlines()[:-1])


@pytest.mark.parametrize("columns", [50, 60, 80])
@pytest.mark.parametrize("name", ["worked-example", "resnet-18", "lstm-classifier"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_equations_are_broken_between_their_sides(terminal, cli, root, columns, name, locale, monkeypatch):
    monkeypatch.setenv("LC_ALL", locale)
    path = root / "specs" / f"{name}.yaml"
    out = terminal(columns, "explain", path).out
    assert out.split() == cli("explain", path).out.split()  # every word is there, whole and in its place
    long = [line for line in out.splitlines() if width(line) > columns]
    assert not [line for line in long if " = " in line.strip(" =")]
    assert len(long) <= len(out.splitlines()) / 50
