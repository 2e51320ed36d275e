"""Drawn problems: every key recomputed by counting, no question twice, the same by the same seed, options distinct."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import counted_numbers as numbers
import importers
import pytest
import yaml
from counted import Counted

from cnncalc.check.answers import matrix
from cnncalc.check.papers.draw import Draw
from cnncalc.check.papers.generate import generate
from cnncalc.check.papers.paper import Item
from cnncalc.check.papers.topics import LEVELS, TOPICS
from cnncalc.errors import UsageError
from cnncalc.render import papers as render
from cnncalc.render.papers import prose

Call = Callable[..., tuple[int, str, str]]
ALL = list(TOPICS)
QUESTIONS = int(os.environ.get("CNNCALC_QUESTIONS", "324"))  # 2000 for a long run
MOST = 1200  # numbers that are tried for a letter


def recomputed(item: Item) -> dict[str, Any]:
    """The answers of a question; a letter is the one number that gives what is demanded."""
    input, layers = item.stated["input"], yaml.safe_load(item.stated["layers"])
    if "values" in item.stated:
        found = numbers.output(layers, yaml.safe_load(item.stated["values"]))
        return {str(item.parts[0].key): [[[n] for n in row] if isinstance(row, list) else row for row in found]}
    letters = [str(part.key) for part in item.parts if not part.key.quantity]
    if not letters:
        return Counted(input, layers).found
    demands = yaml.safe_load(item.stated["given"])
    fitting = [n for n in range(0 if letters == ["p"] else 1, MOST) if meets(input, layers, {letters[0]: n}, demands)]
    assert len(fitting) == 1, (item.text, fitting)
    return {letters[0]: fitting[0]}


def meets(input: str, layers: list[Any], letters: dict[str, int], demands: dict[str, Any]) -> bool:
    try:
        found = Counted(input, layers, letters).found
    except ValueError:
        return False
    for key, wanted in demands.items():
        got = found[key][:-1] if key.endswith(".output") else found[key]
        if got != ([int(size) for size in wanted.split("x")] if isinstance(wanted, str) else wanted):
            return False
    return True


@pytest.mark.parametrize("level", LEVELS)
def test_keys_equal_counting_and_pass_check(level: str, tmp_path: Path, call: Call) -> None:
    """All topics, open questions; a file of them is a problem file that is right."""
    made = generate(ALL, level, QUESTIONS // 3, 11)
    assert len({item.text for item in made.items}) == QUESTIONS // 3
    answers = 0
    for item in made.items:
        right = recomputed(item)
        for part in item.parts:
            assert part.answer == right[str(part.key)], item.text
            answers += 1
    file = tmp_path / "paper.yaml"
    file.write_text(str(render.key([made], "yaml")), encoding="utf-8")
    code, out, _ = call("check", file, "--format", "json", "--limit", "file=9999999", "--limit", "values=999999")
    assert code == 0
    assert json.loads(out)["passed"] == answers


@pytest.fixture(scope="module", params=LEVELS)
def choices(request: pytest.FixtureRequest) -> Any:
    """A paper of all topics with answers to choose from, for each level."""
    return generate(ALL, request.param, 2 * len(ALL), 1, 4)


def test_options_are_distinct_and_so_are_the_slips_that_lead_to_them(choices: Any) -> None:
    near = 0
    for item in choices.items:
        for part in item.parts:
            assert len({str(option.value) for option in part.options}) == 4
            assert [option.value for option in part.options if option.right] == [part.answer]
            said = [option.said for option in part.options if option.said]
            assert len(set(said)) == len(said)
            near += sum(not option.said for option in part.options) - 1
    assert near < len(choices.items)


def test_a_file_with_options_is_right_as_a_problem_file(choices: Any, tmp_path: Path, call: Call) -> None:
    file = tmp_path / "paper.yaml"
    file.write_text(str(render.key([choices], "yaml")), encoding="utf-8")
    assert call("check", file)[0] == 0


def test_feedback_names_the_slip_and_does_not_give_the_answer_away(choices: Any) -> None:
    for item in choices.items:
        for part in item.parts:
            right = {prose.answer(part), prose.answer(part, separators=False)}
            for option in part.options:
                told = prose.feedback(option)
                assert bool(told) == bool(option.said)
                assert not right & set(re.findall(r"[\d,×]+", told)) or len(str(part.answer)) < 4, (told, part.answer)


def test_wrong_options_are_what_students_do() -> None:
    """A forgotten channel is met more often than one bias for all filters."""
    made = generate(["parameters"], "easy", 60, 5, 4)
    said = Counter(
        re.sub(r"\d+ ", "", option.said) for item in made.items for part in item.parts for option in part.options
    )
    assert said["without the input channels"] > 15
    assert said["without its biases"] > 30
    assert said["with one bias for all"] < said["without the input channels"]


def test_moodle_gift_and_qti_are_read_back(choices: Any) -> None:
    open_questions = generate(ALL, "hard", len(ALL), 4)
    for made in (choices, open_questions):
        read = [q for q in importers.moodle(str(render.render([made], "moodle"))) if q.kind != "category"]
        assert len(read) == len(made.items)
        assert {question.kind for question in read} <= {"cloze", "multichoice", "numerical"}
        assert all(question.told for question in read)
        gift = [q for q in importers.gift(str(render.render([made], "gift"))) if q.kind != "category"]
        assert len(gift) == sum(len(item.parts) for item in made.items)
        right = {
            (item.id if len(item.parts) == 1 else f"{item.id} {part.key}"): prose.answer(
                part, separators=bool(part.options)
            )
            for item in made.items
            for part in item.parts
        }
        assert {q.name: next(text for text, share, _, _ in q.answers if share == 1) for q in gift} == right
        ((*items,),) = importers.qti(render.render([made], "qti"))  # type: ignore[arg-type]
        for scored, item in zip(items, made.items, strict=True):
            assert scored.score(dict(scored.fields()))[0] == pytest.approx(float(item.marks))


def test_a_cloze_has_a_field_for_each_size() -> None:
    made = generate(["window"], "medium", 3, 2)
    for question, item in zip(importers.moodle(str(render.render([made], "moodle")))[1:], made.items, strict=True):
        fields = importers.cloze(question.text)
        assert [answers for _, _, answers in fields] == [
            [(str(size), 1.0, "0", "")] for size in item.parts[0].answer
        ]  # fmt: skip


WORDS = (
    "Which size comes out",
    "moving mean and variance, which",
    "padding 0",
    "1 filters",
    "None",
    "  ",
    "..",
    "a 8×",
)


def test_texts_are_such_as_a_lecturer_signs(choices: Any) -> None:
    for item in choices.items:
        assert not [word for word in WORDS if word in item.text], item.text
        assert item.text[0].isupper()
        assert item.text.endswith("?") or item.text.endswith(".")
        assert item.text.count("(") == item.text.count(")")


def test_settings_are_those_that_people_use() -> None:
    """No padding as wide as the kernel; an image has 1 or 3 channels; sizes have to be rounded now and then."""
    rounded = 0
    for level in LEVELS:
        for item in generate(["window", "pooling", "network", "macs", "memory"], level, 60, 3).items:
            for row in item.truth.summary.rows:
                fields = vars(row.layer.kind)
                kernel, padding, dilation = (fields.get(name, 1) for name in ("kernel", "padding", "dilation"))
                if isinstance(kernel, int) and isinstance(padding, int) and "kernel" in fields:
                    assert padding <= dilation * (kernel - 1) / 2 or padding == 1, item.text
                rounded += any(note.lint for note in item.truth.summary.notes(row))
            if "image" in item.text.split(" is passed")[0]:
                assert item.stated["input"].rpartition("x")[2] in ("1", "3"), item.text
    assert 20 < rounded < 200


def test_a_name_of_two_words_keeps_its_space_in_latex() -> None:
    made = generate(["memory"], "hard", 1, 0)
    assert r"\mathrm{weight\ bytes} = 4" in str(render.key([made], "latex"))


def test_a_key_begins_at_the_input() -> None:
    """The working of a network names each layer that the answers depend on, from the first one on."""
    made = generate(["network"], "hard", 5, 9)
    for item in made.items:
        layers = list(dict.fromkeys(layer for layer, _ in prose.worked(item)))
        assert layers == ["conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "fc1", "fc2", ""]


def test_the_same_seed_gives_the_same_paper(call: Call) -> None:
    arguments = ("generate", "--topic", "window,padding", "--level", "hard", "--number", 6, "--choices", 3, "--seed")
    first, again, other = (call(*arguments, seed)[1] for seed in (7, 7, 8))
    assert first == again != other
    assert first.startswith("title: ")


def test_a_paper_stays_as_it_is_from_version_to_version(call: Call) -> None:
    """Whoever wrote a seed down gets the paper again."""
    _, out, _ = call("generate", "--topic", "parameters", "--number", 2, "--seed", 1, "--format", "markdown")
    assert out == PAPER


PAPER = """# Parameters (easy)

