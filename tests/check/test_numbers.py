"""Answers that are numbers: every published example, each of its numbers changed."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc.check.answers import matrix
from cnncalc.check.batch import check_all
from cnncalc.check.marking.exam import Exam
from cnncalc.check.marking.sheets import Cell
from cnncalc.errors import Mark, Source
from cnncalc.limits import Limits

HANDS = Path(__file__).parents[1] / "facts" / "hands.yaml"
CONV = """
problems:
  - id: Q
    input: 4x4x1
    layers: [{conv: {name: c, filters: 1, kernel: 2, stride: 2, bias: false}}, {maxpool: {name: m, size: 2}}]
    values:
      input: [[1, 2, 0, 1], [3, 1, 1, 0], [0, 1, 2, 2], [1, 0, 1, 3]]
      c.kernel: [[1, 0], [0, 2]]
    answers: {c.values: [[3, 0], [0, 8]], m.values: 8}
"""


def hands() -> list[dict[str, Any]]:
    """The published problems."""
    found: list[dict[str, Any]] = yaml.safe_load(HANDS.read_text())["problems"]
    return found


def verdicts(folder: Path, problems: list[dict[str, Any]]) -> list[Any]:
    (folder / "p.yaml").write_text(yaml.safe_dump({"problems": problems}, sort_keys=False))
    return [verdict for file in check_all([str(folder / "p.yaml")], Limits()) for verdict in file]


def changed(answer: Any, number: int, change: Any) -> Any:
    """``answer`` with its number of that index changed."""
    flat = list(matrix.leaves(answer))
    flat[number] = change(flat[number])
    sizes, inner = [], answer
    while isinstance(inner, list):
        sizes.append(len(inner))
        inner = inner[0]
    return matrix.folded(flat, tuple(sizes))


def beside(written: str, sign: int) -> float:
    """The number with its last digit one higher or lower; two if it would end in a zero, which is not written."""
    decimals = len(written.partition(".")[2])
    found = (Fraction(written) + Fraction(sign * step, 10**decimals) for step in (1, 2))
    return next(float(n) for n in found if len(str(float(n)).partition(".")[2]) >= decimals)


def test_every_published_example_is_right(tmp_path: Path) -> None:
    found = verdicts(tmp_path, hands())
    assert [v for v in found if not v.ok] == []
    assert len(found) == sum(len(problem["answers"]) for problem in hands())


@pytest.mark.parametrize("sign", [1, -1])
def test_any_one_number_changed_is_wrong(tmp_path: Path, sign: int) -> None:
    """By one in its last digit."""
    copies = []
    for problem in hands():
        for key, answer in problem["answers"].items():
            for number in range(len(list(matrix.leaves(answer)))):
                other = changed(answer, number, lambda n: beside(str(n), sign))
                copies.append({**problem, "id": f"{problem['id']} {number} {key}", "answers": {key: other}})
    found = verdicts(tmp_path, copies)
    assert len(found) == len(copies) > 90
    assert [v.id for v in found if v.ok] == []
    assert all(v.text.startswith("the answer has") for v in found if not v.ok)


@pytest.mark.parametrize(
    ("written", "right", "ok"),
    [
        ("0.659", 0.659001, True), ("0.66", 0.659001, True), ("0.658", 0.659001, False), ("0.6589", 0.65906, False),
        ("0.13", 0.125, True), ("0.12", 0.125, True), ("0.11", 0.125, False), ("-0.13", -0.125, True),
        ("0.809", 0.80983, False), ("0.80", 0.80983, False), ("0.810", 0.80983, True), ("0.811", 0.80983, False),
        ("-0.810", -0.80983, True), ("0.810", -0.80983, False), ("1/3", 1 / 3, True), ("1/3", 0.3334, False),
        ("3", 3.0, True), ("3", 3.2, True), ("3", 3.6, False), ("2e3", 2400.0, True), ("2.0e3", 2400.0, False),
        ("1.5*10^-3", 0.0015, True), ("1.5·10⁻³", 0.0015, True), ("1", float("nan"), False),
    ],
)  # fmt: skip
def test_a_number_is_right_when_the_true_one_rounds_to_it(written: str, right: float, ok: bool) -> None:
    (found,) = matrix.read(written)
    assert found.cells[0] is not None
    assert found.cells[0].says(right) is ok


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        ("0.4755, 0.2884, 0.2361", True), ("0.4754, 0.2883, 0.2361", True), ("0.4754, 0.2884, 0.2361", False),
        ("0.4755, 0.2883, 0.2361", False), ("0.4754, 0.2883, 0.2360", False), ("0, 0, 0", True), ("1, 0, 0", False),
    ],
)  # fmt: skip
def test_numbers_that_are_all_cut_off_are_right_but_one_alone_is_not(tmp_path: Path, answer: str, ok: bool) -> None:
    """Softmax gives 0.475485, 0.288396, 0.236119."""
    net = "input: 3, layers: [softmax], values: {input: [1, 0.5, 0.3]}"
    (tmp_path / "p.yaml").write_text(f"problems:\n  - {{{net}, answers: {{softmax1.values: [{answer}]}}}}")
    assert [v.ok for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file] == [ok]


def test_a_tolerance_takes_the_place_of_rounding(tmp_path: Path) -> None:
    text = "problems:\n  - {input: 1, layers: [tanh], values: {input: 1}, tolerance: %s, answers: {tanh1.values: %s}}"
    for tolerance, answer, ok in (
        ("0.1", "0.7", True),
        ("0.01", "0.7", False),
        ("0.0001", "0.76", False),
        ("0", "0.76", True),
    ):
        (tmp_path / "p.yaml").write_text(text % (tolerance, answer))
        assert [v.ok for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file] == [ok]


def marked(tmp_path: Path, text: str, answers: dict[str, str]) -> list[Any]:
    (tmp_path / "q.yaml").write_text(text)
    exam = Exam([str(tmp_path / "q.yaml")], Limits())
    assert (exam.broken, exam.warnings) == ([], [])
    mark = Mark(Source("sheet", ""), 1, 1)
    (student,) = exam.mark([Cell("A", "Q", key, answer, mark) for key, answer in answers.items()])
    return student.answers


def test_marks_are_shared_over_the_cells(tmp_path: Path) -> None:
    answer, other = marked(tmp_path, CONV, {"c.values": "3 0; 1 8", "m.values": "8"})
    assert (answer.verdict, answer.marks, answer.why) == ("wrong", Fraction(3, 4), "has 1 in row 2, column 1 (not 0)")
    assert (other.verdict, other.marks) == ("right", 1)
    weighty = CONV.replace("    answers", "    marks: {c.values: 8}\n    answers")
    assert marked(tmp_path, weighty, {"c.values": "3 0; ? 9"})[0].marks == 4
    by_cell = CONV.replace("    answers", "    marks: {c.values: [[1, 1], [0, 3]]}\n    answers")
    assert [marked(tmp_path, by_cell, {"c.values": answer})[0].marks for answer in ("3 0; 1 8", "3 0; 0 9")] == [5, 2]


def test_marks_of_another_number_of_cells_are_refused(tmp_path: Path) -> None:
    problem = {**yaml.safe_load(CONV)["problems"][0], "marks": {"c.values": [1, 2]}}
    first, second = verdicts(tmp_path, [problem])
    assert (first.ok, second.ok) == (False, True)
    assert "marks are given for 2 numbers, but the answer has 4" in first.text


def test_what_follows_from_a_students_own_map_is_follow_through(tmp_path: Path) -> None:
    answer, other = marked(tmp_path, CONV, {"c.values": "3 9; 0 8", "m.values": "9"})
    assert (answer.verdict, other.verdict, other.marks) == ("wrong", "follow-through", 1)


def test_other_sizes_are_told(tmp_path: Path) -> None:
    answer, other = marked(tmp_path, CONV, {"c.values": "3 0 1; 0 8 1", "m.values": "none of these"})
    assert (answer.marks, answer.why) == (0, "is 2×3; 2×2 asked for")
    assert other.verdict == "unread"


def test_maps_may_be_written_one_after_the_other(tmp_path: Path) -> None:
    text = """
