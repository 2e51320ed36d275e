"""The working of every kind: each sum as it is shown comes to the number shown, and the last one is the output."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from case_files import Case, load

import cnncalc
from cnncalc import api
from cnncalc.engine import by_hand, kernels
from cnncalc.engine import weights as learned
from cnncalc.engine.model import Model
from cnncalc.kinds import every
from cnncalc.render import trace as render

CASES = [
    param
    for param in load("cases")
    if param.values[0].kind != "opaque"
    and api.parse(param.values[0].text).summary().totals.macs <= 10**5
    and api.parse(param.values[0].text).summary().totals.activations <= 10**5
]
MORE = [
    f"input: [3, 4]\nlayers: [{{{layer}}}]"
    for layer in (
        "attention: {name: layer, heads: 2}", "attention: {name: layer, heads: 2, causal: true, bias: false}",
        "attention: {name: layer, heads: 4, kv_heads: 2, rotary: false, relative_bias: table}",
        "attention: {name: layer, heads: 2, rotary: true, value_dim: 3}",
        "rnn: {name: layer, units: 2}", "lstm: {name: layer, units: 3, layers: 2, bidirectional: true}",
        "lstm: {name: layer, units: 3, projection: 2, return_sequences: true, bias: false}",
        "gru: {name: layer, units: 2, biases: 2, bidirectional: true, merge: sum}",
        "gru: {name: layer, units: 2, biases: 2, bias: false}",
        "gru: {name: layer, units: 2, bidirectional: true, return_sequences: true, merge: average}",
        "dense: {name: layer, units: 3, activation: softmax}", "dense: {name: layer, units: 3, activation: gelu}",
        "conv: {name: layer, filters: 2, kernel: 2, activation: log_softmax}",
        "positional_encoding: {name: layer, style: learned}",
        "layernorm: {name: layer, axes: all}", "activation: {name: layer, function: leaky_relu, slope: 0.2}",
    )
]  # fmt: skip


def traced(text: str, drawn: Any) -> tuple[Any, np.ndarray]:
    """The working of the layer called "layer" and what the engine put out, with drawn numbers."""
    summary = cnncalc.parse(text).summary()
    arrays, feeds = drawn(summary, 0, 1)
    found: list[Any] = []

    def watch(row: Any, xs: list[np.ndarray], y: np.ndarray, seconds: float) -> None:
        if row.name.startswith("layer"):
            found.append((by_hand.trace(row, learned.of(summary, row, arrays), xs, y), y))

    Model(summary, arrays, cnncalc.Limits(), "reference").run(feeds, watch)
    return found[-1]


NAMES = {
    "e": math.e, "ln": math.log, "sqrt": math.sqrt, "σ": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos, "max": lambda *n: max(n), "min": min, "Φ": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
    "relu6": lambda x: min(max(x, 0), 6), "inf": math.inf, "abs": abs,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
}  # fmt: skip


def comes_to(shown: str) -> float:
    """What a formula as it is shown comes to."""
    text = shown.translate(str.maketrans({"−": "-", "·": "*", "∞": "inf"})).replace("²", "**2").replace("^", "**")
    text = re.sub(r"√(\d+)", r"sqrt(\1)", text).replace("√", "sqrt")
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text).replace("e**-", "e**-")
    return float(eval(text, {"__builtins__": {}}, NAMES))


def about(number: float) -> Any:
    return pytest.approx(number, rel=2e-3, abs=2e-3)


@pytest.mark.parametrize("text", [*(pytest.param(p.values[0].text, id=p.id) for p in CASES), *MORE])
def test_the_working_comes_to_what_the_engine_puts_out(text: str, drawn: Any) -> None:
    found, y = traced(text, drawn)
    assert np.array_equal(found.output, y[0])
    for tap in found.windows:
        place = tuple(i - 1 for i in tap.place)
        assert found.steps or tap.value == y[0][place]
        if tap.formula is not None:
            inner = comes_to(render.filled(tap.formula, tap.numbers))
        elif tap.factors:
            inner = math.fsum(a * b for a, b in zip(tap.numbers, tap.factors, strict=True)) + (tap.bias or 0)
        else:
            inner = sum(tap.numbers) / tap.divisor if tap.divisor else max(tap.numbers)
        assert tap.activation not in (None, "linear") or inner == about(tap.value)
    for step in found.steps:
        for one, number in zip(step.sums, step.numbers.ravel(), strict=False):
            assert comes_to(render.filled(one.text, map(float, one.numbers))) == about(float(number)), (step.name, one)
    if found.steps and not found.more_steps:
        last = found.steps[-1].numbers
        assert last.reshape(y[0].shape) == pytest.approx(y[0], rel=1e-4, abs=1e-5)
    assert render.lines(found)
    json.dumps(render.data(found))


def test_every_kind_that_computes_shows_how() -> None:
    """Those that only move numbers, or are made of other layers, show what they read and put out."""
    moves = {
        "dropout", "stochastic_depth", "flatten", "reshape", "permute", "pad", "crop", "upsample", "pixel_shuffle",
        "pixel_unshuffle", "channel_shuffle", "split", "slice", "concat", "class_token", "repeat_vector", "select",
        "opaque",
        "moe", "transformer_encoder", "transformer_decoder",
    }  # fmt: skip
    shown = {case.kind for p in CASES if kernels.find_by_hand(kind_of(case := p.values[0]))}
    assert every().keys() - moves - shown == set()


def kind_of(case: Case) -> Any:
    return cnncalc.parse(case.text).summary().rows[-1].layer.kind


@pytest.mark.parametrize("sizes", ["input: 30x40x6", "input: [100, 64]", "input: 9x8x7x3", "input: 500"])
def test_a_map_fits_the_page_and_says_what_is_cut(sizes: str, drawn: Any) -> None:
    found, _ = traced(f"{sizes}\nlayers: [{{tanh: {{name: layer}}}}]", drawn)
    lines = [line for line in render.lines(found) if "[" not in line]
    assert max(map(len, lines)) <= 80
    assert any("…" in line for line in lines)


def test_the_working_is_that_of_the_run_whatever_layers_follow(run_of: Any) -> None:
    """The fast engine writes several outputs into the same memory."""
    text = (
        "input: [3, 4]\nlayers: [tanh, {lstm: {name: layer, units: 4, return_sequences: true}}, tanh, tanh, tanh, tanh]"
    )
    found = run_of(text, "layer")
    for name, x in (("x_1", found.operands[0][0]), ("x_3", found.operands[0][2])):
        shown = next(step.numbers for step in found.steps if step.name == name)
        assert np.array_equal(shown, x)
    assert found.steps[-1].numbers == pytest.approx(found.output, rel=1e-5)


@pytest.fixture
def run_of() -> Any:
    from cnncalc.engine import run as session

    def traced_run(text: str, layer: str) -> Any:
        summary = cnncalc.parse(text).summary()
        return session.run(summary, [], None, 0, None, cnncalc.Limits(), traced=layer).traced

    return traced_run
