"""Running the command line: in process where that is enough, as a process where it is not, and on a terminal."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cnncalc.cli import app


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A UTF-8 locale, and no wish of whoever runs the tests about colours or widths."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR", "TERM"):
        monkeypatch.setenv(name, "")  # so that a test which sets it itself leaves nothing behind
        monkeypatch.delenv(name)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in this process: ``cli("summary", "-", stdin="input: ...")``."""

    def run(*arguments: object, stdin: str | bytes = "") -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = app.run([str(argument) for argument in arguments])
        result = Result(code, *capsys.readouterr())
        assert "Traceback" not in result.out + result.err
        return result

    return run


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``python -m cnncalc`` as a process of its own."""

    def run(*arguments: object, env: dict[str, str] | None = None, **rest: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", *map(str, arguments)],
            env={**os.environ, **(env or {})},
            **{"capture_output": True, "text": True, "timeout": 60, **rest},
        )
        assert "Traceback" not in str(done.stderr)
        return done

    return run


@pytest.fixture
def terminal() -> Callable[..., Result]:
    """Run ``python -m cnncalc`` on a pseudo-terminal of some width; what it shows is in ``out``."""
    pty = pytest.importorskip("pty")

    def run(width: int, *arguments: object, env: dict[str, str] | None = None) -> Result:
        settings = {**os.environ, "TERM": "xterm", "COLUMNS": str(width), **(env or {})}
        command = [sys.executable, "-m", "cnncalc", *map(str, arguments)]
        child, descriptor = pty.fork()
        if child == 0:
            os.execve(command[0], command, settings)
        shown = b""
        while chunk := _read(descriptor):
            shown += chunk
        os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Result(code, shown.decode().replace("\r\n", "\n"), "")

    return run


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other side is gone
        return b""


@pytest.fixture
def examples(cli: Callable[..., Result]) -> Callable[[str], list[list[str]]]:
    """The arguments of each example that the help of a command ("": of the program) shows."""

    def shown(command: str) -> list[list[str]]:
        text = " ".join(cli(*command.split(), "--help").out.split())
        _, heading, listed = re.split(r"(Examples?: )", text)
        found = [shlex.split(example) for example in listed.split("; ")]
        assert len(found) == 1 or heading == "Examples: "
        assert {program for program, *_ in found} == {"cnncalc"}
        return [arguments for _, *arguments in found]

    return shown


@pytest.fixture
def specs_copied(root: Path, tmp_path: Path) -> Path:
    """A folder of its own that has the specs, in which an example may write."""
    shutil.copytree(root / "specs", tmp_path / "specs")
    return tmp_path


@pytest.fixture
def worked_example(root: Path) -> Path:
    """The spec of the worked example."""
    return root / "specs" / "worked-example.yaml"


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], Path]:
    """A file that holds a spec."""

    def write(text: str, name: str = "net.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