problems:
  - id: Q
    input: 2x2x1
    layers: [{conv: {name: c, filters: 3, kernel: 1, bias: false}}]
    values: {input: [[1, 2], [3, 4]], c.kernel: [1, 10, 100]}
    answers: {c.values: [[[1, 10, 100], [2, 20, 200]], [[3, 30, 300], [4, 40, 400]]]}
"""
    for answer in ("1 2; 3 4 | 10 20; 30 40 | 100 200; 300 400", "1 2\n3 4\n\n10 20\n30 40\n\n100 200\n300 400",
                   "[[[1, 2], [3, 4]], [[10, 20], [30, 40]], [[100, 200], [300, 400]]]",
                   "[[[1, 10, 100], [2, 20, 200]], [[3, 30, 300], [4, 40, 400]]]"):  # fmt: skip
        assert marked(tmp_path, text, {"c.values": answer})[0].verdict == "right"
    (found,) = marked(tmp_path, text, {"c.values": "1 2; 3 4 | 10 20; 30 40 | 100 200; 300 5"})
    assert found.why == "has 5 in row 2, column 2, channel 3 (not 400)"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    given = {"input": [1, 2], "dense1.kernel": [[1, 2], [3, 4]]}
    asked = {"relu1.values": [1, 2], "dense2.values": 3}
    problems = [{"input": 2, "layers": [{"dense": 2}, "relu", {"dense": 1}], "values": given, "answers": asked}]
    first, second = verdicts(tmp_path, problems)
    assert not first.ok
    assert re.search(r"relu1.values needs numbers that are not given: dense1.bias \(", first.text)
    assert "dense1.bias, dense2.kernel, dense2.bias" in second.text


def test_values_of_a_file_and_of_a_network_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text(
        "input: 2\nlayers: [{dense: {name: d, units: 1}}]\nvalues: {d.kernel: [1, 2], d.bias: 0}"
    )
    (tmp_path / "p.yaml").write_text(
        "problems:\n  - {network: n.yaml, values: {input: [3, 4]}, answers: {d.values: 11}}\n"
        "  - {network: n.yaml, values: {input: [3, 4], d.bias: 1}, answers: {d.values: 12}}\n"
    )
    assert [v.ok for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file] == [True, True]


LEARNS = """
problems:
  - id: Q
    input: 2
    layers: [{dense: {name: d, units: 2, activation: %s}}]
    values: {input: [1, 2], d.kernel: [[0.5, 1], [0, -1]], d.bias: [0, 1], %s}
    objective: {loss: %s}
    answers: %s
