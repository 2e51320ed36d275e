"""Where results go: files written whole or not at all, pipes, interrupts."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMANDS = (
    ["summary", "specs/worked-example.yaml"],
    ["summary", "specs/worked-example.yaml", "--format", "json"],
    ["calc", "28x28x1", "conv:10,k=5"],
    ["explain", "specs/worked-example.yaml"],
    ["export", "specs/resnet-18.yaml", "--to", "mermaid"],
    ["kinds"],
    ["kinds", "conv"],
    ["schema"],
    ["run", "specs/lenet5.yaml", "--output", "-"],
)
TEXTS = COMMANDS[:-1]
full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.mark.parametrize("arguments", TEXTS, ids=" ".join)
def test_a_file_gets_what_standard_output_would(cli, root, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(root)
    path = tmp_path / "out"
    shown, silent = cli(*arguments), cli(*arguments, "--output", path)
    assert shown.code == 0
    assert silent == (0, "", "")
    assert path.read_text(encoding="utf-8") == shown.out
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_file_gets_utf_8_also_under_an_ascii_locale(cli, tmp_path, monkeypatch, worked_example):
    monkeypatch.setenv("LC_ALL", "C")
    cli("summary", worked_example, "--output", tmp_path / "out")
    assert "64×64×32" in (tmp_path / "out").read_text(encoding="utf-8")


def test_a_dash_as_the_output_is_standard_output(cli, worked_example):
    assert cli("summary", worked_example, "--output", "-").out == cli("summary", worked_example).out


ARRAYS = (
    (["run", "specs/lenet5.yaml", "--batch", "2"], "--output"),
    (["run", "specs/lenet5.yaml"], "--save-weights"),
    (["train", "specs/autoencoder-curve.yaml", "--data", "specs/data/curve.npy", "--epochs", "1"], "--save-weights"),
)


@pytest.mark.parametrize(
    ("arguments", "option"), ARRAYS, ids=lambda value: value if isinstance(value, str) else value[0]
)
@pytest.mark.parametrize("through", ["pipe", "file", "append"])
def test_arrays_on_standard_output_are_the_bytes_of_the_file(process, specs_copied, arguments, option, through):
    """What a table would have said goes to standard error, and no file is called ``-``."""
    wanted, got = specs_copied / "wanted.npz", specs_copied / "got.npz"
    run = {"cwd": specs_copied, "text": False, "capture_output": False, "stderr": subprocess.PIPE}
    shown = process(*arguments, option, wanted, **run, stdout=subprocess.PIPE)
    if through == "pipe":
        done = process(*arguments, option, "-", **run, stdout=subprocess.PIPE)
        got.write_bytes(done.stdout)
    else:
        with got.open("wb" if through == "file" else "ab") as stream:
            done = process(*arguments, option, "-", **run, stdout=stream)
    assert (shown.returncode, done.returncode, shown.stderr) == (0, 0, b"")
    assert got.read_bytes() == wanted.read_bytes()
    assert [line.split()[:2] for line in done.stderr.splitlines()[:4]] == [
        line.split()[:2] for line in shown.stdout.splitlines()[:4]
    ]
    assert not (specs_copied / "-").exists()


def test_a_table_that_has_a_file_goes_there_when_arrays_go_to_standard_output(process, specs_copied):
    arguments, option = ARRAYS[2]
    done = process(*arguments, option, "-", "--output", "curve.txt", cwd=specs_copied, text=False)
    assert (done.returncode, done.stderr, done.stdout[:2]) == (0, b"", b"PK")
    assert "epoch" in (specs_copied / "curve.txt").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("command", ["run", "train"])
def test_two_results_are_not_both_standard_output(cli, specs_copied, monkeypatch, command):
    monkeypatch.chdir(specs_copied)
    arguments = next(arguments for arguments, _ in ARRAYS if arguments[0] == command)
    result = cli(*arguments, "--output", "-", "--save-weights", "-")
    assert (result.code, result.out) == (2, "")
    assert "--output and --save-weights are both -" in result.err


def test_what_was_there_is_replaced_and_keeps_its_mode(cli, tmp_path, worked_example):
    path = tmp_path / "out"
    path.write_text("old " * 5000)
    path.chmod(0o640)
    assert cli("summary", worked_example, "-o", path, "--format", "csv").code == 0
    assert path.read_text().startswith("name,kind,output")
    assert "old" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_its_file_is_written(cli, tmp_path, worked_example):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    assert cli("summary", worked_example, "-o", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert "183,242" in (tmp_path / "target").read_text(encoding="utf-8")


def test_a_writer_that_fails_half_way_leaves_the_old_file(cli, tmp_path, monkeypatch, worked_example):
    path = tmp_path / "out"
    path.write_text("old")

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = cli("summary", worked_example, "-o", path)
    assert (result.code, path.read_text()) == (5, "old")
    assert "No space left on device" in result.err
    assert "what was there is untouched" in result.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_killed_writer_leaves_the_old_file(cli, tmp_path, monkeypatch, worked_example):
    path = tmp_path / "out"
    path.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    result = cli("summary", worked_example, "-o", path)
    assert (result.code, result.err, path.read_text()) == (130, "interrupted\n", "old")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["missing/out", "", ".", "out\0", "x" * 300, "file/out"])
def test_what_cannot_be_written_is_exit_5(cli, tmp_path, monkeypatch, worked_example, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("old")
    result = cli("summary", worked_example, "--output", name)
    assert (result.code, result.out) == (5, "")
    assert "could not be written" in result.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


@full_disk
def test_a_full_disk_is_exit_5(cli, process, worked_example):
    result = cli("summary", worked_example, "--output", "/dev/full")
    assert (result.code, "No space left on device" in result.err) == (5, True)
    with open("/dev/full", "w") as full:
        done = process("summary", worked_example, stdout=full, capture_output=False, stderr=subprocess.PIPE)
    assert (done.returncode, "standard output could not be written" in done.stderr) == (5, True)
    with open("/dev/full", "w") as full:
        done = process("run", worked_example, "-o", "-", stdout=full, capture_output=False, stderr=subprocess.PIPE)
    assert (done.returncode, "standard output could not be written" in done.stderr) == (5, True)
    with open("/dev/full", "w") as full:
        silent = process("summary", worked_example, "--frmt", stderr=full, stdout=full, capture_output=False)
    assert silent.returncode in (2, 5)


@pytest.mark.parametrize("link", [None, "symlink", "hardlink", "dots"])
def test_the_input_is_never_the_output(cli, tmp_path, worked_example, link):
    text = worked_example.read_text(encoding="utf-8")
    source = tmp_path / "net.yaml"
    source.write_text(text, encoding="utf-8")
    path = tmp_path / "out.yaml"
    if link == "symlink":
        path.symlink_to(source)
    elif link == "hardlink":
        os.link(source, path)
    else:
        path = Path(f"{tmp_path}/../{tmp_path.name}/net.yaml") if link else source
    for command in ("summary", "explain"):
        result = cli(command, source, "--output", path)
        assert (result.code, "is an input" in result.err) == (5, True)
    assert source.read_text(encoding="utf-8") == text


def test_the_file_behind_standard_input_is_not_the_output_either(process, tmp_path, worked_example):
    source = tmp_path / "net.yaml"
    source.write_bytes(worked_example.read_bytes())
    with source.open() as stream:
        done = process("summary", "-", "--output", source, stdin=stream)
    assert (done.returncode, source.read_bytes()) == (5, worked_example.read_bytes())


def test_a_result_that_is_negative_is_still_written(cli, tmp_path):
    result = cli("calc", "9x9x1", "conv:2,k=2,s=2", "--strict", "--output", tmp_path / "out")
    assert result.code == 1
    assert "note: LAYER 1" in (tmp_path / "out").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_reader_that_leaves_is_no_error(root, arguments):
    """``| head -1``: what the pipe takes before the reader leaves does not matter, also nothing at all."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments],
        cwd=root, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_head_takes_one_line_of_a_long_table(root):
    layers = " ".join(["conv:4,k=3,p=1"] * 3000)
    line = f"{sys.executable} -m cnncalc calc 8x8x4 {layers} --format csv | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("name,kind,output,params,macs,receptive_field\n0\n", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(root, closed):
    for arguments, code in (("calc 8x8x1 relu", 0), ("calc 8x8x1 rel", 2), ("summary -", 2 if "<" in closed else 3)):
        line = f"{sys.executable} -m cnncalc {arguments} {closed if '<' in closed else closed + ' </dev/null'}"
        done = subprocess.run(["bash", "-c", line], cwd=root, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_tests_of_interrupts_pass_where_interrupts_are_ignored(root):
    """As in the background of a script, or under nohup."""
    tests = "tests/cli/test_output.py::test_ctrl_c_is_130_and_says_that_it_was_interrupted"
    line = f"trap '' INT HUP; exec {sys.executable} -m pytest -q -p no:cacheprovider {tests}"
    done = subprocess.run(["bash", "-c", line], cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_ctrl_c_is_130_and_says_that_it_was_interrupted(root):
    child = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "summary", "-"],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(1.0)  # it waits for its input
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, "", "interrupted\n")


@full_disk
@pytest.mark.parametrize("arguments", [["--help"], ["summary", "--help"], ["--version"], ["guide"]], ids=" ".join)
def test_a_full_disk_is_no_fault_of_ours(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "standard output could not be written" in done.stderr) == (5, True)
