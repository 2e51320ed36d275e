"""The guide says what is true: its networks come out as they say, its commands run, its words are read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc import guide, parse
from cnncalc.cli.app import run

ROOT = Path(__file__).parents[1]


def blocks(topic: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", guide.page(topic), re.M | re.S)


def each(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{topic}-{number}")
        for topic in guide.TOPICS
        for number, text in enumerate(blocks(topic, language), 1)
    ]


@pytest.mark.parametrize("text", each("yaml"))
def test_what_a_block_of_yaml_expects_comes_out(text: str, tmp_path: Path) -> None:
    if "problems" in yaml.safe_load(text):
        path = tmp_path / "problems.yaml"
        path.write_text(text, encoding="utf-8")
        assert run(["check", str(path)]) == 0
        return
    found = parse(text).findings()
    assert [finding.message for finding in found if finding.severity != "note"] == []


@pytest.mark.parametrize("text", each("console"))
def test_commands_run(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^\$ (.*)$", text, re.M)
    assert commands
    for command in commands:
        name, *arguments = shlex.split(command, comments=True)
        arguments = [word.replace("OUT/", f"{tmp_path}/") for word in arguments]
        assert (name, run(arguments)) == ("cnncalc", 0)


def rows(topic: str) -> list[list[str]]:
    """The rows of the tables of a page, without headings and rules."""
    lines = [line for line in guide.page(topic).splitlines() if line.startswith("|")]
    bodies = [line for line, above in zip(lines[1:], lines, strict=False) if "---" not in line + above]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in bodies if "here" not in line]


def test_topics_are_pages_and_pages_are_topics() -> None:
    assert {path.stem for path in Path(guide.__file__).parent.glob("*.md")} == set(guide.TOPICS)


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {topic for topic in guide.TOPICS if f"(cnncalc/guide/{topic}.md)" not in readme} == set()


def test_the_command_prints_a_page_and_knows_its_topics(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["guide", "cookbook"]) == 0
    assert capsys.readouterr().out == guide.page("cookbook")
    assert run(["guide"]) == 0
    assert all(topic in capsys.readouterr().out for topic in ["language"])
    assert run(["guide", "cokbook"]) == 2
    assert 'did you mean "cookbook"?' in capsys.readouterr().err
