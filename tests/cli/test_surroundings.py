"""What the system refuses: memory, processes, shared memory. None of it is a fault of cnncalc."""

from __future__ import annotations

import errno
import json
import multiprocessing
import multiprocessing.context
import os
import subprocess
import sys

import pytest

WIDE = "input: 512x512x64\nlayers: [{conv: {filters: 64, kernel: 3, padding: same}}]\n"
PROBLEM = "problems: [{input: 4, layers: [dense: 1], answers: {total.params: 5}}]\n"


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is heeded on Linux")
def test_too_little_address_space_is_a_limit(tmp_path):
    (tmp_path / "wide.yaml").write_text(WIDE)
    line = f"ulimit -v 450000; {sys.executable} -m cnncalc run wide.yaml"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "")
    assert "memory" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), 4),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 4),
        (RecursionError(), 4),
        (OSError(errno.EIO, "Input/output error"), 70),
        (ZeroDivisionError(), 70),
    ],
    ids=repr,
)
def test_memory_that_is_refused_is_a_limit_and_not_a_fault(cli, worked_example, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("cnncalc.api.load", fail)
    result = cli("summary", worked_example)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("error: ")


@pytest.fixture
def problems(tmp_path):
    for number in range(4):
        (tmp_path / f"{number}.yaml").write_text(PROBLEM)
    return tmp_path


@pytest.mark.parametrize(
    ("error", "when"),
    [
        (FileNotFoundError(errno.ENOENT, "no /dev/shm"), "Lock"),
        (PermissionError(errno.EACCES, "/dev/shm is read-only"), "Lock"),
        (OSError(errno.ENOSPC, "/dev/shm is full"), "Lock"),
        (ImportError("this platform lacks a functioning sem_open"), "Lock"),
        (BlockingIOError(errno.EAGAIN, "no more processes"), "Process"),
        (BlockingIOError(errno.EAGAIN, "no more processes"), "second Process"),
        (RuntimeError("can't start new thread"), "thread"),
    ],
    ids=repr,
)
def test_where_there_are_no_processes_one_does_the_work(cli, problems, monkeypatch, error, when):
    begun = 0

    def fail(*_, **__):
        nonlocal begun
        begun += 1
        if when == "second Process" and begun == 1:
            return started(*_, **__)
        raise error

    context = type(multiprocessing.get_context())
    started = multiprocessing.process.BaseProcess.start
    monkeypatch.setattr(*{"Lock": (context, "Lock"), "thread": ("threading.Thread.start",)}.get(
        when, (multiprocessing.process.BaseProcess, "start")), fail)  # fmt: skip
    result = cli("check", problems, "--jobs", "2", "--format", "json")
    monkeypatch.undo()
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["passed"] == 4
    for child in multiprocessing.active_children():
        child.join(10)
    assert multiprocessing.active_children() == []
