"""Networks drawn at random: every answer that counting finds, and no other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from cnncalc import api
from cnncalc.errors import LimitError, SpecError
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