"""


@pytest.mark.parametrize(
    ("function", "target", "loss", "answers"),
    [
        # y = (0.5, 0); L = ½·((0.5 − 1)² + 1²) = 0.625; dL/dW = x·(y − t)ᵀ
        ("linear", "target: [1, 1]", "squared_error",
         "{loss: 0.625, d.bias.gradient: [-0.5, -1], d.kernel.gradient: [[-0.5, -1], [-1, -2]]}"),
        ("linear", "target: [1, 1]", "absolute_error", "{total.loss: 1.5, d.bias.gradient: [-1, -1]}"),
        # softmax(0.5, 0) = (0.62246, 0.37754), −ln of the second is 0.97408
        ("softmax", "target: [0, 1]", "cross_entropy", "{loss: 0.97408, d.bias.gradient: [0.62246, -0.62246]}"),
        ("softmax", "target: 1", "cross_entropy", "{loss: 0.97408, d.kernel.gradient: '0.62 -0.62; 1.24 -1.24'}"),
    ],
)  # fmt: skip
def test_a_loss_and_its_gradients_are_answers(
    tmp_path: Path, function: str, target: str, loss: str, answers: str
) -> None:
    (tmp_path / "p.yaml").write_text(LEARNS % (function, target, loss, answers))
    found = [v for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file]
    assert [(v.key, v.ok, v.text) for v in found] == [(v.key, True, "") for v in found]


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ("{d.kernal.gradient: 1}", 'dense "d" has no weight "kernal" (did you mean "kernel"?)'),
        ("{e.kernel.gradient: 1}", 'no layer is called "e"'),
        ("{kernel.gradient: 1}", '"kernel.gradient" names no weight'),
        ("{loss: 1}", "loss needs numbers that are not given: target"),
        ("{d.bias.gradient: 1}", "d.bias.gradient needs numbers that are not given: target"),
    ],
)
def test_what_is_no_gradient_is_told(tmp_path: Path, answers: str, text: str) -> None:
    (tmp_path / "p.yaml").write_text((LEARNS % ("linear", "", "squared_error", answers)).replace(", }", "}"))
    (found,) = [v for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file]
    assert not found.ok
    assert text in found.text


def test_numbers_follow_where_a_letter_is_settled(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "problems:\n  - input: [4, 1]\n    layers: [{conv: {name: c, filters: 1, kernel: k, bias: false}}]\n"
        "    given: {c.output: 3}\n    values: {input: [1, 2, 3, 4], c.kernel: [1, -1]}\n"
        "    answers: {k: 2, c.values: [-1, -1, -1]}\n"
    )
    found = [v for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file]
    assert [(v.ok, v.text) for v in found] == [(True, "")] * 2


CANCELLING = [
    (
        "{input: 3, layers: [{dense: {name: d, units: 2, activation: relu}}], values: {input: [0.1, 0.2, -0.3],"
        " d.kernel: [[1, 1], [1, 2], [1, 1]], d.bias: [0, 0]}, answers: {d.values: [0, 0.2]}}",
        "relu(0) = 0",
    ),
    (
        "{input: 2x1, layers: [{conv: {name: d, filters: 1, kernel: 2}}], values: {input: [0.3, -0.1],"
        " d.kernel: [0.1, 0.3], d.bias: 0}, answers: {d.values: 0}}",
        "(−0.1)·0.3 + 0 = 0",
    ),
    (
        "{input: [1, 2], layers: [{rnn: {name: d, units: 1}}], values: {input: [1, -1], d.kernel: [0.1, 0.4],"
        " d.recurrent_kernel: 0.4, d.bias: 0.1, d.initial_state: 0.5}, answers: {d.values: 0}}",
        "tanh(1·0.1 + (−1)·0.4 + 0.5·0.4 + 0.1) = 0",
    ),
]


@pytest.mark.parametrize(("problem", "line"), CANCELLING)
def test_a_sum_that_cancels_is_zero_in_the_answer_and_in_its_working(tmp_path: Path, problem: str, line: str) -> None:
    from cnncalc.render.trace import worked

    stated = yaml.safe_load(problem)
    (verdict,) = verdicts(tmp_path, [{"id": "Q", "text": "t", **stated}])
    assert verdict.ok
    assert list(matrix.leaves(verdict.got)) == list(matrix.leaves([stated["answers"]["d.values"]]))
    exam = Exam([str(tmp_path / "p.yaml")], Limits())
    truth = exam.problems["Q"].truth
    assert any(line in text for text in worked(truth.computed.exact.traced(truth.summary.rows_by_name["d"])))


def test_numbers_that_are_small_by_themselves_stay(tmp_path: Path) -> None:
    small = {"input": [1e-20, 1e-21], "d.kernel": [1, 1], "d.bias": 0}
    steep = {"input": [1, 0], "d.kernel": [-40, 0], "d.bias": 0}
    problems: list[dict[str, Any]] = [
        {"layers": [{"dense": {"name": "d", "units": 1}}], "values": small, "answers": {"d.values": 1.1e-20}},
        {
            "layers": [{"dense": {"name": "d", "units": 1, "activation": "sigmoid"}}],
            "values": steep,
            "answers": {"d.values": 4.248e-18},
        },
    ]
    found = verdicts(tmp_path, [{"id": str(n), "text": "t", "input": 2, **one} for n, one in enumerate(problems)])
    assert [float(f"{next(matrix.leaves([verdict.got])):.4g}") for verdict in found] == [1.1e-20, 4.248e-18]


def test_an_answer_that_is_no_numbers_at_all_is_not_called_missing(tmp_path: Path) -> None:
    problem = yaml.safe_load(CONV)["problems"][0]
    found = verdicts(tmp_path, [problem | {"answers": {"c.values": {"a": 1}, "m.values": None}}])
    assert [verdict.text for verdict in found] == ["the answer cannot be read", "there is no answer"]


@pytest.mark.parametrize("whole", [1234567, 12345679234567, -987654321, 999999999999999])
def test_every_digit_of_a_whole_number_is_told(tmp_path: Path, whole: int) -> None:
    from cnncalc.render.trace import worked

    problem = {
        "id": "Q", "text": "t", "input": 1, "layers": [{"dense": {"name": "d", "units": 1, "bias": False}}],
        "values": {"input": 1, "d.kernel": whole}, "answers": {"d.values": whole // 2},
    }  # fmt: skip
    (verdict,) = verdicts(tmp_path, [problem])
    assert list(matrix.leaves([verdict.got])) == [whole]
    assert f"(not {whole})".replace("-", "−") in verdict.text
    truth = Exam([str(tmp_path / "p.yaml")], Limits()).problems["Q"].truth
    (line,) = worked(truth.computed.exact.traced(truth.summary.rows_by_name["d"]))
    assert line.endswith(f"= {whole}".replace("-", "−"))


def test_a_layer_of_a_block_is_the_nearest_to_its_own_name(tmp_path: Path) -> None:
    problem = {
        "id": "Q", "text": "t", "input": 2, "encoder": [{"dense": {"name": "e", "units": 1}}],
        "decoder": [{"dense": {"name": "d", "units": 2}}],
        "values": {"input": [1, 2], "d.kernel": [1, 1], "e.bias": 0}, "answers": {"loss": 1},
    }  # fmt: skip
    (verdict,) = verdicts(tmp_path, [problem])
    assert 'did you mean "decoder/d.kernel"?' in verdict.text
    assert 'did you mean "encoder/e.bias"?' in verdict.text


def test_numbers_that_overflow_are_refused(tmp_path):
    path = tmp_path / "exam.yaml"
    values = "{input: [1e308, 1e308], d.kernel: [10, 10], d.bias: 0}"
    layers = "[{dense: {name: d, units: 1}}]"
    path.write_text(
        f"problems:\n  - {{id: Q1, input: 2, layers: {layers}, values: {values}, answers: {{d.values: 0}}}}\n"
    )
    ((found,),) = check_all([str(path)], Limits())
    assert not found.ok
    assert "not finite" in found.text
