"""``use: {layer: NAME, transposed: true}``: a dense layer with another's kernel or table, transposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import SpecError, load, parse
from cnncalc.summary.rows import Summary
from cnncalc.symbolic.expr import value

CODE = "{name: code, units: 32}"


def summary(*layers: str, size: str = "784") -> Summary:
    return parse(f"input: {size}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)).summary()


def test_a_tied_autoencoder_counts_its_kernel_once(facts: Path) -> None:
    net = load(str(facts / "engineers" / "62-tied-autoencoder.yaml"))
    assert net.findings() == []
    code, out = net.summary().rows
    assert (out.kind, out.output.sizes, out.weights, out.params) == ("dense", (784,), {"bias": (784,)}, 784)
    assert code.macs == out.macs == 784 * 32
    (note,) = net.summary().notes(out)
    assert note.text == "its kernel is the kernel of code transposed, counted there"
    assert [value(step.expression) for step in net.explain()[1].steps if step.quantity == "params"] == [784]


def test_a_head_that_is_the_table_of_tokens(facts: Path) -> None:
    net = load(str(facts / "engineers" / "30-gpt2-tied.yaml"))
    assert net.findings() == []
    head = net.summary()["lm_head"]
    assert (head.output.sizes, head.weights, head.macs) == ((1024, 50257), {}, 1024 * 768 * 50257)


def test_without_bias_it_has_nothing_of_its_own() -> None:
    found = summary(f"dense: {CODE}", "use: {layer: code, transposed: true}")
    assert [row.params for row in found.rows] == [785 * 32, 0]
    assert "bias" not in found.rows[1].layer.kind.weights(*found.rows[1].xs)


def test_an_image_comes_back_as_the_features_that_it_was_flattened_to() -> None:
    found = summary(f"dense: {CODE}", "use: {layer: code, transposed: true}", size="28x28x1")
    assert found.rows[1].output.sizes == (784,)


def test_used_again_it_shares_its_bias_too() -> None:
    found = summary(
        f"dense: {CODE}",
        "use: {name: out, layer: code, transposed: true, bias: true}",
        "use: {name: again, layer: out, from: code}",
        "use: {name: back, layer: code}",
        "use: {name: third, layer: back, transposed: true}",
    )
    assert [row.params for row in found.rows] == [785 * 32, 784, 0, 0, 0]
    assert [row.layer.shares for row in found.rows] == [None, None, 1, 0, None]
    assert [row.layer.tie and row.layer.tie.layer for row in found.rows] == [None, 0, 0, None, 0]


def test_it_may_stand_in_a_block_and_be_frozen() -> None:
    more = "define: {b: {layers: [use: {layer: code, transposed: true, bias: true}]}}"
    text = f"input: 9\n{more}\nlayers: [dense: {CODE}, use: {{block: b, name: one, trainable: false}}]"
    found = parse(text).summary()
    assert found.totals.params == 10 * 32 + 9
    assert found.totals.trainable_params == 10 * 32


@pytest.mark.parametrize("name", ["code", "encoder/code"])
def test_a_decoder_finds_the_layers_of_its_encoder(name: str) -> None:
    decoder = f"decoder: [use: {{layer: {name}, transposed: true, bias: true}}, use: {{layer: hidden, from: input}}]"
    text = f"input: 784\nencoder: [dense: {{name: hidden, units: 90}}, dense: {CODE}]\n{decoder}\n"
    back, again = parse(text).summary().rows[2:]
    assert (back.output.sizes, back.params, again.output.sizes, again.params) == ((90,), 90, (90,), 0)


def test_the_inside_of_a_block_stays_unseen() -> None:
    with pytest.raises(SpecError, match='no layer above is called "s/code"'):
        summary(f"sequential: {{name: s, layers: [dense: {CODE}]}}", "use: {layer: s/code, transposed: true}")


def test_letters_pass_through() -> None:
    found = summary("dense: {name: code, units: U}", "use: {layer: code, transposed: true, bias: true}", size="N")
    assert [str(number) for number in (*found.rows[1].output.sizes, found.rows[1].macs)] == ["N", "U·N"]
    assert str(found.totals.params) == "(N + 1)·U + N"


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (["relu: {name: r}", "use: {layer: r, transposed: true}"], '"r" is a relu, and cannot be used transposed'),
        (["sequential: {name: s, layers: [relu, relu]}", "use: {layer: s, transposed: true}"], '"s" is a sequential'),
        ([f"dense: {CODE}", "use: {layer: code, bias: true}"], 'use "use1" has no "bias"'),
        ([f"dense: {CODE}", "use: {layer: code, transposed: 2}"], "transposed must be true or false"),
        ([f"dense: {CODE}", "use: {layer: kode, transposed: true}"], 'no layer above is called "kode"'),
        ([f"dense: {CODE}", "dense: 5", "use: {layer: code, transposed: true}"],
         "the kernel of code, transposed, is 32×784; here it would have to be 5×784"),
        ([f"dense: {CODE}", "use: {name: out, layer: code, transposed: true}", "use: {layer: out, transposed: true}"],
         '"out" is tied to another layer itself'),
    ],
)  # fmt: skip
def test_what_cannot_be_tied_is_said(layers: list[str], says: str) -> None:
    with pytest.raises(SpecError) as caught:
        summary(*layers)
    assert says in str(caught.value)
    assert caught.value.problems[0].mark is not None
