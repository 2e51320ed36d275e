"""Answers in the forms that people write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import parse
from cnncalc.check.answer_key import Judged, Leniency, Truth
from cnncalc.check.answers.answer import Answer
from cnncalc.check.answers.arithmetic import Unreadable, evaluate
from cnncalc.check.answers.compare import same
from cnncalc.check.answers.numbers import letter_values, numbers
from cnncalc.check.answers.sizes import sizes
from cnncalc.spec.demand import parse_key
from cnncalc.symbolic.arithmetic import ceil_div
from cnncalc.symbolic.expr import Letter

H, W = Letter("H"), Letter("W")

SIZE = "input: 30x30x3\nlayers: [{conv: {name: c, filters: 16, kernel: 3}}]"
OBLONG = "input: 22x12x4\nlayers: [{conv: {name: c, filters: 16, kernel: 3}}]"
VOLUME = "input: 8x22x12x1\nlayers: [{conv: {name: c, filters: 16, kernel: 3}}]"
LETTERS = "input: HxWxC\nlayers: [{conv: {name: c, filters: D, kernel: K}}]"


def judged(network: str, key: str, text: str, leniency: Leniency | None = None) -> Judged:
    return Truth(parse(network).network).judge(Answer(text, parse_key(key)), leniency or Leniency())


@pytest.mark.parametrize(
    ("network", "key", "texts"),
    [
        (SIZE, "c.output",
         ["28x28x16", "28×28×16", "(28, 28, 16)", "[28 28 16]", "[28, 28, 16]", "28 x 28 x 16", "28 X 28 X 16",
          "28*28*16",
          "28,28,16", "28;28;16", "28 28 16", "{28, 28, 16}", "２８×28×16", "(28)x(28)x(16)", "28x28x16 = 12544",
          "H×W×K = 28×28×16", "28x28, depth 16", "28 x 28 (depth: 16)", "16@28x28", "16 @ 28 × 28", "28x28@16",
          "28 by 28 by 16", "28 mal 28 mal 16", "28x28x16 px", "28px x 28px x 16", "W=28, H=28, D=16",
          "H: 28, W: 28, C: 16",
          "height 28, width 28, channels 16", "28 high, 28 wide, 16 deep", "16 feature maps of 28x28",
          "16 channels, 28x28",
          "28² x 16", "28^2x16", "28x28x16.", "the output is 28x28x16", "shape: (28, 28, 16)", "28,28 and 16",
          "(30-3)/1 + 1 = 28 so the output is 28x28x16", "(30-3+1)x(30-3+1)x16", "30-3+1 = 28 → 28×28×16",
          "28x28 with 16 filters", "ca. 28x28x16", "28x28, 16", "28x28;16", "28/28/16", "28|28|16", "28^2 * 16",
          "28 × 28 × 16 = 12,544",
          "CxHxW = 16x28x28", "16x28x28 (C×H×W)", "H_out = 28, W_out = 28, D_out = 16", "a 28x28x16 volume",
          "28\t28\t16",
          "28x28 px, 16 channels", "channels = 16, 28x28", "28 x 28 x 16 (H x W x C)", "28.0 x 28.0 x 16.0",
          "28 × 28 × 16 neurons"]),
        (OBLONG, "c.output", ["20x10x16", "W=10, H=20, D=16", "16@20x10", "20 high, 10 wide, 16 channels",
        "W×H×D: 10×20×16"]),
        (VOLUME, "c.output", ["6x20x10x16", "D=6, H=20, W=10, C=16", "16@6x20x10"]),
        (SIZE, "c.params",
         ["448", "448 parameters", "≈448", "ca. 448", "about 448", "approx. 448", "16×28", "16x28", "(3×3×3+1)×16",
          "16 x (3·3·3 + 1)", "3²·3·16+16", "3^3*16 + 16", "[3*3*3 + 1]*16", "896/2", "4.48e2", "4.48·10²", "0.448k",
          "0.448 k",
          "432 weights + 16 biases = 448", "432 + 16", "27*16 = 432, 432 + 16 = 448",
          "weights: 432, biases: 16, sum: 448",
          "448 params.", "448 (with bias)", "params = 448", "total: 448",
          "448 learnable parameters in all", "(27 + 1) * 16 = 448 parameters", "448 (432 + 16)", "4.48×10^2",
          "432 weights, 16 biases, 448 in total",
          "weights 432, biases 16, sum 448", "I think 448", "#params: 448", "448, because 16*28 = 448", "c. 448",
          "448 trainable/learnable",
          "448,0", "448.00",
          "so 448", "n=448", "16(27+1)"]),
        (SIZE, "c.receptive_field", ["3", "3x3", "3 px", "3 x 3 pixels", "3²", "3 by 3", "(3, 3)"]),
        (LETTERS, "c.params",
         ["D*K*K*C + D", "D(K*K*C + 1)", "(K^2*C + 1)*D", "K**2*C*D + D", "K²CD + D", "KKCD + D", "D + DCK²",
          "(K×K×C+1)×D",
          "D·(C·K² + 1)", "params = D(K²C + 1)", "K²·C·D weights + D biases", "D[K²C + 1]", "d(k²c + 1)"]),
        (LETTERS, "c.output", ["(H - K + 1)x(W - K + 1)xD", "(H-K+1) × (W-K+1) × D", "[H-K+1, W-K+1, D]",
        "(1+H-K, 1+W-K, D)"]),
        (LETTERS, "c.bias_params", ["D", "1*D", "2D - D"]),
    ],
)  # fmt: skip
def test_every_spelling_of_the_right_answer_is_right(network: str, key: str, texts: list[str]) -> None:
    assert [text for text in texts if not judged(network, key, text).right] == []


@pytest.mark.parametrize(
    ("network", "key", "wrong", "unread"),
    [
        (SIZE, "c.output", ["28x28", "28", "28x28x3", "16x28x28", "27x27x16", "784x16", "12544", "28.5x28.5x16",
        "16 28 28",
                            "27.5x27.5x16", "28@16x28", "W=27, H=28, D=16"],
         ["", "?", "-", "no idea", "28x28x16 or 26x26x16", "28xx28", "x28", "not 28x28x16", ">= 28x28x16",
          "H x W x 16", "28x28x16, stride 1"]),
        (OBLONG, "c.output", ["10x20x16", "W=20, H=10, D=16", "16@10x20"], []),
        (SIZE, "c.params", ["432", "-448", "44,8", "4480", "0.448", "448k", "4²", "16*27", "16/28", "4.48"],
         ["", "448 or 432", "448, 432", "448 bytes", "448 MB", "not 448", "at least 448", "> 448", "minus 448",
          "NaN", "1e400",
          "twice 448", "432 and 16", "K*K*C", "half of 896", "<448", "four hundred"]),
        (LETTERS, "c.params", ["K*K*C*D", "(K*C + 1)*D", "K^2*C + D", "D*K*K*(C+1)", "448", "D"],
         ["F*K*K*C + F", "idk", "D(K²C + 1", "0.5D"]),
        (LETTERS, "c.output", ["(H - K)x(W - K)xD", "(W - K + 1)x(H - K + 1)xD"], []),
    ],
)  # fmt: skip
def test_no_other_answer_is_right_and_what_cannot_be_read_is_said_to_be_so(
    network: str, key: str, wrong: list[str], unread: list[str]
) -> None:
    assert {text: judged(network, key, text).right for text in wrong} == dict.fromkeys(wrong, False)
    assert {text: judged(network, key, text).right for text in unread} == dict.fromkeys(unread)


def test_the_spellings_of_the_facts(facts: Path) -> None:
    problems = yaml.safe_load((facts / "spellings.yaml").read_text(encoding="utf-8"))["problems"]
    networks = {p["id"]: f"input: {p['input']}\nlayers: {json.dumps(p['layers'])}" for p in problems}
    cases = json.loads((facts / "spellings.json").read_text(encoding="utf-8"))
    assert len(cases) > 80
    got = [judged(networks[case["problem"]], case["key"], case["answer"]).right is True for case in cases]
    assert [case for case, right in zip(cases, got, strict=True) if right is not case["right"]] == []


def test_a_superscript_is_a_power_and_no_digit() -> None:
    network = "input: 52\nlayers: [{dense: {name: d, units: 1, bias: false}}]"
    assert judged(network, "d.params", "52").right
    assert judged(network, "d.params", "5²") == Judged(right=False, value=25)


@pytest.mark.parametrize(
    ("text", "right", "read"),
    [("1.216", True, True), ("1,216", True, True), ("1216", True, False), ("1 216", True, False), ("1.216,0", True,
     False),
     ("1.217", False, False), ("1,21", False, False)],
)  # fmt: skip
def test_what_a_comma_or_a_full_stop_means_is_decided_by_the_right_answer(text: str, right: bool, read: bool) -> None:
    network = "input: 9x9x3\nlayers: [{conv: {name: c, filters: 16, kernel: 5}}]"
    found = judged(network, "c.params", text)
    assert (found.right, found.read) == (right, read)
    assert found.value == 1216 or not right


@pytest.mark.parametrize(
    ("text", "right"),
    [("18,560", True), ("18560 bytes", True), ("18560 B", True), ("18.56 kB", True), ("18.56 KB", True),
     ("18.125 KiB", True),
     ("18.125 kB", True), ("18.125 KB", True), ("4640*4 bytes", True), ("18.56 MB", False), ("18560 KiB", False),
     ("4640", False)],
)  # fmt: skip
def test_bytes_may_have_units(text: str, right: bool) -> None:
    network = "input: 16x16x16\nlayers: [{conv: {name: c, filters: 32, kernel: 3}}]"
    assert judged(network, "c.weight_bytes", text).right is right


@pytest.mark.parametrize("text", ["32x14x20", "20x14x32", "14x32x20", "32@20x14"])
def test_sizes_in_any_order(text: str) -> None:
    network = "input: 16x22x3\nlayers: [{conv: {name: c, filters: 32, kernel: 3}}]"
    assert judged(network, "c.output", text).right is False
    assert judged(network, "c.output", text, Leniency(any_order=True)).right
    assert judged(network, "c.output", "14x20x31", Leniency(any_order=True)).right is False


@pytest.mark.parametrize(
    ("text", "number"),
    [("183242", 183242), ("183,242", 183242), ("1.83e5", 183000), ("183'242", 183242), ("183 242", 183242),
     ("1.83242e5", 183242), ("+5", 5), ("-5", -5), ("−5", -5), ("260.0", 260), ("5*5*10 + 10", 260),
     ("(5·5·1 + 1)·10 = 260", 260), ("p = 2", 2), ("=7", 7), ("6/3", 2), ("2^3^2", 512), ("-3^2", -9), ("2*-3", -6),
     ("⌊7/2⌋ + 1", 4), ("⌈7/2⌉ + 1", 5), ("floor(7/2)", 3), ("ceil(7/2)", 4), ("7//2", 3), ("2 - 3 - 4", -5),
     ("8/4/2", 1)],
)  # fmt: skip
def test_numbers(text: str, number: int) -> None:
    assert numbers(text)[0][0] == number


@pytest.mark.parametrize(
    "text", ["", " ", "28x", "28xx28", "()", "((((", "]", "1,2,3", "9" * 1_000_000, "(" * 100_000, "1/0", "1_0_0",
    "(1]",
             "\x00", "\u202e28", "2^100", "9^20^20", "1 2", "(1)2"]
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert not any(numbers(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [("⌊(H - 1)/2⌋ + 1", (H - 1) // 2 + 1), ("floor((H-1)/2)+1", (H - 1) // 2 + 1), ("(H+1)//2", (H - 1) // 2 + 1),
     ("⌈H/2⌉", ceil_div(H, 2)), ("⌈H/2 + 1⌉", ceil_div(H, 2) + 1), ("ceil((H + 3)/4)", ceil_div(H + 3, 4)),
     ("10(H - 4)(W - 4)", 10 * (H - 4) * (W - 4)), ("H*W*10", 10 * H * W), ("2H", H + H), ("HW", H * W), ("H²W",
     H * H * W),
     ("H^2", H * H)],
)  # fmt: skip
def test_expressions_that_are_the_same(text: str, number: object) -> None:
    assert same(numbers(text)[0][0], number)


@pytest.mark.parametrize("text", ["H/2", "⌈(H - 1)/2⌉ + 1", "H - 4", "W", "5", "(H - 1)/2"])
def test_expressions_that_are_not(text: str) -> None:
    assert not same(numbers(text)[0][0], (H - 1) // 2 + 1)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2", [2]), ("2 or 3", [2, 3]), ("{2, 3}", [2, 3]), ("p = 2", [2]), ("k = 5, p = 2", [2]), ("P=2 on both sides",
     [2]),
     ("3 px", [3]), ("3 on each side", [3]), ("(5-1)/2 = 2", [2]), ("2,5", [2, 5]), ("p >= 2", None), ("many", None),
     ("at least 2", None)],
)  # fmt: skip
def test_numbers_for_a_letter(text: str, numbers: list[int] | None) -> None:
    found = letter_values(text, "p")
    assert [list(numbers) for numbers in found] == ([] if numbers is None else [numbers])


@given(st.text(max_size=60) | st.text("0123456789xX×*,;.()[]{}+-/^²³ eEHWp⌊⌋⌈⌉=@kMB", max_size=300))
def test_nothing_breaks_the_reading(text: str) -> None:
    for key in ("c.output", "c.params", "c.weight_bytes", "c.receptive_field", "p"):
        for reading in Answer(text, parse_key(key)).readings("HW", "channels_last"):
            assert isinstance(reading, list) == (key in ("c.output", "c.receptive_field", "p"))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4))
def test_what_is_written_is_read(sides: list[int]) -> None:
    for text in ("x".join(map(str, sides)), str(sides), str(tuple(sides)), " × ".join(map(str, sides))):
        assert tuple(sides) in [reading for group in sizes(text) for reading in group]


EXPRESSIONS = st.recursive(
    st.integers(0, 99).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_calculations_are_those_of_python(text: str) -> None:
    expected = eval(text)  # made of digits, brackets and + - * alone
    assert evaluate(text) == expected
    assert evaluate(text.replace("(", "[").replace(")", "]")) == expected


@given(st.integers(0, 10**12), st.sampled_from(",.' "))
def test_thousands_may_be_grouped_by_any_sign(number: int, sign: str) -> None:
    assert number in numbers(f"{number:,}".replace(",", sign))[0]


def test_work_is_bounded() -> None:
    with pytest.raises(Unreadable):
        evaluate("9" * 60)
    for text in ("9^9^9^9", "(" * 199, "-" * 199, "2^" * 99 + "2", "HW" * 99, "=" * 200, "9,999" * 40):
        assert not any(isinstance(n, int) and n > 10**40 for group in numbers(text) for n in group)


def test_tolerance_is_relative_and_whole_numbers_are_exact_without() -> None:
    assert not same(541_988, 542_230)
    assert same(541_988, 542_230, 0.01)
    assert not same(541_988, 542_230, 0.0001)
    assert same(evaluate("0.5"), 0.5)
    assert same(evaluate("1/3"), 1 / 3)


SHEET = """
problems:
  - id: Q
    input: 9x9x3
    layers: [{conv: {name: c, filters: 16, kernel: 5}}]
    options: {c.output: [5x5x16, 5x5x3, 9x9x16]}
    answers: {c.output: 5x5x16, c.params: 1216}
