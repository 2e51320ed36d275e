"""Sizes, parameters and multiply–accumulates of the sequence kinds against published tables and PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc import load, parse

SPECS = Path(__file__).parents[2] / "specs"

POST = ["attention1", "add1", "layernorm1", "dense1", "dense2", "add2", "layernorm2"]
PRE = ["layernorm1", "attention1", "add1", "layernorm2", "dense1", "dense2", "add2"]
DECODER_POST = ["attention1", "add1", "layernorm1", "attention2", "add2", "layernorm2", "dense1", "dense2", "add3",
                "layernorm3"]  # fmt: skip
DECODER_PRE = ["layernorm1", "attention1", "add1", "layernorm2", "attention2", "add2", "layernorm3", "dense1", "dense2",
               "add3"]  # fmt: skip


def _table(facts: Path, name: str) -> Any:
    return yaml.safe_load((facts / "tables" / f"{name}.yaml").read_text(encoding="utf-8"))


def test_the_rows_of_torchinfos_lstm(facts: Path) -> None:
    table = _table(facts, "torchinfo_lstm")
    published = {row["op"]: row for row in table["rows"] if row["depth"] == 1}
    summary = load(str(SPECS / "lstm-tagger.yaml")).summary()
    for row, op in zip(summary.rows, ("Embedding", "LSTM", "Linear"), strict=True):
        assert [1, *row.output.sizes] == published[op]["shapes"][0]
        assert row.params == published[op]["params"][1]
    arrays = {row["op"]: row["shapes"][0][::-1] for row in table["rows"] if row["depth"] == 2 and "_l" in row["op"]}
    names = {"weight_ih": "kernel", "weight_hh": "recurrent_kernel", "bias_ih": "bias", "bias_hh": "recurrent_bias"}
    ours = {f"{layer}{names[op[:-3]]}": sizes for op, sizes in arrays.items() for layer in _layer(op)}
    assert {name: list(sizes) for name, sizes in summary.rows[1].weights.items()} == ours
    assert f"{summary.totals.params:,}" == table["totals"]["Total params"]


def _layer(op: str) -> list[str]:
    return ["layer2_" if op.endswith("_l1") else ""]


def test_the_rows_of_nanogpts_sizing(facts: Path) -> None:
    table = _table(facts, "nanogpt_gpt2")
    params, flops = table["params"], table["flops_per_sequence_1024"]
    net = load(str(SPECS / "gpt2-small.yaml"))
    summary = net.summary()
    block = {row.name.rpartition("/1/")[2]: row for row in summary.rows if row.name.startswith("blocks/1/")}
    parts = ("layernorm1", "attention1", "dense1", "dense2")
    norm, attention, dense1, dense2 = (next(block[name] for name in block if name.endswith(part)) for part in parts)
    sizes = {name: row[0] * row[1] for name, row in attention.weights.items()}
    assert summary["positions"].params == params["position"]
    assert summary["tokens"].params == params["token"]
    assert norm.params == params["ln"]
    assert sizes["query_kernel"] + sizes["key_kernel"] + sizes["value_kernel"] == params["kqv"]
    assert sizes["output_kernel"] == params["proj"]
    assert attention.params + norm.params == params["attention_with_ln"]
    assert [dense1.params, dense2.params] == [params["mlp_ffw"], params["mlp_proj"]]
    assert sum(row.params for row in block.values()) == params["block"]
    assert summary["layernorm1"].params == params["ln_f"]
    assert summary.totals.params == params["total"]
    assert attention.flops == flops["attention"]
    assert [dense1.flops, dense2.flops] == [flops["ffw1"], flops["ffw2"]]
    assert sum(row.flops for row in block.values()) == flops["block"]
    assert summary.totals.flops == flops["transformer"]
    assert (
        parse("input: 1024x768\nlayers: [dense: {units: 50257, bias: false}]").summary().totals.flops == flops["dense"]
    )


def test_vit_and_bert_as_models_yaml_has_them(facts: Path) -> None:
    models = yaml.safe_load((facts / "models.yaml").read_text(encoding="utf-8"))["models"]
    known = {model["model"]: model for model in models if model.get("input") in (None, [3, 224, 224])}
    vit, bert = (load(str(SPECS / f"{name}.yaml")).summary().totals for name in ("vit-b16", "bert-base"))
    assert vit.params == known["torchvision vit_b_16"]["params"]
    assert vit.macs == known["torchvision vit_b_16"]["recomputed"]["macs"]
    assert bert.params == known["BERT-base uncased with pooler"]["params"]
    text = (SPECS / "vit-b16.yaml").read_text(encoding="utf-8")
    larger = next(m for m in models if m["model"] == "torchvision vit_b_16" and m["input"][1] == 384)
    totals = parse(text.replace("224x224x3", "384x384x3")).summary().totals
    assert totals.params == larger["params"]
    assert round(totals.macs / 1e9, 3) == larger["gmacs"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("layers: 1", POST),
        ("norm: pre", PRE),
        ("layers: 2", [f"{n}/{part}" for n in (1, 2) for part in POST]),
        ("dropout: 0.1, layers: 2, norm: pre", [f"{n}/{part}" for n in (1, 2) for part in PRE]),
    ],
)
def test_the_parts_of_an_encoder(fields: str, names: list[str]) -> None:
    summary = parse(f"input: 5x6\nlayers: [transformer_encoder: {{name: e, heads: 2, ff: 8, {fields}}}]").summary()
    assert [row.name for row in summary.rows] == [f"e/{name}" for name in names]
    assert list(summary.outputs) == [f"e/{names[-1]}"]


@pytest.mark.parametrize(("norm", "names"), [("post", DECODER_POST), ("pre", DECODER_PRE)])
def test_the_parts_of_a_decoder_read_what_they_should(norm: str, names: list[str]) -> None:
    text = "input: {target: 5x6, memory: 7x6}\nlayers:\n  - transformer_decoder: {name: d, heads: 2, ff: 8, norm: "
    summary = parse(f"{text}{norm}, from: [target, memory]}}").summary()
    assert [row.name for row in summary.rows] == [f"d/{name}" for name in names]
    reads = {row.name: [summary.network.value_name(n) for n in row.layer.sources] for row in summary.rows}
    assert reads["d/attention2"][1] == "memory"
    assert [summary[f"d/attention{n}"].layer.kind.causal for n in (1, 2)] == [True, False]  # type: ignore[attr-defined]
    if norm == "post":
        assert reads["d/add1"] == ["target", "d/attention1"]
        assert reads["d/add3"] == ["d/layernorm2", "d/dense2"]
    else:
        assert reads["d/add1"] == ["target", "d/attention1"]
        assert reads["d/add3"] == ["d/add2", "d/dense2"]


def test_a_stack_is_a_block_to_those_who_read_it_or_expect_of_it() -> None:
    text = """
        input: 5x6
        layers:
          - transformer_encoder:
              {name: e, heads: 2, ff: 4, layers: 3, trainable: false, expect: {params: 750, output: 5x6}}
          - use: {name: again, layer: e}
          - add: {from: [e, again]}
          - select: {index: 1, from: e}
        expect: {params: 750, trainable_params: 0}
    """
    net = parse(text)
    assert [found for found in net.findings() if found.severity == "error"] == []
    summary = net.summary()
    assert summary.totals.macs == 2 * sum(row.macs for row in summary.rows if row.name.startswith("e/"))
    assert {row.layer.shares for row in summary.rows if row.name.startswith("again/")} == set(range(21))


def test_a_stack_below_a_layer_that_does_not_fit_leaves_the_report_to_that_layer() -> None:
    from cnncalc import SpecError

    text = "input: 5x6\nlayers: [conv: {filters: 4, kernel: 9}, transformer_encoder: {heads: 2, ff: 4}, select: 1]"
    with pytest.raises(SpecError) as caught:
        parse(text).summary()
    assert [problem.text for problem in caught.value.problems] == ['conv "conv1": a 9 window does not fit into 5']


def test_unknown_letters_pass_through() -> None:
    text = "input: TxF\nlayers: [transformer_encoder: {name: e, heads: h, ff: G}, lstm: u]"
    summary = parse(text).summary()
    assert str(summary["e/attention1"].params) == "(4F + 4)·F"
    assert str(summary["e/dense2"].params) == "(G + 1)·F"
    assert str(summary["lstm1"].params) == "4(F + u + 1)·u"
    assert [str(size) for size in summary["e/layernorm2"].output.sizes] == ["T", "F"]


def test_a_network_of_recurrent_layers_is_bounded() -> None:
    from cnncalc import LimitError

    many = "input: 5x5\nlayers:\n" + "  - lstm: {units: 5, layers: 9000, return_sequences: true}\n" * 6
    with pytest.raises(LimitError, match="layers"):
        parse(many)
    with pytest.raises(LimitError, match="layers"):
        parse("input: 5x6\nlayers: [transformer_encoder: {heads: 2, ff: 4, layers: 2000}]")


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("both", [False, True])
def test_recurrent_parameters_are_pytorchs(kind: str, both: bool) -> None:
    nn = pytest.importorskip("torch").nn
    module = getattr(nn, kind.upper())(13, 7, num_layers=3, bidirectional=both)
    fields = f"units: 7, layers: 3, biases: 2, bidirectional: {str(both).lower()}"
    summary = parse(f"input: 5x13\nlayers: [{kind}: {{{fields}}}]").summary()
    assert summary.totals.params == sum(p.numel() for p in module.parameters())


@pytest.mark.oracle
def test_transformer_parameters_are_pytorchs() -> None:
    nn = pytest.importorskip("torch").nn
    both = sum(p.numel() for p in nn.Transformer(512, 8, 6, 6, 2048, batch_first=True).parameters())
    summary = load(str(SPECS / "transformer-base.yaml")).summary()
    stacks = sum(row.params for row in summary.rows if row.name.startswith(("encoder/", "decoder/")))
    assert both - stacks == 2 * 2 * 512  # PyTorch's two final layer norms


def test_what_a_convolution_over_tokens_sees_of_them() -> None:
    """Kim (2014): token ids have positions as soon as they are embedded; behind attention every position sees all."""
    text = """
        input: {tokens: 40, tags: 6}
        layers:
          - embedding: {name: e, vocab: 99, dim: 8, from: tokens, expect: {receptive_field: 1}}
          - conv: {name: c, filters: 4, kernel: 5, expect: {receptive_field: 5, effective_stride: 1}}
          - maxpool: {name: p, size: 2, expect: {receptive_field: 6, effective_stride: 2}}
          - attention: {name: a, heads: 2}
          - relu: {name: r, from: tags}
          - flatten: {name: f, from: e}
          - embedding: {name: late, vocab: 99, dim: 8}
    """
    net = parse(text)
    assert [found for found in net.findings() if found.severity == "error"] == []
    fields = {row.name: seen.fields for row, seen in zip(net.summary().rows, net.summary().fields, strict=True)}
    assert [fields[name] for name in ("a", "r", "f", "late")] == [None] * 4
