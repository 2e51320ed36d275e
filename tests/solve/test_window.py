"""One window, either way: against counting the positions one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import LimitError, NoSolution, UsageError
from cnncalc.solve import WindowSolution, window
from cnncalc.solve.unsolved import Unsolved
from cnncalc.symbolic.expr import Letter

MOST = 40  # unknowns are tried up to here
POOLS = ("maxpool", "avgpool")


def positions(kind: str, n: dict[str, Any], ceil: bool, extra: int) -> int | None:
    """The output, found by putting the window down; None where it does not fit."""
    w, f, s, d = n["input"], n["kernel"], n["stride"], n["dilation"]
    begin, end = n["padding"] if isinstance(n["padding"], tuple) else (n["padding"], n["padding"])
    seen = [d * i for i in range(f)]
    if kind == "transposed_conv":
        if extra >= max(s, d):
            return None
        return max(0, max(s * x + o for x in (0, w - 1) for o in (0, seen[-1])) + 1 + extra - begin - end) or None
    if kind in POOLS and max(begin, end) > f // 2:
        return None
    count = 0
    while count * s + seen[-1] < begin + w + end:
        count += 1
    fits_evenly = count and (count - 1) * s + seen[-1] == begin + w + end - 1
    if ceil and count and not fits_evenly and count * s < begin + w:
        count += 1
    if ceil and not count and seen[-1] < begin + w + end + s - 1:
        count = 1  # rounding up lets one window hang over the end
    return count or None


def cases(seed: int, count: int) -> Iterator[tuple[str, str, dict[str, Any], bool, int]]:
    """Unknown, kind, the numbers of a window (most of them with its true output), ceil and output_padding."""
    rng = random.Random(seed)
    while count:
        kind = rng.choice(("conv", "conv", "conv", "transposed_conv", "maxpool", "avgpool"))
        n: dict[str, Any] = {
            "input": rng.randint(1, MOST), "kernel": rng.randint(1, 9), "stride": rng.randint(1, 5),
            "padding": rng.randint(0, 6), "dilation": 1 if kind == "avgpool" else rng.choice((1, 1, 2, 3)),
        }  # fmt: skip
        ceil = kind in POOLS and rng.random() < 0.5
        extra = rng.randint(0, 2) if kind == "transposed_conv" else 0
        n["output"] = positions(kind, n, ceil, extra)
        if n["output"] is None or rng.random() < 0.1:
            n["output"] = rng.randint(1, MOST)
        unknown = rng.choice(("input", "kernel", "stride", "padding", "dilation", "output"))
        if unknown == "dilation" and kind == "avgpool":
            continue
        count -= 1
        yield unknown, kind, n, ceil, extra


def solved(unknown: str, kind: str, n: dict[str, Any], ceil: bool, extra: int) -> WindowSolution:
    """The answer, also where there is none."""
    given = {name: number for name, number in n.items() if name != unknown}
    try:
        return window(unknown, kind=kind, ceil=ceil, output_padding=extra, **given)
    except Unsolved as error:
        answer: WindowSolution = error.answer
        return answer


def true_answers(unknown: str, kind: str, n: dict[str, Any], ceil: bool, extra: int) -> list[int]:
    if unknown == "output":
        size = positions(kind, n, ceil, extra)
        return [] if size is None else [size]
    tried = range(unknown != "padding", MOST + 1)
    return [number for number in tried if positions(kind, {**n, unknown: number}, ceil, extra) == n["output"]]


def check(case: tuple[str, str, dict[str, Any], bool, int]) -> None:
    unknown, kind, n, ceil, extra = case
    found, true = solved(*case), true_answers(*case)
    if unknown != "output":
        assert [number for number in found.solutions if number <= MOST] == true, case
        for number in found.solutions[-3:]:  # beyond what was tried
            assert positions(kind, {**n, unknown: number}, ceil, extra) == n["output"], (case, number)
    else:
        assert found.solutions == true, case
    if not found.solutions:
        assert found.range == [None, None]
    else:
        first, last = found.range
        assert first == found.solutions[0]
        if last is None:
            assert len(found.solutions) == 1000
        else:
            assert last >= found.solutions[-1]
            if unknown != "output":
                for past in (last + 1, last + 2, last + 7):
                    assert positions(kind, {**n, unknown: past}, ceil, extra) != n["output"], (case, past)
    if unknown == "padding" and not found.solutions:
        pairs = [
            (begin, begin + step)
            for begin in range(3 * MOST)
            for step in (1, -1)
            if begin + step >= 0
            and positions(kind, {**n, "padding": (begin, begin + step)}, ceil, extra) == n["output"]
        ]
        assert found.asymmetric == sorted(pairs), case
    else:
        assert found.asymmetric == []


@pytest.mark.parametrize("seed", range(8))
def test_every_answer_and_no_other(seed: int) -> None:
    for case in cases(seed, 4000):
        check(case)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_every_answer_and_no_other_whatever_the_window(seed: int) -> None:
    for case in cases(seed, 3):
        check(case)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["input", "kernel", "stride", "padding", "dilation"]), st.integers(0, 10**9), st.integers(1, 10**6),
    st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 1000),
)  # fmt: skip
def test_large_numbers_lead_back(
    unknown: str, room: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    """The window can move by ``room`` or more, so that it always fits."""
    extent = dilation * (kernel - 1) + 1
    n = {"input": max(1, room + extent - 2 * padding), "kernel": kernel, "stride": stride, "padding": padding,
         "dilation": dilation}  # fmt: skip
    span = n["input"] + 2 * padding - extent
    found = window(unknown, output=span // stride + 1, **{name: v for name, v in n.items() if name != unknown})
    first, last = found.range
    assert first is not None
    assert first <= n[unknown]
    assert last is None or n[unknown] <= last


def test_the_algebra_of_the_quiz() -> None:
    found = window("padding", input=28, kernel=5, stride=1, output=28)
    assert found.equation == "(28 − 5 + 2P)/1 + 1 = 28"
    assert found.working[:5] == [
        "(28 − 5 + 2P)/1 + 1 = 28", "28 − 5 + 2P = 27", "2P = 27 − 23", "2P = 4", "P = 2",
    ]  # fmt: skip
    assert found.lines[0].written("latex") == r"\frac{28 - 5 + 2P}{1} + 1 = 28"
    assert found.lines[2].written("ascii") == "2P = 27 - 23"


def test_the_algebra_of_a_floor_is_an_interval() -> None:
    found = window("input", kernel=7, stride=2, padding=3, output=112)
    assert found.solutions == [223, 224]
    assert found.range == [223, 224]
    assert found.working[:5] == [
        "⌊(W − 7 + 2·3)/2⌋ + 1 = 112", "⌊(W − 7 + 2·3)/2⌋ = 111", "222 ≤ W − 7 + 2·3 ≤ 223", "222 + 1 ≤ W ≤ 223 + 1",
        "223 ≤ W ≤ 224",
    ]  # fmt: skip
    assert found.working[5:] == [
        "check: W = 222 gives 111", "check: W = 223 gives 112", "check: W = 224 gives 112", "check: W = 225 gives 113",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unknown", "numbers", "line"),
    [
        ("stride", {"input": 28, "kernel": 5, "output": 12}, "23/12 < S ≤ 23/11"),
        ("stride", {"input": 28, "kernel": 5, "output": 1}, "S ≥ 24"),
        ("kernel", {"input": 28, "stride": 2, "output": 12}, "5 ≤ F ≤ 6"),
        ("dilation", {"input": 28, "kernel": 5, "output": 16}, "D·(5 − 1) = 12"),
        ("padding", {"input": 28, "kernel": 5, "output": 28, "kind": "transposed_conv"}, "−2P = 28 − 32"),
        ("padding", {"input": 7, "kernel": 3, "stride": 2, "output": 14, "kind": "transposed_conv"}, "P = 1/2"),
        ("stride", {"input": 8, "kernel": 3, "output": 17, "kind": "transposed_conv"}, "(8 − 1)·S = 14"),
        ("output", {"input": 28, "kernel": 5, "padding": 2}, "O = ⌊(28 − 5 + 2·2)/1⌋ + 1 = 28"),
    ],
)
def test_a_line_of_the_algebra(unknown: str, numbers: dict[str, Any], line: str) -> None:
    assert line in window(unknown, **numbers).working


def test_an_odd_total_is_shared_out_both_ways() -> None:
    found = window("padding", input=28, kernel=4, output=28)
    assert found.solutions == []
    assert found.range == [None, None]
    assert found.asymmetric == [(1, 2), (2, 1)]
    assert "P = 3/2" in found.working


def test_padding_by_a_word() -> None:
    assert window("input", kernel=3, stride=2, padding="same", output=14).solutions == [27, 28]
    kernels = window("kernel", input=28, stride=2, padding="same", output=14)
    assert kernels.solutions == list(range(1, 1001))
    assert kernels.range == [1, None]


def test_letters_are_carried_into_the_output() -> None:
    found = window("output", input=Letter("m"), kernel=5, padding=Letter("p"), stride=Letter("s"))
    assert found.equation == "O = ⌊(m − 5 + 2p)/s⌋ + 1"
    assert found.range == [None, None]


def test_without_an_answer_the_neighbours_that_work_are_named() -> None:
    with pytest.raises(NoSolution) as caught:
        window("padding", input=28, kernel=5, output=10)
    (problem,) = caught.value.problems
    assert problem.text == "no padding gives an output of 10"
    assert problem.working[0] == "(28 − 5 + 2P)/1 + 1 = 10"
    assert problem.help is not None
    for neighbour in ("a kernel of 19 works, with padding 0", "stride 3 works, with padding 2"):
        assert neighbour in problem.help
    assert window("padding", input=28, kernel=19, output=10).solutions == [0]
    assert window("padding", input=28, kernel=5, stride=3, output=10).solutions[0] == 2


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"unknown": "paddign", "input": 28}, "cannot be solved for"),
        ({"unknown": "padding", "input": 28, "kernel": 5}, "needs --output"),
        ({"unknown": "kernel", "input": 28, "kernel": 5, "output": 24}, "it is given"),
        ({"unknown": "padding", "padding": 1, "input": 28, "kernel": 5, "output": 24}, "it is given"),
        ({"unknown": "padding", "input": 28, "kernel": 5, "output": 24, "kind": "dense"}, "not a kind with a window"),
        ({"unknown": "padding", "input": 28, "kernel": 5, "output": 24, "ceil": True}, "conv has no ceil_mode"),
        ({"unknown": "dilation", "input": 28, "kernel": 5, "output": 24, "kind": "avgpool"}, "avgpool has no dilation"),
        (
            {"unknown": "padding", "input": 9, "kernel": 5, "output": 9, "output_padding": 1},
            "conv has no output_padding",
        ),
    ],
)
def test_what_cannot_be_asked(numbers: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        window(numbers.pop("unknown"), **numbers)


def test_a_search_is_never_endless() -> None:
    from cnncalc.solve.propagation.search import Effort

    effort = Effort("p", 10)
    with pytest.raises(LimitError, match="p: the search was given up after 10 steps"):
        effort.spend(11)
