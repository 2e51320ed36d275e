"""Help, version, usage and completion."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.cli import app

COMMANDS = app._commands()


def test_the_order_names_commands_that_are_there():
    assert set(app.COMMANDS) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_has_a_help_with_an_example(cli, command, flag):
    result = cli(command, flag)
    assert (result.code, result.err) == (0, "")
    assert "Usage: " in result.out
    assert re.search(rf"Examples?: cnncalc {command} ", result.out)


def test_the_help_lists_every_command_with_what_it_does(cli):
    out = cli("--help").out
    for command in COMMANDS:
        lines = [line.split() for line in out.splitlines() if line.startswith(f"  {command} ")]
        assert len(lines) == 1
        assert len(lines[0]) > 3
    assert "Example: cnncalc calc 28x28x1" in out


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_example_of_the_help_works(cli, command, examples, specs_copied, monkeypatch):
    monkeypatch.chdir(specs_copied)
    for arguments in examples(command):
        assert arguments[0] == (command or "calc")
        result = cli(*arguments)
        assert (result.code, result.err) == (0, ""), arguments


def test_version(cli):
    assert cli("--version") == (0, f"cnncalc {cnncalc.__version__}\n", "")


def test_without_a_command_the_help_is_shown_as_a_diagnostic(cli):
    result = cli()
    assert (result.code, result.out) == (2, "")
    assert "Usage: cnncalc" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["summry", "x"], 'did you mean "summary"?'),
        (["frobnicate"], "cnncalc --help"),
        (["io"], 'no command "io"'),
        (["__init__"], "no command"),
        (["../cli/summary"], "no command"),
        ([""], "no command"),
        (["summary"], "missing argument 'SPEC'"),
        (["summary", "a", "b"], "unexpected extra argument"),
        (["summary", "a.yaml", "--frmat", "json"], "no such option: --frmat"),
        (["--frobnicate"], "no such option"),
        (["summary", "a.yaml", "--format"], "requires an argument"),
        (["summary", "a.yaml", "--strict=1"], "does not take a value"),
        (["kinds", "--limit", "layers=3"], "no such option"),
        (["calc", "8x8x1", "relu", "-x"], "no such option"),
    ],
)
def test_bad_usage_is_exit_2_with_words(cli, arguments, words):
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert "= help: " in result.err


def test_a_missing_file_says_so_and_names_one_that_is_close(cli, tmp_path, worked_example):
    result = cli("summary", worked_example.parent / "worked-exmple.yaml")
    assert result.code == 2
    assert "does not exist" in result.err
    assert "worked-example.yaml" in result.err
    folder = cli("summary", tmp_path)
    assert (folder.code, "is a directory" in folder.err) == (2, True)


def test_a_fault_of_ours_is_one_line_and_a_code_of_its_own(cli, monkeypatch, worked_example):
    """The last line of defence: whatever is raised, no traceback reaches the user."""
    from cnncalc.summary import infer

    def fail(*_):
        raise ZeroDivisionError("something\x1b[31m nobody thought of")

    monkeypatch.setattr(infer, "infer", fail)
    result = cli("summary", worked_example)
    assert (result.code, result.out) == (70, "")
    assert "ZeroDivisionError: something\\x1b[31m nobody thought of (test_help.py:" in result.err
    assert "please report it" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_shown_for_a_shell(process, tmp_path, shell):
    env = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = process("--show-completion", shell, env=env)
    assert done.returncode == 0
    assert "_CNNCALC_COMPLETE" in done.stdout


def test_completion_installs_into_the_home_of_the_user(process, tmp_path):
    env = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = process("--install-completion", "bash", env=env)
    assert done.returncode == 0
    assert [path.name for path in tmp_path.rglob("*.sh")]


@pytest.mark.parametrize(
    ("line", "completed"), [("cnncalc su", "summary"), ("cnncalc summary --f", "--format"), ("cnncalc ", "explain")]
)
def test_completion_completes_commands_and_options(process, line, completed):
    env = {"_CNNCALC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = process(env=env)
    assert completed in done.stdout.split()
