"""Files that are written: never over what was read or over each other, all together, and nothing left half done."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnncalc.cli.files import Files
from cnncalc.errors import OutputError

NETWORK = "input: 4x4x1\nlayers: [{conv: {name: c, filters: 1, kernel: 1}}]\n"
PROBLEMS = "problems: [{id: Q1, network: net.yaml, answers: {c.params: 2}}]\n"
CODED = "input: 2\nencoder: [{dense: {name: a, units: 1}}]\ndecoder: [{dense: {name: b, units: 2}}]\nobjective: {}\n"
SOLVE = NETWORK.replace("filters: 1", "filters: f") + "expect: {params: 4}\n"
SHEET = "student,problem,key,answer\nS1,Q1,c.params,2\n"

#: Commands, each with the option that names what it writes.
WRITERS = (
    "summary net.yaml --output",
    "explain net.yaml --output",
    "solve network solve.yaml --output",
    "reconcile net.yaml --value 2 --output",
    "check exam.yaml --output",
    "check exam.yaml copy.yaml --jobs 2 --output",
    "check exam.yaml --answers sheet.csv --output",
    "run net.yaml --input input=x=1.npy --weights w.npz --output",
    "run net.yaml --input ./x=1.npy --save-weights",
    "train coded.yaml --data data.npy --epochs 1 --weights b.npz --output",
    "train coded.yaml --data data.npy --epochs 1 --weights b.npz --save-weights",
    "export net.yaml --to dot --output",
    "export net.yaml --to onnx --weights w.npz --output",
    "export net.yaml --to pytorch --weights w.npz --output",
    "export net.yaml --to keras --weights w.npz --output",
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in (("net", NETWORK), ("exam", PROBLEMS), ("copy", PROBLEMS), ("coded", CODED), ("solve", SOLVE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "sheet.csv").write_text(SHEET)
    np.save(tmp_path / "x=1.npy", np.ones((4, 4, 1), np.float32))
    np.save(tmp_path / "data.npy", np.ones((3, 2), np.float32))
    np.savez(tmp_path / "w.npz", **{"c/kernel": np.ones((1, 1, 1, 1), "f4"), "c/bias": np.ones(1, "f4")})
    arrays = {"encoder/a/kernel": (2, 1), "encoder/a/bias": (1,), "decoder/b/kernel": (1, 2), "decoder/b/bias": (2,)}
    np.savez(tmp_path / "b.npz", **{name: np.ones(shape, "f4") for name, shape in arrays.items()})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def reads(command):
    """The files that a command reads: those it names, and the network that a problem names."""
    names = [word.rpartition("input=")[2] for word in command.split() if "." in word]
    return [*names, *(["net.yaml"] if "exam.yaml" in names else [])]


@pytest.mark.parametrize(
    ("command", "name", "way"),
    [
        *((command, name, "itself") for command in WRITERS for name in reads(command)),
        *((WRITERS[4], "net.yaml", way) for way in ("dots", "symlink", "hardlink")),
    ],
)
def test_nothing_that_was_read_is_written(cli, folder, command, name, way):
    path = {"itself": name, "dots": f"../{folder.name}/./{name}"}.get(way, "other")
    if way == "symlink":
        (folder / "other").symlink_to(name)
    elif way == "hardlink":
        os.link(folder / name, folder / "other")
    before = contents(folder)
    result = cli(*command.split(), path)
    assert (result.code, "is an input" in result.err) == (5, True)
    assert contents(folder) == before


@pytest.mark.parametrize("command", WRITERS)
def test_what_was_not_read_is_written(cli, folder, command):
    (folder / "other").write_text("old")
    assert cli(*command.split(), "other").code in (0, 1)
    assert contents(folder)["other"] != b"old"
    assert not list(folder.glob(".*"))


def test_files_are_opened_where_what_is_read_is_noted():
    """A reader that opened files by itself could be given one that is then written over."""
    house = Path(__file__).parents[2] / "cnncalc"
    found = set()
    for path in house.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("open", "os.open", "io.open", "np.load", "np.fromfile", "np.memmap") or called.endswith(
                    (".read_text", ".read_bytes", ".open_code")
                ):
                    found.add(path.relative_to(house).as_posix())
    writers = {"cli/files.py", "cli/feedback.py", "cli/io.py", "cli/__init__.py"}
    own = {"engine/planning/memory.py", "guide/__init__.py"}  # it asks the system; its pages are the package's
    assert found - writers - own == {"spec/source.py"}


PAIRS = (
    "run net.yaml --output {} --save-weights {}",
    "train coded.yaml --data data.npy --epochs 1 --output {} --save-weights {}",
    "generate --number 2 --format markdown --output {} --solution {}",
)


@pytest.mark.parametrize("command", PAIRS)
@pytest.mark.parametrize("other", ["out", "./out", "link"])
def test_two_results_never_share_a_file(cli, folder, command, other):
    (folder / "link").symlink_to("out")
    result = cli(*command.format("out", other).split())
    assert (result.code, "are both" in result.err, (folder / "out").exists()) == (2, True, False)


@pytest.mark.parametrize("command", PAIRS)
@pytest.mark.parametrize("names", [("out", "none/out"), ("none/out", "out")])
def test_of_two_results_both_are_written_or_none(cli, folder, command, names):
    (folder / "out").write_text("old")
    before = contents(folder)
    result = cli(*command.format(*names).split())
    assert (result.code, contents(folder)) == (5, before)
    assert cli(*command.format("out", "second").split()).code == 0
    assert contents(folder).keys() - before.keys() == {"second"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_files_are_as_they_were_where_standard_output_fails(process, folder):
    (folder / "out").write_text("old")
    with open("/dev/full", "w") as full:
        done = process(
            "run", "net.yaml", "-o", "out", stdout=full, stderr=subprocess.PIPE, capture_output=False, cwd=folder
        )
    assert (done.returncode, (folder / "out").read_text()) == (5, "old")


def test_a_reader_that_leaves_does_not_keep_files_from_their_place(folder):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cnncalc", "run", "net.yaml", "-o", "out"]
    done = subprocess.run(command, cwd=folder, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr, (folder / "out").read_bytes()[:2]) == (0, b"", b"PK")


def test_a_part_that_was_left_behind_stops_nobody(folder, monkeypatch):
    """Also not where the same name is drawn again; the part is somebody's, and stays."""
    drawn = [b"\0" * 8, b"\0" * 8, b"\1" * 8]
    left = folder / f".{drawn[0].hex()}.part"
    left.write_text("somebody's")
    monkeypatch.setattr(os, "urandom", lambda count: drawn.pop(0))
    with Files() as files:
        files.write("out", b"new")
    assert ((folder / "out").read_text(), left.read_text(), drawn) == ("new", "somebody's", [])
    assert list(folder.glob(".*")) == [left]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OutputError("full"), OSError(28, "full")])