"""
Mark = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("a", "right"), ("(a)", "right"), ("A)", "right"), ("a) 5x5x16", "right"), ("b", "wrong"), ("(c).", "unread"),
     ("d", "unread"), ("5x5x16", "right")],
)  # fmt: skip
def test_an_option_may_be_named_by_its_letter(mark: Mark, text: str, verdict: str) -> None:
    assert mark(SHEET, ("Q", "c.output", text))[0]["verdict"] == verdict


def test_the_row_says_how_an_answer_was_read(mark: Mark) -> None:
    rows = [mark(SHEET, ("Q", "c.params", text))[1] for text in ("1.216", "1216", "1.217", "idk")]
    assert [row["read_as"] for row in rows] == [1216, None, None, None]
    assert [row["verdict"] for row in rows] == ["right", "right", "wrong", "unread"]
    assert [row["ok"] for row in rows] == [True, True, False, None]


def test_unread_answers_are_listed_and_do_not_count_as_wrong(call: Any, tmp_path: Any) -> None:
    (tmp_path / "exam.yaml").write_text(SHEET, encoding="utf-8")
    (tmp_path / "sheet.csv").write_text("student,problem,key,answer\nS1,Q,c.params,idk\nS2,Q,c.params,1216\n")
    arguments = ("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv")
    data = json.loads(call(*arguments, "--format", "json")[1])
    assert data["unread"] == [{"student": "S1", "problem": "Q", "key": "c.params", "answer": "idk"}]
    assert data["questions"][1]["unread"] == 1
    assert "could not be read" in call(*arguments)[1]
    assert "could not be read" in call(*arguments, "--format", "markdown")[1]
    assert "could not be read" in call(*arguments, "--format", "junit")[1]
    assert "S1,Q,c.params,idk,1216,,unread,0" in call(*arguments, "--format", "csv")[1]
