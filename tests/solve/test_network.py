"""The letters of whole networks: against every number tried in the file, and by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from cnncalc import api
from cnncalc.errors import LimitError, NoSolution, SpecError
from cnncalc.solve import NetworkSolution
from cnncalc.solve.unsolved import Unsolved

MOST = 24  # letters are tried up to here


def solve(text: str) -> NetworkSolution:
    return api.parse(text).solve()


class Random:
    """A network of layers drawn by lot, one number of which is the letter p; what is demanded comes out for some p."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.numbers: list[str] = []
        rng = self.rng
        size = rng.randint(6, 20)
        self.input = f"{self.number(size)}x{rng.choice((size, size + 1))}x{self.number(rng.choice((1, 2, 4)))}"
        self.layers = [self.layer() for _ in range(rng.randint(1, 5))]
        if rng.random() < 0.4:
            self.layers += ["dense: {units: " + self.number(rng.randint(1, 9)) + "}"]
        drawn = self.input + " ".join(self.layers)
        self.letter = rng.choice([place for place in range(len(self.numbers)) if f"<{place}>" in drawn])

    def number(self, value: int) -> str:
        """A place for a number, which may become the letter."""
        self.numbers.append(str(value))
        return f"<{len(self.numbers) - 1}>"

    def layer(self) -> str:
        n, rng = self.number, self.rng
        window = f"kernel: {n(rng.randint(1, 4))}, stride: {n(rng.randint(1, 3))}, padding: {n(rng.randint(0, 2))}"
        filters = n(rng.choice((2, 4, 6)))
        forms = [
            f"conv: {{filters: {filters}, {window}, dilation: {n(rng.randint(1, 2))}}}",
            f"conv: {{filters: {filters}, {window}, groups: {n(rng.choice((1, 2)))}}}",
            f"conv: {{filters: {filters}, kernel: {n(3)}, stride: {n(rng.randint(1, 3))}, padding: same}}",
            f"depthwise_conv: {{{window}}}",
            f"transposed_conv: {{filters: {filters}, {window}, output_padding: {n(rng.choice((0, 0, 1)))}}}",
            f"maxpool: {{size: {n(rng.randint(1, 3))}, stride: {n(2)}, padding: {n(rng.choice((0, 1)))}}}",
            f"avgpool: {{size: {n(rng.randint(2, 3))}, ceil_mode: true}}",
            f"upsample: {n(2)}", f"pad: {n(rng.randint(0, 2))}", f"crop: {n(rng.randint(0, 1))}",
            f"pixel_unshuffle: {n(2)}", f"groupnorm: {n(rng.choice((1, 2)))}", f"channel_shuffle: {n(2)}",
            f"residual: {{body: [conv: {{filters: {filters}, kernel: {n(3)}, padding: {n(1)}}}], "
            f"shortcut: [conv: {{filters: {filters}, kernel: 1}}]}}",
            f"parallel: {{branches: [[conv: {{filters: {filters}, kernel: 3, padding: {n(1)}}}], [maxpool: "
            f"{{size: 3, stride: 1, padding: 1}}]]}}",
        ]  # fmt: skip
        return rng.choice(forms)

    def text(self, letter: str, demands: str = "") -> str:
        text = f"input: {self.input}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in self.layers) + demands
        for place, number in enumerate(self.numbers):
            text = text.replace(f"<{place}>", letter if place == self.letter else number)
        return text

    def fitting(self) -> list[int]:
        """The numbers with which the layers fit each other."""
        return [number for number in range(MOST // 2) if _summary(self.text(str(number)))]

    def demands(self, number: int) -> str:
        """One or two quantities as they come out for that number."""
        summary = _summary(self.text(str(number)))
        row = self.rng.choice(summary.rows)
        sizes = "x".join(map(str, row.output.sizes))
        shift = self.rng.choice((0, 0, 0, 0, 1))  # now and then something that hardly comes out
        both = f'expect: {{params: ">= {summary.totals.params}"}}\n'
        return self.rng.choice(
            [f"given: {{{row.name}.output: {sizes}}}\n", f"expect: {{params: {summary.totals.params + shift}}}\n",
             f'expect: {{macs: "<= {summary.totals.macs + shift}"}}\n', f"given: {{{row.name}.output: {sizes}}}\n",
             f'expect: {{activations: {summary.totals.activations + shift}}}\n', "",
             f"{both}given: {{{row.name}.activations: {row.activations}}}\n"]
        )  # fmt: skip


def _summary(text: str) -> Any:
    try:
        return api.parse(text).summary()
    except (SpecError, LimitError):
        return None


def _meets(text: str) -> bool:
    """Whether the network in the text fits and does what it demands, ``given`` read as ``expect``."""
    try:
        net = api.parse(text)
        net.network.demands += net.network.given
        return all(finding.severity != "error" for finding in net.findings())
    except (SpecError, LimitError):
        return False


def answers(text: str) -> tuple[list[int], list[int | None]]:
    try:
        found = solve(text).unknowns["p"]
    except Unsolved as error:
        found = error.answer.unknowns["p"]
    return found.solutions, found.range


def networks(seed: int, count: int) -> Iterator[tuple[Random, str]]:
    """Networks that fit for some number, each with what is demanded of it."""
    rng = random.Random(seed)
    while count:
        drawn = Random(rng.randrange(10**9))
        if fitting := drawn.fitting():
            count -= 1
            yield drawn, drawn.demands(rng.choice(fitting))


@pytest.mark.parametrize("seed", range(8))
def test_every_answer_of_a_random_network_and_no_other(seed: int) -> None:
    answered = [every_answer_and_no_other(*network) for network in networks(seed, 50)]
    assert len(answered) == 50
    assert set(answered) == {True, False}


def every_answer_and_no_other(drawn: Random, demands: str) -> bool:
    """Compares the answers with every number tried; whether there is one."""
    text = drawn.text("p", demands)
    solutions, (first, last) = answers(text)
    true = [number for number in range(MOST + 1) if _meets(drawn.text(str(number), demands))]
    assert [number for number in solutions if number <= MOST] == true, text
    for number in solutions[-2:]:
        assert _meets(drawn.text(str(number), demands)), (text, number)
    if solutions:
        assert first == solutions[0]
        assert last is None or last >= solutions[-1]
        if last is not None:
            assert _meets(drawn.text(str(last), demands))
            assert not any(_meets(drawn.text(str(last + step), demands)) for step in (1, 2, 3))
    else:
        assert (first, last) == (None, None)
    return bool(solutions)


QUIZ = "input: 28x28x3\nlayers: [{conv: {filters: 1, kernel: 5, padding: p}}]\n"


def test_the_quiz_prints_its_working(root: Any) -> None:
    found = api.load(str(root / "specs" / "quiz-3-padding.yaml")).solve()
    assert found.unknowns["p"].solutions == [2]
    assert found.joint == [{"p": 2}]
    assert found.working == [
        "c1.output = 28×28×1", "(28 − 5 + 2p)/1 + 1 = 28", "28 − 5 + 2p = 27", "2p = 27 − 23", "2p = 4", "p = 2",
        "check: p = 1: c1.output = 26×26×1", "check: p = 2: c1.output = 28×28×1", "check: p = 3: c1.output = 30×30×1",
    ]  # fmt: skip


def test_published_exercises(facts: Any) -> None:
    import yaml

    solved = 0
    for problem in yaml.safe_load((facts / "exercises.yaml").read_text(encoding="utf-8"))["problems"]:
        letters = {key: answer for key, answer in problem["answers"].items() if "." not in key}
        if letters:
            text = yaml.safe_dump({"layout": "channels_first", **{k: problem[k] for k in ("input", "layers", "given")}})
            found = solve(text)
            for letter, answer in letters.items():
                assert found.unknowns[letter].solutions == [answer], problem["id"]
                solved += 1
    assert solved >= 2


def test_a_padding_that_makes_flatten_as_long_as_asked() -> None:
    found = solve(
        "input: 64x64x3\nlayers: [{conv: {filters: 32, kernel: 3, padding: 1}}, {maxpool: 2}, "
        "{conv: {filters: 64, kernel: 3, padding: p}}, {maxpool: 2}, flatten]\ngiven: {flatten1.output: 16384}"
    )
    assert found.unknowns["p"].solutions == [1]


def test_filters_under_a_million_parameters() -> None:
    found = solve(
        "input: 28x28x1\nlayers: [{conv: {filters: f, kernel: 5}}, {maxpool: 2}, {conv: {filters: f, kernel: 3}}, "
        '{dense: 10}]\nexpect: {params: "<= 1000000"}'
    )
    assert found.unknowns["f"].range == [1, 281]
    assert 1026 * 281 + (9 * 281 + 1) * 281 + 10 <= 1_000_000 < 1026 * 282 + (9 * 282 + 1) * 282 + 10
    assert "check: f = 281: total.params = 999246" in found.working


def test_every_input_that_a_network_takes_and_what_is_left_out() -> None:
    found = solve("input: HxHx3\nlayers: [{conv: {filters: 8, kernel: 7, stride: 2}}, {maxpool: 2}]")
    assert found.unknowns["H"].solutions[:3] == [9, 10, 11]
    assert found.unknowns["H"].range == [9, None]
    assert "check: H = 9: no window leaves anything out" in found.working
    assert (
        "check: H = 12: conv1 leaves out 1 of 12 along H and W; maxpool1 leaves out 1 of 3 along H and W"
        in found.working
    )


def test_a_u_net_takes_multiples_of_sixteen(root: Any) -> None:
    text = (root / "specs" / "u-net.yaml").read_text(encoding="utf-8")
    net = api.parse(text.replace("256x256x3", "HxWx3"))
    net.network.demands.clear()
    found = net.solve()
    assert found.unknowns["H"].solutions == found.unknowns["W"].solutions == list(range(16, 16001, 16))
    assert found.unknowns["W"].range == [16, None]


def test_letters_that_do_not_depend_on_each_other() -> None:
    found = solve(
        "input: HxWx3\nlayers: [{conv: {filters: 8, kernel: 7, stride: 2}}, {maxpool: 2}]\n"
        "given: {maxpool1.output: 10x12}"
    )
    assert [found.unknowns[name].range for name in "HW"] == [[45, 48], [53, 56]]
    assert len(found.joint) == 16
    assert found.joint[1] == {"H": 45, "W": 54}


def test_letters_that_depend_on_each_other() -> None:
    found = solve(
        "input: 14x14x3\nlayers: [{conv: {filters: 2, kernel: k, padding: p, stride: s}}]\n"
        'expect: {output: 7x7x2, params: "<= 200"}'
    )
    true = [{"k": 1, "s": s, "p": p} for s in range(1, 40) for p in range(200) if (13 + 2 * p) // s + 1 == 7]
    assert len(found.joint) == 1000  # there is no end to the strides
    assert [point for point in found.joint if point["k"] == 1 and point["s"] < 40] == true
    assert found.unknowns["k"].solutions == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("numbers", [24, 360, 1000])
def test_three_factors(numbers: int) -> None:
    found = solve(f"input: HxWxC\nlayers: [flatten]\ngiven: {{flatten1.output: {numbers}}}")
    divisors = [n for n in range(1, numbers + 1) if numbers % n == 0]
    true = [(h, w, numbers // h // w) for h in divisors for w in divisors if numbers % (h * w) == 0]
    assert [tuple(point.values()) for point in found.joint] == true
    assert all(found.unknowns[name].solutions == divisors for name in "HWC")


def test_one_letter_in_several_layers_from_a_receptive_field() -> None:
    layers = ", ".join(["{conv: {filters: 4, kernel: k}}"] * 3)
    found = solve(f"input: 32x32x3\nlayers: [{layers}]\ngiven: {{conv3.receptive_field: 19}}")
    assert found.unknowns["k"].solutions == [7]


def test_groups_are_divisors() -> None:
    assert solve("input: 8x8x24\nlayers: [{channel_shuffle: g}]").unknowns["g"].solutions == [1, 2, 3, 4, 6, 8, 12, 24]
    found = solve("input: 8x8x12\nlayers: [{conv: {filters: 18, kernel: 1, groups: g}}]")
    assert found.unknowns["g"].solutions == [1, 2, 3, 6]


def test_letters_that_nothing_fixes_stay_in_the_formula() -> None:
    found = solve("input: mxnx3\nlayers: [{conv: {filters: 8, kernel: 5, padding: p, stride: s}}]")
    assert "H_out = ⌊(m + 2p − 5)/s⌋ + 1" in found.working
    assert "W_out = ⌊(n + 2p − 5)/s⌋ + 1" in found.working
    assert found.unknowns["m"].range == [None, None]
    assert found.joint == []


def test_too_many_letters_that_depend_on_each_other() -> None:
    text = (
        "input: 32x32x3\nlayers: [{conv: {filters: a, kernel: k, padding: p, stride: s}}]\n"
        "given: {conv1.output: 32x32}\nexpect: {params: 896}"
    )
    with pytest.raises(LimitError, match="at most 3 letters"):
        solve(text)


def test_a_search_that_would_not_end_is_refused() -> None:
    with pytest.raises(LimitError, match="H, W, C: the search was given up"):
        solve("input: HxWxC\nlayers: [flatten]\ngiven: {flatten1.output: 1000000007}")


@pytest.mark.parametrize(
    ("demands", "text", "working"),
    [
        ("given: {conv1.output: 27x27}", "no p gives conv1.output 27×27",
         ["conv1.output: 27×27 is wanted; p = 1 gives 26×26×1; p = 2 gives 28×28×1"]),
        ("given: {conv1.output: 28x28}\nexpect: {activations: 900}", "no p meets every demand",
         ["total.activations: 900 with p = 3", "conv1.output: 28×28 with p = 2"]),
        ("expect: {params: 5}", "no p gives total.params 5",
         ["total.params: 5 is wanted; it is 76 whatever the letters"]),
        ('expect: {activations: "< 100"}', "no p gives total.activations < 100",
         ["total.activations: < 100 is wanted; nothing comes near"]),
    ],
)  # fmt: skip
def test_demands_that_cannot_be_met_are_shown_from_both_sides(demands: str, text: str, working: list[str]) -> None:
    with pytest.raises(NoSolution) as caught:
        solve(QUIZ + demands)
    (problem,) = caught.value.problems
    assert problem.text == text
    assert list(problem.working) == working
    assert problem.mark is not None
    assert problem.help


@pytest.mark.parametrize("wanted", ["27", "27x27x4x3"])
def test_another_number_of_sizes_is_no_search(wanted: str) -> None:
    """No letter changes how many sizes an output has."""
    with pytest.raises(NoSolution) as caught:
        solve(
            f"input: 28x28x1\nlayers: [conv: {{filters: 4, kernel: 3, padding: p}}]\ngiven: {{conv1.output: {wanted}}}"
        )
    (line,) = caught.value.problems[0].working
    assert line.startswith(f"conv1.output: {wanted.replace('x', '×')} is wanted; it is ")
    assert line.endswith("×4 whatever the letters")


def test_a_neighbour_that_no_layer_takes_is_not_put_back() -> None:
    """Half of the filters may be 0 where the letter stands by itself; here it would make a layer without filters."""
    found = solve(
        "define: {b: {args: {w: null}, layers: [conv: {filters: 2*w, kernel: 3, padding: 1}]}}\ninput: 30x30x3\n"
        'layers: [use: {block: b, w: k}]\nexpect: {params: "<= 3000"}'
    )
    assert next(line for line in found.working if str(line).startswith("check: ")) == "check: k = 1: total.params = 56"


def test_nothing_is_said_of_windows_where_there_are_none() -> None:
    found = solve("input: [a]\nlayers: [dense: {units: 4, expect: {params: 20}}]")
    assert found.unknowns["a"].solutions == [4]
    assert "check: a = 4: dense1.params = 20" in found.working


def test_contradictory_demands_name_both_places() -> None:
    with pytest.raises(NoSolution) as caught:
        solve(QUIZ + "given: {conv1.output: 28x28}\nexpect: {activations: 900}")
    (problem,) = caught.value.problems
    assert (problem.mark.line, problem.also.line) == (4, 3)  # type: ignore[union-attr]


def test_a_network_without_letters() -> None:
    with pytest.raises(NoSolution, match="nothing is unknown"):
        solve("input: 8x8x3\nlayers: [relu]")


def test_layers_that_fit_for_no_letter() -> None:
    with pytest.raises((NoSolution, SpecError)):
        solve("input: 8x8x3\nlayers: [{conv: {filters: 1, kernel: k}}, {conv: {filters: 1, kernel: 9}}]")


def test_a_size_of_one_matches_no_other_where_nothing_broadcasts() -> None:
    """concat takes equal sizes only; add also takes a 1 with any other size."""
    text = "input: 1x1x6\nlayers: [parallel: {{branches: [[{conv}], [relu]], merge: {merge}}}]"
    conv = "conv: {filters: 6, kernel: 3, padding: p}"
    assert solve(text.format(conv=conv, merge="concat")).unknowns["p"].range == [1, 1]
    assert solve(text.format(conv=conv, merge="add")).unknowns["p"].range == [1, None]
