"""What grows without end is refused, and work grows as what is written does."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cnncalc import CnncalcError, LimitError, Limits, SpecError, kinds, parse

HEAD = "input: 8x8x3\nlayers:\n"  # layers begin on line 3


def refused(text: str, limits: Limits | None = None) -> str:
    with pytest.raises(LimitError) as caught:
        parse(text, limits).summary()
    assert caught.value.exit_code == 4
    return str(caught.value)


DOUBLING = ", ".join(f"b{n}: {{layers: [use: b{n + 1}, use: b{n + 1}]}}" for n in range(30))


def test_blocks_that_double_are_refused_with_the_value_of_the_limit() -> None:
    for count, says in ((14, "layers = 10000"), (40, "nesting = 32")):
        blocks = ", ".join(f"b{n}: {{layers: [use: b{n + 1}, use: b{n + 1}]}}" for n in range(count))
        with pytest.raises(LimitError) as caught:
            parse(f"define: {{{blocks}, b{count}: {{layers: [relu]}}}}\n{HEAD}- use: b0")
        assert says in str(caught.value)
        name, value = says.split(" = ")
        assert f"Limits({name}={2 * int(value)})" in str(caught.value)


@pytest.mark.parametrize(("text", "says"), [
    (HEAD + "- repeat: {times: 2147483647, layers: []}", "layers = 10000"),
    (HEAD + "- repeat: {times: 2147483647, layers: [relu]}", "layers = 10000"),
    (HEAD + "- repeat: {times: 2147483647, layers: [sequential: []]}", "layers = 10000"),
    (HEAD + "- repeat: {times: 99, layers: [repeat: {times: 99, layers: [repeat: {times: 99, layers: []}]}]}",
     "layers = 10000"),
    (HEAD + f"- repeat: {{times: 9999, layers: [parallel: {{branches: [{'[], ' * 9999}]}}]}}", "layers = 10000"),
    (HEAD + f"- relu\n- repeat: {{times: 9999, layers: [add: {{from: [{'relu1, ' * 9999}]}}]}}", "layers = 10000"),
    (f"define: {{a: {{args: {{{', '.join(f'a{n}: 1' for n in range(2000))}}}, layers: [relu]}}}}\n{HEAD}"
     "- repeat: {times: 9999, layers: [use: a]}", "layers = 10000"),
    (f"define: {{{DOUBLING}, b30: {{layers: [relu]}}}}\n{HEAD}- use: b0", "layers = 10000"),
    (HEAD + "- upsample: 2147483647", "size = 2147483647"),
    (HEAD + "- dense: 2147483648", "size = 2147483647"),
    (HEAD + "- dense: 99999999999999999999", "digits = 19"),
])  # fmt: skip
def test_what_grows_without_end_is_refused(text: str, says: str) -> None:
    """At once: the counting stops long before what would be placed is."""
    message = refused(text)
    assert says in message
    assert "Limits(" in message


@pytest.mark.parametrize("layer", [
    "upsample: 2147483647", "upsample: s", "pixel_unshuffle: 2", "pad: 1",
    "conv: {filters: 1, kernel: 3, stride: 2}", "conv: {filters: 1, kernel: k, stride: s, padding: same}",
    "maxpool: {size: 2, stride: 3, ceil_mode: true}", "maxpool: {size: 2, padding: 1, ceil_mode: true}",
    "transposed_conv: {filters: K, kernel: 3, stride: 2}", "separable_conv: {filters: f, kernel: F}",
])  # fmt: skip
def test_formulas_that_nobody_could_read_are_refused_before_they_are_written(layer: str) -> None:
    """With letters for sizes, every layer makes the formula longer; an end is put to that, or it stays short."""
    net = parse(f"input: HxWx4\nlayers: [repeat: {{times: 300, layers: [{layer}]}}]")
    try:
        found = net.summary()
    except LimitError as error:
        refusal = str(error)
    else:
        assert max(len(str(row.output.sizes)) for row in found.rows) < 10_000
        assert len(str(found.totals.peak_activation_bytes)) < 1_000_000
        return
    assert "200 parts" in refusal or "size = 2147483647" in refusal


def calls(work: Callable[[], Any]) -> int:
    """Python calls and lines of C that ``work`` takes: a measure of work that no clock disturbs."""
    count = 0

    def see(_frame: Any, _event: str, _argument: Any) -> None:
        nonlocal count
        count += 1

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


LINEAR = {
    "chain": lambda n: "input: 8x8x3\nlayers:\n" + "- conv: {filters: 3, kernel: 3, padding: 1}\n" * n,
    "repeat": lambda n: f"input: 8x8x3\nlayers:\n- repeat: {{times: {n}, layers: [batchnorm]}}",
    "residual": lambda n: f"input: 8x8x3\nlayers:\n- repeat: {{times: {n // 2}, layers: [residual: {{body: [relu]}}]}}",
    "shared": lambda n: "input: 8\nlayers:\n- dense: {units: 8, name: a0}\n"
    + "".join(f"- use: {{layer: a{i}, name: a{i + 1}}}\n" for i in range(n)),
    "define": lambda n: "define: {b: {args: {u: 3}, layers: [dense: u]}}\n" + HEAD + "- use: {block: b}\n" * n,
    "letters": lambda n: "input: HxWx3\nlayers:\n" + "- conv: {filters: 3, kernel: 3}\n" * n,
    "expects": lambda n: "input: 8\nlayers:\n" + "- relu: {expect: {params: 0, output: 8}}\n" * n,
    "branches": lambda n: f"{HEAD}- relu\n- parallel: {{branches: [{'[relu], ' * (n // 2)}], merge: add}}\n",
    "from": lambda n: "input: 8\nlayers:\n- relu\n" + "- add: {from: [relu1, input]}\n" * n,
}  # fmt: skip


@pytest.mark.parametrize("kind", LINEAR)
def test_work_grows_as_the_layers_do(kind: str) -> None:
    def work(count: int) -> int:
        text = LINEAR[kind](count)

        def whole() -> None:
            found = parse(text)
            totals = found.summary().totals
            assert totals.params is not None
            found.findings()
            str(totals.peak_activation_bytes)

        return calls(whole)

    work(20)  # what is loaded once is loaded
    assert work(600) <= 2.15 * work(300)


@pytest.mark.parametrize("layers", [
    lambda n: "".join(f"- relu: {{name: layer{i}, from: lxyer{i}}}\n" for i in range(n)),
    lambda n: "".join(f"- conv{i}x: 3\n" for i in range(n)),
    lambda n: "- conv: {filters: 0, kernel: 3}\n" * n,
])  # fmt: skip
def test_work_grows_as_the_mistakes_do(layers: Callable[[int], str]) -> None:
    def work(count: int) -> int:
        text = HEAD + layers(count)

        def read() -> None:
            with pytest.raises(SpecError):
                parse(text)

        kinds.find.cache_clear()  # else the words of one count are known in the next
        return calls(read)

    work(200)
    assert work(1600) <= 2.5 * work(800)


def test_ten_thousand_layers_are_taken_and_one_more_is_not() -> None:
    text = "input: 8\nlayers: [repeat: {times: %d, layers: [relu, tanh]}]"
    assert len(parse(text % 5000).summary().rows) == 10_000
    assert "layers = 10000" in refused(text % 5001)
    raised = Limits(layers=10_002)
    assert len(parse(text % 5001, raised).summary().rows) == 10_002


WORDS = [
    "relu", "conv", "use", "repeat", "residual", "parallel", "concat", "from", "name", "layers", "times", "body",
    "block", "branches", "expect", "output", "layer", "a", "b", "input", "p", "0", "-1", "3", "99999999999999999999",
    "n*2", "//", "8x8", "same", "true", "null", "[", "]", "{", "}", ":", ",", "- ", "\n", "  ", '"x"',
]  # fmt: skip


def test_no_text_makes_it_raise_anything_but_its_own_error() -> None:
    rng = random.Random(42)
    outcomes: Counter[str] = Counter()
    unplaced: list[str] = []
    for _ in range(3000):
        layer = "".join(rng.choice(["", "", " "]) + rng.choice(WORDS) for _ in range(rng.randint(1, 14)))
        last = rng.choice(["add", "relu", "dense: n"])
        text = f"define: {{a: {{args: {{n: 1}}, layers: [dense: n]}}}}\n{HEAD}- {layer}\n- {last}\n"
        try:
            net = parse(text)
            net.findings(strict=True)
            net.explain()
            outcomes["fine"] += 1
        except CnncalcError as error:
            outcomes[type(error).__name__] += 1
            unplaced += [text for problem in error.problems if problem.mark is None]
    assert not unplaced
    assert outcomes["SpecError"] > 1000
    assert outcomes["fine"] > 5