**Q1** A 150×150×3 image is passed through a convolutional layer with 20 filters of size 7×7, each with a bias. How many parameters does the layer have?

**Q2** A 224×224×3 image is passed through a convolutional layer with 48 filters of size 7×7, each with a bias. How many parameters does the layer have?

"""  # noqa: E501


def test_the_key_in_the_file_or_beside_it(tmp_path: Path, call: Call) -> None:
    key = tmp_path / "key.yaml"
    code, out, _ = call("generate", "--number", 6, "--solution", key)
    assert code == 0
    answers = re.findall(r"answers: \{(.*)\}", out)
    assert len(answers) == 6
    assert all(part.endswith("null") for line in answers for part in line.split(", "))
    (tmp_path / "paper.yaml").write_text(out, encoding="utf-8")
    assert call("check", key)[0] == 0
    assert call("check", tmp_path / "paper.yaml")[0] == 1
    (tmp_path / "sheet.csv").write_text("student,problem,key,answer\nS1,Q1,conv1.output,1x1x1\n")
    code, out, err = call("check", tmp_path / "paper.yaml", "--answers", tmp_path / "sheet.csv", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["students"][0]["answers"][0]["expected"]


@pytest.mark.parametrize("format", ["markdown", "latex"])
def test_paper_and_solution(format: str, tmp_path: Path, call: Call) -> None:
    solution = tmp_path / "solution"
    arguments = ("--topic", "parameters", "--number", 3, "--seed", 2, "--format", format)
    code, out, _ = call("generate", *arguments, "--solution", solution)
    assert code == 0
    made = generate(["parameters"], "easy", 3, 2)
    for item in made.items:
        right = f"{item.parts[0].answer:,}"
        assert right in solution.read_text()
        assert right not in out
    assert "cdot" in solution.read_text()
    assert "cdot" not in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("--topic", "windw"), 'did you mean "window"?'), (("--level", "hrd"), 'did you mean "hard"?'),
     (("--number", "0"), "--number"), (("--number", "1e3"), "--number"), (("--number", "100000"), "from 1 to 1000"),
     (("--seed", "-1"), "--seed"), (("--choices", "1"), "nothing to choose"), (("--choices", "9"), "--choices"),
     (("--format", "xml"), "--format"), (("--format", "gift", "--solution", "x"), "holds its key"),
     (("--output", "x", "--solution", "./x"), "are both x"), (("--solution", "-"), "a file of its own")],
)  # fmt: skip
def test_bad_usage(call: Call, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = call("generate", *arguments)
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_numbers_by_hand_are_not_all_the_same(level: str) -> None:
    items = generate(["by_hand"], level, 120, 5).items
    assert all(len(set(matrix.leaves(part.answer))) > 1 for item in items for part in item.parts)


def test_drawing_ends_where_there_are_no_more_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    one = TOPICS["window"]
    monkeypatch.setitem(TOPICS, "window", lambda draw, level: one(Draw("3"), level))
    with pytest.raises(UsageError, match="no more than 1 different questions"):
        generate(["window"], "easy", 2, 0)


def test_draws_follow_from_the_seed_alone() -> None:
    """Only ``random`` of Python's generator is used, which is promised to stay; so these numbers stay too."""
    draw = Draw("7 easy window 0")
    assert [draw.choice(range(1000)) for _ in range(5)] == DRAWN
    assert sorted(draw.shuffled(range(9))) == list(range(9))
    assert draw.weighted(["a", "b"], [0, 1]) == "b"


DRAWN = [245, 349, 690, 71, 343]
