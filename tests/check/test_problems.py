"""Problem files: what they may hold, and what becomes of a bad one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.check.verdicts import Verdict

One = Callable[..., Verdict]
Verdicts = Callable[[str], list[Verdict]]
Call = Callable[..., tuple[int, str, str]]

STRIDED = "input: 28x28x1\n    layers: [{conv: {filters: 1, kernel: k, stride: 2}}]\n    given: {conv1.output: 12x12}"
TWO = (
    "input: 28x28x1\n    layers: [{conv: {filters: 1, kernel: k, padding: p}}]\n"
    "    given: {conv1.output: 28x28}\n    expect: {params: '<= 30'}"
)


@pytest.mark.parametrize(
    "answer",
    ["c1.output: 28x28x10", "c1.output: [28, 28, 10]", "c1.output: 28x28", "c1.params: 260", "total.params: 260",
     "c1.params: 2.6e2", "c1.params: '2.6e2'", "c1.receptive_field: 5", "c1.receptive_field: 5x5", "c1.macs: '196,000'",
     "c1.effective_stride: 1", "c1.effective_padding: [2, 2]", "c1.weight_params: 250", "c1.flops: 392000",
     "total.peak_activation_bytes: 31360", "c1.params: [260]", "c1.activation_bytes: 31360"],
)  # fmt: skip
def test_right_answers(one: One, answer: str) -> None:
    verdict = one(answer)
    assert verdict.ok, verdict


@pytest.mark.parametrize(
    "answer",
    ["c1.output: 28x28x11", "c1.output: 10x28x28", "c1.output: 28", "c1.output: 28x28x10x1", "c1.params: 250",
     "c1.params: null", "c1.params: NaN", "c1.params: {a: 1}", "c2.params: 260", "c1.prams: 260",
     "p: 2", "c1: 5", "c1.params: ''", "c1.params: 26O", "c1.output: 0x0x0", f"c1.params: {'9' * 5000}"],
)  # fmt: skip
def test_wrong_answers_are_wrong_and_nothing_else(one: One, answer: str) -> None:
    verdict = one(answer)
    assert not verdict.ok
    assert verdict.code == 1


def test_a_receptive_field_that_is_not_there(one: One) -> None:
    network = "input: 8x8x1\n    layers: [{dense: {name: d, units: 3}}]"
    assert one("d.receptive_field: none", network).ok
    assert not one("d.receptive_field: 3", network).ok
    assert not one("d.receptive_field: null", network).ok


@pytest.mark.parametrize(
    ("answer", "ok"),
    [("5", True), ("6", True), ("[5, 6]", True), ("5 or 6", True), ("7", False), ("[5, 7]", False), ("5.5", False),
     ("k", False), ("null", False)],
)  # fmt: skip
def test_any_member_of_the_set_of_answers_is_right(one: One, answer: str, ok: bool) -> None:
    verdict = one(f"k: {answer}", STRIDED)
    assert (verdict.ok, verdict.got) == (ok, [5, 6])


def test_letters_that_depend_on_each_other_must_fit_together(verdicts: Verdicts) -> None:
    text = f"problems:\n  - id: Q\n    {TWO}\n    answers: {{k: %d, p: %d}}\n"
    assert [v.ok for v in verdicts(text % (5, 2))] == [True, True]
    assert [v.ok for v in verdicts(text % (3, 1))] == [True, True]
    wrong = verdicts(text % (5, 1))
    assert [v.ok for v in wrong] == [True, False]
    assert wrong[1].text == "k = 5, p = 1 do not fit together"


def test_numbers_that_follow_from_a_letter(one: One) -> None:
    network = (
        "input: 28x28x3\n    layers: [{conv: {filters: 1, kernel: k, padding: 2}}]\n    given: {conv1.output: 28x28}"
    )
    assert one("conv1.params: 76", network).ok
    assert one("conv1.params: 3k*k + 1", network).ok
    assert not one("conv1.params: 75", network).ok


def test_no_number_fits(one: One) -> None:
    verdict = one(
        "p: 2",
        "input: 28x28x1\n    layers: [{conv: {filters: 1, kernel: 4, padding: p}}]\n    given: {conv1.output: 28x28}",
    )
    assert (verdict.ok, verdict.got, verdict.code) == (False, None, 1)
    assert "conv1.output" in verdict.text


def test_symbolic_answers(one: One) -> None:
    network = "input: HxWx3\n    layers: [{conv: {filters: 10, kernel: 5, stride: 2}}]"
    assert one("conv1.output: '(⌊(H - 5)/2⌋ + 1)x(floor((W-5)/2)+1)x10'", network).ok
    assert one("conv1.output: '((H - 3)//2)x((W - 3)//2)x10'", network).ok
    assert not one("conv1.output: (H - 4)x(W - 4)x10", network).ok
    assert one("conv1.params: 760", network).ok


def test_tolerance(one: One) -> None:
    assert not one("c1.params: 259").ok
    assert one("c1.params: 259", more="tolerance: 0.01").ok
    assert not one("c1.params: 250", more="tolerance: 0.01").ok


def test_what_a_file_sets_for_all(verdicts: Verdicts) -> None:
    text = (
        "title: T\nlayout: channels_first\ntolerance: 0.1\ninput: 1x28x28\nproblems:\n"
        "  - {layers: [{conv: {filters: 10, kernel: 5}}], answers: {conv1.output: 10x24x24, conv1.params: 250}}\n"
        "  - {input: 3x8x8, layout: channels_last, tolerance: 0, layers: [relu], answers: {total.output: 3x8x8}}\n"
    )
    assert [verdict.ok for verdict in verdicts(text)] == [True, True, True]


def test_source_and_correct_are_not_read(one: One) -> None:
    assert one("c1.params: 260", more="source: {any: [thing]}\n    correct: 5").ok


def test_a_network_beside_the_file(verdicts: Verdicts, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: 28x28x1\nlayers: [{conv: {name: c, filters: 10, kernel: 5}}]\n")
    answers = "{c.output: 10x24x24, total.params: 260}"
    text = f"layout: channels_first\nproblems:\n  - {{id: a, network: net.yaml, answers: {answers}}}\n"
    assert [verdict.ok for verdict in verdicts(text)] == [True, True]
    (missing,) = verdicts("problems:\n  - {id: a, network: nett.yaml, answers: {c.params: 1}}\n")
    assert "exam.yaml:2:22" in missing.text
    assert "net.yaml" in missing.text
    (both,) = verdicts("problems:\n  - {id: a, network: net.yaml, input: 3, answers: {c.params: 1}}\n")
    assert "input is given together with network" in both.text


def test_of_a_multiple_choice_just_one_option_is_right(one: One) -> None:
    assert one("c1.params: 260", more="options: {c1.params: [260, 250, 26]}").ok
    assert "0 of the options" in one("c1.params: 260", more="options: {c1.params: [250, 26]}").text
    assert "2 of the options" in one("c1.params: 260", more="options: {c1.params: [260, 2.6e2]}").text
    assert "options are given" in one("c1.params: 260", more="options: {c1.macs: [260]}").text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("# only a comment", "holds nothing but comments"),
        ("[1, 2]", "a problem file must be a mapping"),
        ("3", "a problem file must be a mapping"),
        ("{}", "problems are missing"),
        ("problems: []", "problems must be a list"),
        ("problems: 5", "problems must be a list"),
        ("problms: []", '"problms" (did you mean "problems"?'),
        ("problems: [3]", "a problem must be a mapping"),
        ("problems: [{id: a}]", "input is missing"),
        ("problems:\n  - {id: a, input: 4x4x1, layers: [relu]}", "answers are missing"),
        ("problems:\n  - {id: a, input: 4x4x1, layers: [relu], answers: {}}", "answers must be"),
        ("problems:\n  - {id: [1], input: 4x4x1, layers: [relu], answers: {total.params: 0}}", "id must be"),
        ("problems:\n  - {id: a, input: 4x4x1, layers: [rleu], answers: {total.params: 0}}", 'did you mean "relu"'),
        ("problems:\n  - {id: a, mraks: 3, input: 4x4x1, layers: [relu], answers: {total.params: 0}}", '"mraks"'),
        ("problems:\n  - {id: a, marks: -3, input: 4x4x1, layers: [relu], answers: {total.params: 0}}", "marks"),
        ("problems:\n  - {id: a, marks: {b: 3}, input: 4x4x1, layers: [relu], answers: {total.params: 0}}", "marks"),
        ("problems:\n  - {id: a, tolerance: 2, input: 4x4x1, layers: [relu], answers: {total.params: 0}}", "tolerance"),
        ("problems:\n  - {id: a, follow_through: 2, input: 4, layers: [relu], answers: {total.params: 0}}", "follow"),
        ("problems: [", "exam.yaml:1:"),
        ("problems: {a: 1, a: 2}", "appears twice"),
        ("problems: !!python/object/apply:os.system [ls]", "tags are not allowed"),
    ],
)
def test_a_bad_file_is_one_row_with_the_place(verdicts: Verdicts, text: str, told: str) -> None:
    (row,) = verdicts(text)
    assert (row.ok, row.key, row.code) == (False, None, 1)
    assert told in row.text
    assert "exam.yaml:" in row.text


def test_the_same_id_twice(verdicts: Verdicts) -> None:
    first, second = verdicts(
        "problems:\n  - {id: a, input: 4, layers: [relu], answers: {total.params: 0}}\n"
        "  - {id: a, input: 4, layers: [relu], answers: {total.params: 0}}\n"
    )
    assert first.ok
    assert second.text.startswith(f"{second.file}:3:5: ")
    assert second.text.endswith(f'the id "a" is given twice (and at {second.file}:2:5)')


def test_an_answer_is_data_also_where_nothing_is_named(one: One) -> None:
    assert [one(f"nobody.{key}").expected for key in ("params: 3", "output: 2x3")] == [3, [2, 3]]


def test_one_bad_problem_among_others(verdicts: Verdicts) -> None:
    good = "  - {input: 4x4x1, layers: [relu], answers: {total.params: 0}}\n"
    bad = "  - {input: 4x4x1, layers: [{conv: {filters: 1, kernel: 9}}], answers: {total.params: 0}}\n"
    found = verdicts("problems:\n" + good + bad + good)
    assert [(v.id, v.ok) for v in found] == [("1", True), ("2", False), ("3", True)]
    assert "a 9×9 window does not fit into 4×4" in found[1].text


def test_over_a_limit_is_exit_4_and_the_rest_goes_on(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("[" * 100_000)
    (tmp_path / "b.yaml").write_text("problems:\n  - {input: 4, layers: [relu], answers: {total.params: 0}}\n")
    code, out, _ = call("check", tmp_path, "--format", "json")
    told = json.loads(out)
    assert (code, told["passed"], told["failed"]) == (4, 1, 1)


def test_one_malformed_file_among_300(call: Call, tmp_path: Path) -> None:
    for number in range(300):
        text = "problems:\n  - {input: 4x4x2, layers: [{conv: {filters: 3, kernel: 3}}], answers: {total.params: 57}}\n"
        (tmp_path / f"{number:03}.yaml").write_text("problems: [" if number == 150 else text)
    code, out, _ = call("check", tmp_path, "--jobs", 2, "--format", "json")
    told = json.loads(out)
    assert (code, told["passed"], told["failed"]) == (1, 299, 1)
    files = [row["file"] for row in told["problems"]]
    assert files == sorted(files)
    assert call("check", f"{tmp_path}/*.yaml", "--format", "json")[1] == out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("nowhere.yaml",), "does not exist"), (("no*where",), "no file matches"), ((".", "--jobs", "-1"), "--jobs"),
     ((".", "--jobs", "two"), "--jobs"), ((".", "--format", "xml"), "--format"),
     ((".", "--feedback", "x"), "--answers"), (("/dev/null",), "/dev/null"), ((), "path")],
)  # fmt: skip
def test_bad_usage(call: Call, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = call("check", *arguments)
    assert (code, out) == (2, "")
    assert told in err.lower()


def test_a_folder_without_problem_files_and_networks_that_expect_nothing(call: Call, tmp_path: Path) -> None:
    assert call("check", tmp_path)[0] == 2
    (tmp_path / "net.yaml").write_text("input: 4\nlayers: [relu]\n")
    code, _, err = call("check", tmp_path / "net.yaml")
    assert code == 2
    assert "nothing to check" in err


def test_a_network_file_is_checked_by_what_it_expects(call: Call, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "input: 4\nlayers: [{dense: {units: 3, expect: {params: 15}}}]\nexpect: {params: '<= 12'}\n"
    )
    code, out, _ = call("check", tmp_path / "net.yaml", "--format", "json")
    rows = [(row["key"], row["expected"], row["got"], row["ok"]) for row in json.loads(out)["problems"]]
    assert code == 1
    assert rows == [("dense1.params", 15, 15, True), ("total.params", "<= 12", 15, False)]


def test_a_solved_problem_is_told_in_numbers(one: One) -> None:
    """And an answer in the letters of the file is right as well."""
    network = (
        "input: 28x28x3\n    layers: [{conv: {filters: 4, kernel: 5, padding: p}}]\n    given: {conv1.output: 28x28}"
    )
    wrong = one("conv1.output: 27x27x4", network)
    assert (wrong.ok, wrong.got) == (False, [28, 28, 4])
    assert one("conv1.output: '(2p + 24)x(2p + 24)x4'", network).ok
