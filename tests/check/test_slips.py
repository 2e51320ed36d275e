"""The slip behind a wrong answer: each slip by hand, two at once, and what must not be claimed."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from cnncalc import kinds, parse
from cnncalc.check.answer_key import Truth
from cnncalc.check.answers.answer import Answer
from cnncalc.check.slips import search
from cnncalc.check.slips.found import Explanation
from cnncalc.check.slips.rules import SLIPS
from cnncalc.check.slips.search import slipped
from cnncalc.check.verdicts import Verdict
from cnncalc.errors import CnncalcError
from cnncalc.shape import Shape
from cnncalc.spec.demand import Key, parse_key
from cnncalc.symbolic.expr import value

CONV = "input: 28x28x3\nlayers: [{conv: {name: L, filters: 32, kernel: 5, padding: 2}}]"
ROUNDED = "input: 28x28x3\nlayers: [{conv: {name: L, filters: 32, kernel: 5, padding: 1, stride: 2}}]"
GROUPED_HEADS = "input: 16x512\nlayers: [{attention: {name: L, heads: 8, kv_heads: 2}}]"
WINDOWED = "input: 14x14x16\nlayers: [{attention: {name: L, heads: 2, window: 7}}]"
PROJECTED = "input: 10x16\nlayers: [{lstm: {name: L, units: 32, projection: 8}}]"
ODD = "input: 28x28x3\nlayers: [{conv: {name: L, filters: 32, kernel: 5, padding: 1, stride: 2}}]"
DILATED = "input: 28x28x3\nlayers: [{conv: {name: L, filters: 32, kernel: 3, dilation: 2}}]"
GROUPED = "input: 28x28x16\nlayers: [{conv: {name: L, filters: 32, kernel: 3, groups: 4}}]"
POOL = "input: 21x21x16\nlayers: [{maxpool: {name: L, size: 2}}]"
CEILED = "input: 21x21x16\nlayers: [{maxpool: {name: L, size: 2, ceil_mode: true}}]"
FLAT = "input: 12x12x16\nlayers: [{flatten: {name: F}}, {dense: {name: L, units: 10}}]"
DENSE = "input: 12x12x16\nlayers: [{dense: {name: L, units: 10}}]"
NORM = "input: 12x12x16\nlayers: [{batchnorm: {name: L}}]"
LAYERNORM = "input: 12x160\nlayers: [{layernorm: {name: L}}]"
LSTM = "input: 10x16\nlayers: [{lstm: {name: L, units: 32}}]"
GRU = "input: 10x16\nlayers: [{gru: {name: L, units: 32, biases: 2}}]"
BOTH = "input: 10x16\nlayers: [{gru: {name: L, units: 32, bidirectional: true}}]"
UP = (
    "input: 14x14x8\n"
    "layers: [{transposed_conv: {name: L, filters: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1}}]"
)
TIED = "input: 90\nlayers: [{embedding: {name: E, vocab: 50, dim: 8}}, {use: {layer: E, transposed: true}}]"
MOE = "input: 5x6\nlayers: [{moe: {name: L, experts: 3, top: 1, layers: [dense: 6]}}]"
MHA = "input: 16x512\nlayers: [{attention: {name: L, heads: 8}}]"
STACK = (
    "input: 64x64x1\n"
    "layers: [{conv: {filters: 4, kernel: 3, stride: 2}}, {maxpool: 2}, {conv: {name: L, filters: 4, kernel: 5}}]"
)
WIDE = (
    "input: 64x64x1\n"
    "layers: [{conv: {filters: 4, kernel: 3, stride: 2}}, {conv: {name: L, filters: 4, kernel: 7, stride: 3}}]"
)


def explain(truth: Truth, key: Key, text: str) -> Explanation | None:
    """The slip behind an answer as it is written."""
    return search.explain(truth, key, truth.judge(Answer(text, key)).value)


#: By hand: a network, what is asked, the wrong answer, and the name of the slip.
CASES = [
    (CONV, "L.params", "2400", "bias"),  # 5·5·3·32
    (CONV, "L.params", "4800", "bias_each"),  # 2·2400
    (CONV, "L.params", "2401", "bias_one"),
    (CONV, "L.params", "2496", "bias_channel"),  # 2400 + 3·32
    (CONV, "L.params", "832", "channels"),  # (25 + 1)·32
    (CONV, "L.params", "76", "filters"),  # 75 + 1
    (CONV, "L.params", "2403", "bias_inputs"),
    (CONV, "L.params", "512", "square"),  # 5·3·32 + 32
    (CONV, "L.output", "28x28x3", "depth"),
    (CONV, "L.output", "28x28x96", "depth_product"),
    (ODD, "L.output", "14x14x32", "same"),
    (ODD, "L.macs", "1881600", "macs_inputs"),  # 28·28·2400
    (ODD, "L.macs", "2400", "weight_params"),
    (CONV, "L.output", "24x24x32", "padding"),
    (CONV, "L.output", "26x26x32", "padding_once"),
    (CONV, "L.output", "27x27x32", "plus_one"),
    (CONV, "L.output", "32x28x28", "order"),
    (CONV, "L.output", "(None, 28, 28, 32)", "batch"),
    (CONV, "L.output", "1x28x28x32", "batch"),
    (CONV, "L.macs", "3763200", "flops"),  # 2·28·28·2400
    (CONV, "L.flops", "1881600", "macs"),
    (CONV, "L.macs", "1906688", "macs_bias"),  # 28·28·2400 + 28·28·32
    (CONV, "L.macs", "627200", "channels"),  # 28·28·25·32
    (CONV, "L.weight_bytes", "19456", "width"),  # 8·2432
    (CONV, "L.weight_bytes", "9.73", "unit"),  # kB
    (CONV, "L.weight_bytes", "9.5", "unit"),  # KiB
    (ODD, "L.output", "14x14x32", "ceiling"),  # ⌈25/2⌉ + 1
    (ODD, "L.output", "26x26x32", "stride"),
    (DILATED, "L.output", "26x26x32", "dilation"),
    (DILATED, "L.output", "23x23x32", "dilation_wide"),  # 28 − 6 + 1
    (GROUPED, "L.params", "4640", "groups"),  # (9·16 + 1)·32
    (POOL, "L.output", "20x20x16", "stride"),
    (POOL, "L.params", "1040", "pool_weights"),  # (2·2·16 + 1)·16
    (POOL, "L.params", "80", "pool_weights_each"),  # (2·2 + 1)·16
    (CEILED, "L.output", "10x10x16", "floor"),
    (FLAT, "L.params", "1450", "flatten"),  # (144 + 1)·10
    (FLAT, "F.output", "144", "flatten"),
    (DENSE, "L.params", "1450", "flatten_dense"),
    (DENSE, "L.params", "170", "flatten_none"),  # (16 + 1)·10
    (NORM, "L.params", "32", "moving"),
    (NORM, "L.trainable_params", "64", "moving_trained"),
    (LAYERNORM, "L.params", "640", "moving_added"),
    (LSTM, "L.params", "1568", "gates"),  # 32·(16 + 32 + 1)
    (LSTM, "L.params", "6144", "bias"),
    (LSTM, "L.params", "6400", "biases_two"),
    (LSTM, "L.params", "2176", "recurrent"),  # 4·32·(16 + 1)
    (GRU, "L.params", "4704", "biases_one"),  # 3·32·(16 + 32 + 1)
    (BOTH, "L.params", "4704", "direction"),
    (UP, "L.output", "27x27x4", "output_padding"),
    (UP, "L.output", "7x7x4", "transposed"),  # ⌊(14 − 3 + 2)/2⌋ + 1
    (UP, "L.macs", "225792", "macs_outputs"),  # 28·28·9·8·4
    (TIED, "total.params", "800", "shared"),  # the table counted for the head too
    (MOE, "total.params", "60", "active_params"),  # a router of 6·3 and one expert of 7·6
    (MOE, "total.active_params", "144", "params"),
    (MHA, "L.params", "8401408", "heads"),  # eight heads of 512: 3·(512 + 1)·4096 + (4096 + 1)·512
    (MHA, "L.params", "787968", "attention_out"),  # 3·(512 + 1)·512
    (STACK, "L.receptive_field", "8", "jump"),  # 3 + 1 + 4
    (WIDE, "L.receptive_field", "7", "own"),
    (WIDE, "L.effective_stride", "3", "own"),
    (STACK, "L.receptive_field", "28", "extent"),  # 1 + 3·1 + 2·2 + 5·4
    (WIDE, "L.receptive_field", "39", "own_stride"),  # 3 + 6·2·3
    (STACK, "L.output", "27x27x4", "left_out"),  # without the pool
    (CONV, "L.output", "28x28", "sizes"),
    (CONV, "L.output", "25088", "product"),
    (CONV, "L.params", "2464", "bias_twice"),  # 2400 + 2·32
    (CONV, "L.params", "25088", "activations"),
    (LSTM, "L.params", "4704", "gru"),
    (GRU, "L.params", "6400", "lstm"),  # 4·32·(16 + 32 + 2)
    (ROUNDED, "L.output", "13.5x13.5x32", "not_rounded"),
    (GROUPED_HEADS, "L.params", "1050624", "kv_heads"),  # 4·(512 + 1)·512
    (WINDOWED, "L.macs", "1430016", "window"),  # 4·196·16·16 + 2·196·196·16
    (PROJECTED, "L.params", "6272", "projection"),  # 4·32·(16 + 32 + 1)
]


@pytest.mark.parametrize(("network", "key", "answer", "name"), CASES)
def test_each_slip(network: str, key: str, answer: str, name: str) -> None:
    found = explain(Truth(parse(network).network), parse_key(key), answer)
    assert found is not None
    assert name in found.names


@pytest.mark.parametrize(
    ("network", "key", "answer", "names", "words"),
    [
        (CONV, "L.params", "800", ("bias", "channels"), "2,432 without its 32 biases and without the input channels"),
        (
            FLAT,
            "L.params",
            "1441",
            ("bias_one", "flatten"),
            "23,050 with one bias for all and with the channels left out",
        ),
        (CONV, "L.output", "23x23x32", ("padding", "plus_one"), ""),
    ],
)
def test_two_slips_at_once(network: str, key: str, answer: str, names: tuple[str, ...], words: str) -> None:
    from cnncalc.render.verdicts import slip

    found = explain(Truth(parse(network).network), parse_key(key), answer)
    assert found is not None
    assert set(names) <= set(found.names)
    assert words in slip(found)


TWO = """
input: 28x28x1
layers: [{conv: {filters: 32, kernel: 5}}, {maxpool: 2}, {flatten: {}}, {dense: 100}, {dense: 10}]
"""


def test_the_real_case_both_biases_forgotten_and_a_slip_in_the_sum() -> None:
    truth = Truth(parse(TWO).network)
    right, without = truth.summary.totals.params, truth.summary.totals.weight_params
    assert right - without == 142
    found = explain(truth, parse_key("total.params"), str(without + 10))
    assert found is not None
    assert found.names == ("bias", "carried")
    assert f"({without:,}) and with a slip of one in the sum" in found.ways[0].said


def test_one_layer_only_and_a_layer_left_out_of_the_sum() -> None:
    truth = Truth(parse(TWO).network)
    params = {row.name: row.params for row in truth.summary.rows}
    total = sum(params.values())
    one = explain(truth, parse_key("total.params"), str(total - 100))
    assert one is not None
    assert [way.said for way in one.ways] == ["without its 100 biases in dense1"]
    left = explain(truth, parse_key("total.params"), str(total - params["dense2"]))
    assert left is not None
    assert left.ways[0].said == "without dense2 in the sum"


def test_a_letter() -> None:
    truth = Truth(
        parse(
            "input: 28x28x3\nlayers: [{conv: {filters: 1, kernel: 5, padding: p}}]\ngiven: {conv1.output: 28x28}"
        ).network
    )
    found = explain(truth, parse_key("p"), "4")
    assert found is not None
    assert found.names == ("padding_once",)


@pytest.mark.parametrize(("network", "key", "answer", "name"), CASES)
def test_the_right_answer_has_no_slip_and_the_working_gives_the_wrong_one(
    network: str, key: str, answer: str, name: str
) -> None:
    truth, parsed = Truth(parse(network).network), parse_key(key)
    right = truth.get(parsed)
    assert explain(truth, parsed, "x".join(map(str, right)) if isinstance(right, list) else str(right)) is None
    found = explain(truth, parsed, answer)
    assert found is not None
    for way in found.ways:
        results = {value(step.expression) for step in way.steps}
        wrong = {Fraction(part) for part in answer.strip("()").replace(", ", "x").replace("None", "1").split("x")}
        assert results <= wrong


def test_every_slip_of_every_kind_gives_a_number_or_none() -> None:
    """No change of a rule breaks another rule of any kind."""
    made = set()
    for xs in ("12x12x16", "10x16", "16"):
        for word, kind in kinds.every().items():
            fields = {
                "filters": 8,
                "kernel": 3,
                "size": 3,
                "units": 8,
                "heads": 4,
                "groups": 4,
                "output": 2,
                "times": 3,
            }
            given = ", ".join(f"{name}: {number}" for name, number in fields.items() if name in kind.fields)
            try:
                net = parse(f"input: {xs}\nlayers: [{{{word}: {{name: L, {given}}}}}, {{relu: {{name: R}}}}]")
                truth = Truth(net.network)
                rows = truth.summary.rows
            except CnncalcError:
                continue
            for name, slip in SLIPS.items():
                network = slipped(truth.summary, set(range(len(rows))), slip)
                if network is None:
                    continue
                try:
                    summary = truth.of(network)
                except CnncalcError:
                    continue
                made.add(name)
                for row in summary.rows:
                    numbers = (row.params, row.macs, row.trainable_params, row.activations)
                    exact = int if name != "not_rounded" else int | Fraction
                    assert all(isinstance(number, exact) and number >= 0 for number in numbers), (word, name)
                assert len(summary.fields) == len(rows)
    assert len(made) > 30


@pytest.mark.parametrize(
    ("network", "key"),
    [(CONV, "L.params"), (CONV, "L.macs"), (FLAT, "L.params"), (LSTM, "L.params"), (GRU, "L.params"), (MHA, "L.params"),
     (TWO, "total.params"), (TWO, "total.macs"), (STACK, "L.receptive_field"), (CONV, "L.weight_bytes")],
)  # fmt: skip
def test_a_number_drawn_at_random_is_seldom_explained(network: str, key: str) -> None:
    truth, parsed = Truth(parse(network).network), parse_key(key)
    right = truth.get(parsed)
    size = right[0] if isinstance(right, list) else right
    draw = random.Random(5)
    numbers = [draw.randint(size // 2, 2 * size) for _ in range(300)]
    claimed = sum(explain(truth, parsed, str(number)) is not None for number in numbers if number != size)
    assert claimed <= 300 * 0.34 if size < 100 else claimed <= 300 * 0.05


def test_small_numbers_that_many_slips_reach_are_not_claimed() -> None:
    """One layer with every field set, and a count so small that slips cover most of what is near it."""
    truth = Truth(parse("input: 5x5x2\nlayers: [{conv: {name: L, filters: 2, kernel: 1, groups: 2}}]").network)
    assert truth.get(parse_key("L.params")) == 4
    claimed = [number for number in range(2, 9) if explain(truth, parse_key("L.params"), str(number))]
    assert claimed == []


def test_a_batch_stands_in_front_of_sizes_only() -> None:
    truth = Truth(parse("input: 12x8\nlayers: [{conv: {name: L, filters: 4, kernel: 3}}]").network)
    found = explain(truth, parse_key("L.output"), "32x10x4")
    assert found is not None
    assert found.names == ("batch",)
    assert explain(truth, parse_key("L.receptive_field"), "3x3") is None


def test_rules_are_changed_in_one_layer_and_follow_its_copies() -> None:
    (right,) = (row.layer.kind for row in parse(CONV).summary().rows)
    x = Shape((28, 28), 3)
    bare = SLIPS["square"].change(SLIPS["channels"].change(right, x) or right, x)
    assert bare is not None
    assert type(bare) is type(right)
    assert bare.weights(x) == {"kernel": (5, 1, 32), "bias": (32,)}  # F for F·F, and no input channels
    assert bare.altered(filters=7).weights(x) == {"kernel": (5, 1, 7), "bias": (7,)}
    assert bare.mapped(lambda number, letter: 2 * number).weights(x) == {"kernel": (10, 1, 64), "bias": (64,)}
    assert right.weights(x) == {"kernel": (5, 5, 3, 32), "bias": (32,)}


def test_a_wrong_answer_to_a_causal_convolution_is_explained(one: Callable[..., Verdict]) -> None:
    """Its padding is a word that a transposed convolution does not take."""
    network = "input: 20x4\n    layers: [{conv: {name: c1, filters: 8, kernel: 3, padding: causal}}]"
    verdict = one("c1.output: 18x8", network)
    assert (verdict.ok, verdict.slip.names) == (False, ("padding",))