def test_whatever_ends_a_command_leaves_no_part(folder, error):
    (folder / "out").write_text("old")

    def end(_):
        raise error

    def write():
        with Files() as files:
            files.write("first", b"new")
            files.write("out", end)

    before = contents(folder)
    with pytest.raises((KeyboardInterrupt, MemoryError, OutputError)):
        write()
    assert contents(folder) == before


SENDS = """
import os, signal, sys
signal.signal(signal.{0}, signal.{1})
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.{0})
sys.argv = ["cnncalc", "summary", "net.yaml", "-o", "out"]
from cnncalc.cli import main
main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_ends_a_command_leaves_no_part(folder, name):
    action = "default_int_handler" if name == "SIGINT" else "SIG_DFL"
    done = subprocess.run(
        [sys.executable, "-c", SENDS.format(name, action)], cwd=folder, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")
    assert {path.name for path in folder.glob("*out*")} | {path.name for path in folder.glob(".*")} == set()


def test_a_signal_that_the_caller_ignores_is_ignored(folder):
    """As under nohup, or in the background of a script."""
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        (folder / "out").unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", SENDS.format(name, "SIG_IGN")], cwd=folder, timeout=60, check=False
        )
        assert (done.returncode, (folder / "out").exists()) == (0, True)


def feedback(cli, folder, students):
    rows = "".join(f"{student},Q1,c.params,3\n" for student in students)
    (folder / "sheet.csv").write_text(f"student,problem,key,answer\n{rows}")
    return cli("check", "exam.yaml", "--answers", "sheet.csv", "--feedback", "fb")


@pytest.mark.parametrize("text", ["", "precious", "# README\n\nMarks: 1 of 1\n"])
def test_feedback_replaces_nothing_but_feedback(cli, folder, text):
    (folder / "fb").mkdir()
    (folder / "fb" / "README.md").write_text(text)
    result = feedback(cli, folder, ["S1", "README"])
    assert (result.code, "README.md" in result.err) == (5, True)
    assert contents(folder / "fb") == {"README.md": text.encode()}


def test_feedback_is_renewed(cli, folder):
    assert feedback(cli, folder, ["S1", "S2"]).code == 0
    first = contents(folder / "fb")
    (folder / "exam.yaml").write_text(PROBLEMS.replace("Q1,", "Q1, text: Anew,"))
    assert feedback(cli, folder, ["S2", "S1"]).code == 0
    second = contents(folder / "fb")
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)


def test_feedback_follows_no_link(cli, folder):
    """What a link in the folder leads to was not made there."""
    feedback(cli, folder, ["S1"])
    (folder / "fb" / "S2.md").symlink_to(folder / "fb" / "S1.md")
    assert feedback(cli, folder, ["S2"]).code == 5


def test_the_table_is_not_written_over_feedback(cli, folder):
    feedback(cli, folder, ["S1"])
    result = cli("check", "exam.yaml", "--answers", "sheet.csv", "--feedback", "fb", "-o", "fb/S1.md")
    assert (result.code, "--output and --feedback are both" in result.err) == (2, True)


def test_a_problem_file_in_the_folder_of_feedback_stays(cli, folder):
    (folder / "fb").mkdir()
    (folder / "fb" / "net.yaml").write_text(NETWORK)
    (folder / "fb" / "quiz.md").write_text(PROBLEMS)
    (folder / "sheet.csv").write_text("student,problem,key,answer\nquiz,Q1,c.params,2\n")
    result = cli("check", "fb/quiz.md", "--answers", "sheet.csv", "--feedback", "fb")
    assert (result.code, (folder / "fb" / "quiz.md").read_text()) == (5, PROBLEMS)
