"""The published exercises, through check: the right answers pass, each wrong one is corrected and explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Call = Callable[..., tuple[int, str, str]]

#: What each published wrong answer comes from.
SLIPS = {
    ("nf-fc-300-wrong", "L2.params"): "with one bias for all and with the channels left out when flattened",
    ("hist-uta", "L1.weight_params"): "with a digit too many, ten times as much",
    (
        "hist-spanish-wrong",
        "L3.params",
    ): "51,264 without the input channels: params = (F·F + 1)·K = (5·5 + 1)·64 = 1664",
    ("hist-spanish-wrong", "L5.params"): "102,464 without the input channels",
    ("hist-spanish-wrong", "L8.params"): "27,651 without its 3 biases: params = N·U = 9216·3 = 27648",
    ("errh-lstm128", "L1.params"): "131,584 without the recurrent weights",
    ("debug-7x9-same", "L1.output"): "1×7×9 without the padding",
    ("csse-rf5", "L5.receptive_field"): "11×11 with one layer left out",
    ("notion-wrong", "L1.output"): "1×3×3 with a stride of 1",
    ("bn-net-wrong", "total.trainable_params"): "122,890 without gamma and beta",
}


def test_all_published_answers_pass(facts: Path, call: Call) -> None:
    code, out, _ = call("check", facts / "exercises.yaml", "--format", "json")
    told = json.loads(out)
    assert (code, told["failed"]) == (0, 0)
    problems = yaml.safe_load((facts / "exercises.yaml").read_text())["problems"]
    assert told["passed"] == sum(len(problem["answers"]) for problem in problems) > 100


def test_each_published_wrong_answer_is_corrected_and_explained(facts: Path, call: Call) -> None:
    file = facts / "exercises-wrong.yaml"
    code, out, _ = call("check", file, "--format", "json")
    told = json.loads(out)
    assert (code, told["passed"], told["failed"]) == (1, 0, len(SLIPS))
    correct = {problem["id"]: problem["correct"] for problem in yaml.safe_load(file.read_text())["problems"]}
    for row in told["problems"]:
        right = correct[row["id"]][row["key"]]
        sizes = [int(size) for size in str(right).split("x")]
        got = row["got"]
        assert got in (right, sizes, sizes * 2), row
        assert SLIPS[row["id"], row["key"]] in row["message"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_network_meets_what_it_expects(facts: Path, call: Call, jobs: str) -> None:
    code, out, _ = call("check", facts / "networks", "--jobs", jobs, "--format", "json")
    assert code == 0
    assert json.loads(out)["passed"] > 500


def test_the_quiz(root: Path, call: Call) -> None:
    code, out, _ = call("check", root / "specs" / "quiz.yaml", "--format", "json")
    rows = {(row["id"], row["key"]): row["got"] for row in json.loads(out)["problems"]}
    assert code == 0
    assert rows["Q1", "c1.output"] == [28, 28, 10]
    assert rows["Q1", "c1.params"] == 260
    assert rows["Q2", "pool.output"] == [10, 10, 32]
    assert rows["Q3", "p"] == 2
    assert [rows["Q4", key] for key in ("Conv1.params", "Conv2.params", "FC.params")] == [896, 18496, 163850]
    assert rows["Q4", "total.params"] == 183242
