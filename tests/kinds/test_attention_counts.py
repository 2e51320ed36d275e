"""What attention counts beside its case file: its cache, its working, and the transformers that are made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import load, parse
from cnncalc.symbolic.expr import value


@pytest.mark.parametrize(
    ("fields", "bytes"),
    [
        ("heads: 4, causal: true", 4 * 10 * 4 * (4 + 4)),
        ("heads: 4, kv_heads: 2, causal: true", 4 * 10 * 2 * (4 + 4)),
        ("heads: 4, kv_heads: 1, key_dim: 3, value_dim: 5, causal: true", 4 * 10 * (3 + 5)),
        ("heads: 4", 0),
    ],
)
def test_causal_attention_keeps_keys_and_values(fields: str, bytes: int) -> None:
    net = parse(f"input: 10x16\nlayers: [attention: {{name: a, {fields}}}, dense: 5]")
    assert [row.kv_cache_bytes for row in net.summary().rows] == [bytes, 0]
    assert net.summary().totals.kv_cache_bytes == bytes


def test_a_cache_has_its_working() -> None:
    from cnncalc.explain import quantity
    from cnncalc.spec.demand import Key

    net = parse("input: 10x16\nlayers: [attention: {name: a, heads: 4, kv_heads: 2, causal: true}]")
    (step,) = quantity.steps(net.summary(), Key("a", "kv_cache_bytes"))
    assert value(step.expression) == 640
    assert str(step.expression) != "640"


def test_explain_shows_the_cache() -> None:
    from cnncalc.render import working

    explained = parse("input: 10x16\nlayers: [attention: {heads: 4, kv_heads: 2, causal: true}]").explain()
    lines = dict(working.worked(explained[0]))
    assert lines["Key/value cache in bytes"] == "KV = 4·(2T·h_kv·(C/h)) = 4·(2·10·2·(16/4)) = 640"


def test_the_steps_as_latex() -> None:
    from cnncalc.symbolic.style import typeset

    assert typeset("g = ⌈i/r⌉, r") == r"g = \lceil i/r\rceil , r"


def _inside(size: str, fields: str) -> dict[str, list[int]]:
    """The sizes of each step inside an attention, by its formula."""
    (layer,) = parse(f"input: {size}\nlayers: [attention: {{{fields}}}]").explain()
    return {stage.formula: [value(number) for number in stage.sizes] for stage in layer.stages}


def test_the_steps_of_grouped_heads() -> None:
    found = _inside("10x16", "heads: 4, kv_heads: 2, value_dim: 3, bias: [query], causal: true, rotary: true")
    assert found == {
        "Q = turned(x W_Q + b_Q)": [10, 16],
        "K = turned(x W_K)": [10, 8],
        "V = x W_V": [10, 6],
        "d_k": [4],
        "d_v": [3],
        "g = ⌈i/r⌉, r": [2],
        "A_i = softmax(Q_i K_gᵀ/√(d_k) + mask)": [10, 10],
        "head_i = A_i V_g": [10, 3],
        "y = concat(head_1, ..., head_h) W_O": [10, 16],
    }


def test_the_steps_in_a_window() -> None:
    found = _inside("14x21x8", "heads: 2, window: 7, shift: 3, relative_bias: table, bias: false")
    assert found["X = windows(shifted(x))"] == [6, 49, 8]
    assert found["R"] == [169, 2]
    assert found["B = R(i − j)"] == [2, 49, 49]
    assert found["A_i = softmax(Q_i K_iᵀ/√(d_k) + B_i + mask)"] == [49, 49]
    assert "mask" not in "".join(_inside("14x21x8", "heads: 2, window: 7"))


@pytest.mark.parametrize("word", ["transformer_encoder", "transformer_decoder"])
def test_transformers_hand_their_heads_and_biases_on(word: str) -> None:
    reads = "input: {x: 5x12, m: 7x12}\nlayers:\n  - " + word
    fields = f"heads: 6, kv_heads: 2, ff: 20, attention_bias: [query], from: {'[x, m]' if 'de' in word[12:14] else 'x'}"
    found = parse(f"{reads}: {{name: t, {fields}}}").summary()
    attentions = [row for row in found.rows if row.kind == "attention"]
    assert len(attentions) == (2 if "decoder" in word else 1)
    for row in attentions:
        assert row.weights["key_kernel"] == (12, 4)
        assert [name for name in row.weights if name.endswith("bias")] == ["query_bias"]
    assert all("bias" in row.weights for row in found.rows if row.kind == "dense")
    assert found.totals.kv_cache_bytes == (4 * 5 * 2 * 4 if "decoder" in word else 0)


def test_attention_has_the_biases_of_its_transformer_unless_it_is_told_otherwise() -> None:
    text = "input: 5x12\nlayers: [transformer_encoder: {name: t, heads: 2, ff: 4, bias: false%s}]"
    assert parse(text % "").summary()["t/attention1"].bias_params == 0
    assert parse(text % ", attention_bias: true").summary()["t/attention1"].bias_params == 48


@pytest.mark.parametrize(
    "name",
    ["23-keras-vit-mha", "24-keras-bert", "26-torch-encoder-layer", "27-fvcore-mha", "30-gpt2-tied", "31-llama2c-15m",
     "32-llama32-1b", "39-flan-t5-small", "42-pointnet", "45-shared-linear-memory", "56-value-dim",
     "62-tied-autoencoder"],
)  # fmt: skip
def test_networks_of_engineers_come_out_as_they_expect(name: str, facts: Path) -> None:
    net = load(str(facts / "engineers" / f"{name}.yaml"))
    assert net.network.demands
    assert net.findings() == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("input: [10, 16]\nlayers: [attention: {heads: 4, kv_heads: p, bias: false, expect: {params: 768}}]", 2),
        ("input: [10, 16]\nlayers: [attention: {heads: 4, value_dim: p, expect: {macs: 18480}}]", 7),
        ("input: 12x12x6\nlayers: [attention: {heads: 2, window: p, relative_bias: table, expect: {params: 218}}]", 3),
        ("input: [p, 16]\nlayers: [attention: {heads: 4, causal: true, expect: {kv_cache_bytes: 1280}}]", 10),
        ("input: {a: [4, 5], b: [5, p]}\nlayers: [matmul: {from: [a, b], expect: {macs: 120}}]", 6),
        ("input: 784\nlayers: [dense: {name: c, units: p}, use: {layer: c, transposed: true, bias: true}]\n"
         "expect: {params: 25904}", 32),
        ("input: [12, 8]\nlayers: [moe: {experts: 4, top: 1, layers: [dense: p, dense: 8]}]\n"
         "expect: {active_params: 890}", 50),
    ],
)  # fmt: skip
def test_letters_are_solved_for(text: str, number: int) -> None:
    assert parse(text).solve().unknowns["p"].solutions == [number]
