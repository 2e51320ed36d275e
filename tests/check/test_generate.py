"""Papers: every key recomputed by counting, no question twice, the same by the same seed, read back from exports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc.check.papers.generate import generate
from cnncalc.check.papers.paper import Item
from cnncalc.check.papers.templates import LEVELS, TOPICS
from cnncalc.errors import UsageError
from cnncalc.render import papers as render

Call = Callable[..., tuple[int, str, str]]
ALL = list(TOPICS)


def positions(size: int, kernel: int, stride: int, pad: int, dilation: int = 1) -> int:
    """Places of a window, counted one by one."""
    last = size + 2 * pad - dilation * (kernel - 1) - 1
    assert last >= 0, "the window is too large"
    return len([start for start in range(last + 1) if start % stride == 0])


def spread(size: int, kernel: int, stride: int, pad: int) -> int:
    """Places that a transposed convolution reaches, marked one by one."""
    reached = {start * stride + offset for start in range(size) for offset in range(kernel)}
    return len(range(max(reached) + 1)[pad : max(reached) + 1 - pad])


def pair(number: Any) -> list[int]:
    return number if isinstance(number, list) else [number, number]


def walk(draft: Any, numbers: dict[str, int]) -> dict[str, Any]:
    """Every answer of a question by plain counting, in a way of its own; ``numbers`` stand for letters."""
    *spatial, channels = draft.input
    sees, step, total = [1, 1], [Fraction(1), Fraction(1)], 0
    counts: dict[str, int] = {}
    found: dict[str, Any] = {}
    for layer in draft.layers:
        ((kind, fields),) = layer.items()
        fields = {
            name: numbers.get(value, value) if isinstance(value, str) else value for name, value in fields.items()
        }
        counts[kind] = counts.get(kind, 0) + 1
        bias = fields.get("bias", True)
        learned = 0
        if kind in ("conv", "maxpool", "avgpool"):
            kernel = pair(fields.get("kernel", fields.get("size")))
            stride = fields.get("stride", 1 if kind == "conv" else fields.get("size"))
            pad, dilation = fields.get("padding", 0), fields.get("dilation", 1)
            spatial = [positions(s, k, stride, pad, dilation) for s, k in zip(spatial, kernel, strict=True)]
            sees = [int(r + (k - 1) * dilation * j) for r, k, j in zip(sees, kernel, step, strict=True)]
            step = [j * stride for j in step]
            if kind == "conv":
                filters = fields["filters"]
                each = sum(1 for _ in range(kernel[0]) for _ in range(kernel[1])) * channels // fields.get("groups", 1)
                learned, channels = sum(each + bias for _ in range(filters)), filters
        elif kind == "transposed_conv":
            spatial = [spread(s, fields["kernel"], fields["stride"], fields["padding"]) for s in spatial]
            channels = fields["filters"]
        elif kind == "dense":
            inputs = channels
            for size in spatial:
                inputs *= size
            spatial, channels, learned = [], fields["units"], sum(inputs + 1 for _ in range(fields["units"]))
        elif kind == "depthwise_conv":
            learned = sum(fields["kernel"] ** 2 + 1 for _ in range(channels))
        elif kind == "separable_conv":
            learned = channels * fields["kernel"] ** 2 + sum(channels + 1 for _ in range(fields["filters"]))
        elif kind == "batchnorm":
            learned = sum(4 for _ in range(channels))
        else:
            gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
            learned = sum(channels + fields["units"] + 1 for _ in range(gates * fields["units"]))
        total += learned
        name = f"{kind}{counts[kind]}"
        found |= {
            f"{name}.output": [*spatial, channels], f"{name}.params": learned, "total.params": total,
            f"{name}.receptive_field": sees[0], f"{name}.effective_stride": step[0],
        }  # fmt: skip
    return found


class Stated:
    """What a problem says of its network."""

    def __init__(self, item: Item) -> None:
        self.asked = [str(part.key) for part in item.parts]
        self.input = tuple(int(size) for size in item.stated["input"].split("x"))
        self.layers = yaml.safe_load(item.stated["layers"])
        self.given = yaml.safe_load(item.stated.get("given", "{}"))


def recomputed(item: Item) -> dict[str, Any]:
    """The answers of a question; a letter is the one number up to 40 that gives what is demanded."""
    stated = Stated(item)
    letters = [name for name in stated.asked if "." not in name]
    if not letters:
        return walk(stated, {})
    fitting = []
    for number in range(1 if letters == ["k"] else 0, 41):
        try:
            found = walk(stated, {letters[0]: number})
        except (AssertionError, IndexError):
            continue
        given = {name: [int(size) for size in sizes.split("x")] for name, sizes in stated.given.items()}
        if all(found[name][:-1] == sizes for name, sizes in given.items()):
            fitting.append(number)
    assert len(fitting) == 1, (item.text, fitting)
    return walk(stated, {letters[0]: fitting[0]}) | {letters[0]: fitting[0]}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(2))
def test_keys_equal_counting_and_pass_check(level: str, seed: int, tmp_path: Path, call: Call) -> None:
    """3 levels × 2 seeds × 120 problems."""
    made = generate(ALL, level, 120, seed)
    texts = [item.text for item in made.items]
    assert len(texts) == len(set(texts)) == 120
    answers = 0
    for item in made.items:
        right = recomputed(item)
        for part in item.parts:
            assert part.answer == right[str(part.key)], item.text
            answers += 1
    file = tmp_path / "paper.yaml"
    file.write_text(render.key([made], "yaml"), encoding="utf-8")
    code, out, _ = call("check", file, "--format", "json")
    assert code == 0
    assert json.loads(out)["passed"] == answers


@pytest.mark.parametrize("level", LEVELS)
def test_multiple_choice(level: str, tmp_path: Path, call: Call) -> None:
    made = generate(ALL, level, 24, 1, 4)
    said = 0
    for item in made.items:
        for part in item.parts:
            values = [option.value for option in part.options]
            assert len(values) == 4
            assert [str(value) for value in values].count(str(part.answer)) == 1
            assert len({str(value) for value in values}) == 4
            said += sum(bool(option.said) for option in part.options)
    assert said > 2 * sum(len(item.parts) for item in made.items)
    file = tmp_path / "paper.yaml"
    file.write_text(render.key([made], "yaml"), encoding="utf-8")
    assert call("check", file)[0] == 0


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

**Q1** An image of 14×14×4 goes through a convolution with 64 filters of 5×5, each with a bias. How many parameters does it learn?

**Q2** An image of 15×15×16 goes through a dense layer with 100 units and biases, which flattens it first. How many parameters does it learn?

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


def test_drawing_ends_where_there_are_no_more_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    from random import Random

    one = TOPICS["window"]
    monkeypatch.setitem(TOPICS, "window", lambda draw, level: one(Random(3), level))
    with pytest.raises(UsageError, match="no more than 1 different questions"):
        generate(["window"], "easy", 2, 0)
