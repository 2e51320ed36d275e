"""The letters of whole networks: against every number tried in the file, and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import api
from cnncalc.errors import LimitError, NoSolution, SpecError
from cnncalc.solve import NetworkSolution

MOST = 24  # letters are tried up to here


def solve(text: str) -> NetworkSolution:
    return api.parse(text).solve()


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


def test_a_part_of_a_split_may_be_a_letter() -> None:
    text = "input: 4x4x12\nlayers: [split: {parts: %s, part: p}]"
    assert solve(text % 3).unknowns["p"].solutions == [1, 2, 3]
    both = {(point["n"], point["p"]) for point in solve(text % "n").joint}
    assert both == {(n, p) for n in (1, 2, 3, 4, 6, 12) for p in range(1, n + 1)}
    with pytest.raises(SpecError, match="which of the sizes"):
        solve("input: 4x4x12\nlayers: [split: {sizes: [4, 8], part: p}]")
