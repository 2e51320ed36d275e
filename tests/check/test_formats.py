"""Verdicts in every format: whole, readable by others, and harmless whatever stands in a problem file."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.dom import minidom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.check.verdicts import Verdict, check
from cnncalc.limits import Limits
from cnncalc.render.verdicts import message

Call = Callable[..., tuple[int, str, str]]

HOSTILE = r"""
problems:
  - id: "=HYPERLINK(1)<script>&]]>\e[31m|`$\x5c"
    text: "<b>\u202e"
    input: 4x4x2
    layers: [{conv: {name: c, filters: 3, kernel: 3}}]
    answers: {c.params: "@x\e]52;c;eA==\a<i>|", "=c.output": 1, c.output: 2x2x3, c.macs: "\n=1+1"}
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A problem file whose texts are markup, formulas and escapes."""
    folder = tmp_path / "<i>&=1"
    folder.mkdir()
    (folder / "=a.yaml").write_text(HOSTILE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown", "junit"])
def test_texts_of_strangers_are_harmless(hostile: Path, call: Call, format: str) -> None:
    code, out, err = call("check", hostile, "--format", format)
    assert (code, err) == (1, "")
    assert not any(ord(c) < 32 and c != "\n" for c in out)
    if format == "json":
        told = json.loads(out)
        assert (told["passed"], told["failed"]) == (1, 3)
        assert told["problems"][0]["id"].endswith("\x1b[31m|`$\\")
    if format == "csv":
        rows = list(csv.reader(io.StringIO(out)))
        assert len(rows) == 5
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    if format == "junit":
        (suite,) = minidom.parseString(out.encode()).getElementsByTagName("testsuite")
        assert (suite.getAttribute("tests"), suite.getAttribute("failures")) == ("4", "3")
    if format == "markdown":
        assert "<script" not in out
        assert all(line.count(" | ") - line.count("\\|") <= 6 for line in out.splitlines())


def test_the_working_stands_where_answers_differ(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "problems:\n"
        "  - {id: Q, input: 28x28x3, layers: [{conv: {filters: 32, kernel: 3}}], answers: {conv1.params: 864}}\n"
    )
    message = (
        "params = (F·F·C + 1)·K = (3·3·3 + 1)·32 = 896; 896 without its 32 biases: params = F·F·C·K = 3·3·3·32 = 864"
    )
    row = {
        "file": str(file),
        "id": "Q",
        "key": "conv1.params",
        "expected": 864,
        "got": 896,
        "ok": False,
        "message": message,
    }
    assert json.loads(call("check", file, "--format", "json")[1]) == {"problems": [row], "passed": 0, "failed": 1}
    for format in ("table", "csv", "junit"):
        assert message in call("check", file, "--format", format)[1]


def test_a_long_table_lists_what_is_wrong(tmp_path: Path, call: Call) -> None:
    problem = "  - {{input: 4, layers: [relu], answers: {{total.params: {}}}}}\n"
    (tmp_path / "a.yaml").write_text("problems:\n" + "".join(problem.format(int(n % 50 == 7)) for n in range(300)))
    code, out, _ = call("check", tmp_path / "a.yaml")
    assert code == 1
    assert out.count("wrong") == 6
    assert "294 right answers are not listed" in out
    assert out.rstrip().endswith("294 passed, 6 failed")


def test_output_is_written_whole_or_not_at_all(tmp_path: Path, call: Call) -> None:
    file, out = tmp_path / "a.yaml", tmp_path / "out.json"
    file.write_text("problems:\n  - {input: 4, layers: [relu], answers: {total.params: 0}}\n")
    assert call("check", file, "--format", "json", "--output", out)[0] == 0
    assert json.loads(out.read_text())["passed"] == 1
    assert call("check", file, "--output", file)[0] == 5
    assert call("check", file, "--output", tmp_path / "no" / "where")[0] == 5
    assert file.read_text().startswith("problems:")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "out.json"]


@pytest.mark.parametrize(
    ("number", "jobs", "method"),
    [
        *((number, jobs, "fork") for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) for jobs in ("1", "2")),
        *((signal.SIGINT, "2", method) for method in ("forkserver", "spawn")),
    ],
)
def test_an_interrupt_ends_all_at_once(tmp_path: Path, jobs: str, number: signal.Signals, method: str) -> None:
    """Whatever ends it, and however processes are begun: nothing is left, and nobody complains."""
    problem = "  - {input: 64x64x3, layers: [{conv: {filters: 3, kernel: 3}}], answers: {total.params: 84}}\n"
    for file in range(400):
        (tmp_path / f"{file}.yaml").write_text("problems:\n" + problem * 100)
    out = tmp_path / "out"
    arguments = ["cnncalc", "check", str(tmp_path), "--jobs", jobs, "--output", str(out)]
    script = tmp_path / "main.py"
    script.write_text(
        "import multiprocessing, signal, sys\n"
        "from cnncalc.cli import main\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    multiprocessing.set_start_method({method!r})\n"
        f"    sys.argv = {arguments!r}\n"
        "    main()\n"
    )
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, start_new_session=True)
    while not list(tmp_path.glob(".*.part")):  # it has begun to write
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"interrupted\n")
    assert not out.exists()
    assert not list(tmp_path.glob(".*.part"))


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    problem = "  - {input: 64x64x3, layers: [{conv: {filters: 3, kernel: 3}}], answers: {total.params: 84}}\n"
    (tmp_path / "a.yaml").write_text("problems:\n" + problem * 3000)
    command = f"{sys.executable} -m cnncalc check {tmp_path} --format csv | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "file,id,key,expected,got,ok,message\n", "")


def test_check_loads_neither_numpy_nor_rich(root: Path) -> None:
    code = (
        "import sys; from cnncalc.cli.app import run; "
        "run(['check', 'specs/quiz.yaml', '--answers', 'specs/quiz-answers.csv', '--format', 'json']); "
        "assert not {'numpy', 'rich'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=root, stdout=subprocess.DEVNULL, check=True)


def verdicts_on(text: str, folder: Path) -> list[Verdict]:
    file = folder / "fuzz.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return list(check(str(file), Limits()))


WORDS = st.sampled_from(
    ["problems:", "\n  - ", "id: Q1", "\n    input: 8x8x1", "\n    layers: [{conv: {filters: 2, kernel: k}}]",
     "\n    answers: ", "{conv1.output: 6x6x2}", "{k: 3}", "{conv1.params: [1, 2]}", "\n    given: {conv1.output: 6x6}",
     "\n    marks: 3", "\n    tolerance: 0.1", "\n    network: fuzz.yaml", "\n    options: {k: [1, 2]}", "null", ": ",
     "[", "]", "{", "}", "'", '"', "x", "&a ", "*a", "total.params", "28", "-1", "9" * 30]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=14).map("".join) | st.text(max_size=80))
def test_no_text_breaks_check(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No exception comes out, whatever the text, and each verdict that is not right says why."""
    file = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    for verdict in verdicts_on(text, file.parent):
        assert verdict.file == str(file)
        assert verdict.ok or message(verdict)


@settings(max_examples=100, deadline=None)
@given(
    answer=st.text(max_size=30) | st.text("0123456789xkHpc.,()[]{}*/+-eE ⌊⌋", max_size=30),
    key=st.sampled_from(
        ["conv1.output", "conv1.params", "k", "total.macs", "conv1.receptive_field", "conv1.effective_stride"]
    ),
)
def test_no_answer_breaks_check(tmp_path_factory: pytest.TempPathFactory, answer: str, key: str) -> None:
    """No exception comes out, whatever the answer; one that is not right says why, and signs alone are never right."""
    quoted = "".join(f"\\U{ord(character):08x}" for character in answer)
    text = (
        "problems:\n  - id: Q\n    input: 8x8x1\n    layers: [{conv: {filters: 2, kernel: k}}]\n"
        f'    given: {{conv1.output: 6x6}}\n    answers: {{{key}: "{quoted}"}}\n'
    )
    (verdict,) = verdicts_on(text, tmp_path_factory.getbasetemp())
    assert (verdict.id, verdict.key) == ("Q", key)
    assert verdict.ok or message(verdict)
    assert not verdict.ok or any(character.isalnum() for character in answer)
