"""Blocks, names, ``from``, shared weights and demands: how a spec becomes rows."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import parse
from cnncalc.summary.rows import Summary


def summary(layers: str, size: str = "8x8x3", more: str = "") -> Summary:
    return parse(f"input: {size}\n{more}layers:\n{layers}").summary()


def rows(layers: str, size: str = "8x8x3", more: str = "") -> dict[str, list[str]]:
    """What each row reads, by name."""
    found = summary(layers, size, more)
    return {row.name: [found.network.value_name(source) for source in row.layer.sources] for row in found.rows}


RESIDUAL = """
- residual:
    body:
      - conv: {filters: 3, kernel: 3, padding: 1}
      - relu
      - conv: {filters: 3, kernel: 3, padding: 1}
    shortcut:
      - conv: {filters: 3, kernel: 1}
    activation: relu
"""


def test_default_names_count_each_kind_within_its_list() -> None:
    assert list(rows("- relu\n- conv: {filters: 1, kernel: 1}\n- relu\n- conv: {filters: 1, kernel: 1, name: c}\n"
                     "- conv: {filters: 1, kernel: 1}")) == ["relu1", "conv1", "relu2", "c", "conv3"]  # fmt: skip


def test_a_residual_block() -> None:
    assert rows(RESIDUAL) == {
        "residual1/conv1": ["input"],
        "residual1/relu1": ["residual1/conv1"],
        "residual1/conv2": ["residual1/relu1"],
        "residual1/shortcut/conv1": ["input"],
        "residual1": ["residual1/conv2", "residual1/shortcut/conv1"],
    }
    found = summary(RESIDUAL)
    assert [found.rows[-1].kind, found.rows[-1].layer.kind.activation] == ["add", "relu"]  # type: ignore[attr-defined]


def test_without_a_shortcut_x_itself_is_added() -> None:
    assert rows("- conv: {filters: 3, kernel: 1}\n- residual: {name: R, body: [relu]}") == {
        "conv1": ["input"], "R/relu1": ["conv1"], "R": ["R/relu1", "conv1"],
    }  # fmt: skip


@pytest.mark.parametrize("merge", ["concat", "add", "multiply", "average", "maximum"])
def test_parallel_branches(merge: str) -> None:
    layers = f"- parallel: {{branches: [[relu, tanh], [], [conv: {{filters: 3, kernel: 1}}]], merge: {merge}}}"
    assert rows(layers) == {
        "parallel1/1/relu1": ["input"],
        "parallel1/1/tanh1": ["parallel1/1/relu1"],
        "parallel1/3/conv1": ["input"],
        "parallel1": ["parallel1/1/tanh1", "input", "parallel1/3/conv1"],
    }
    last = summary(layers).rows[-1]
    assert last.kind == merge
    assert last.output.channels == (9 if merge == "concat" else 3)


def test_repeat_places_layers_of_their_own() -> None:
    layers = "- repeat: {times: 3, layers: [conv: {filters: 3, kernel: 3, padding: 1}, relu]}\n- relu"
    assert rows(layers) == {
        "repeat1/1/conv1": ["input"], "repeat1/1/relu1": ["repeat1/1/conv1"],
        "repeat1/2/conv1": ["repeat1/1/relu1"], "repeat1/2/relu1": ["repeat1/2/conv1"],
        "repeat1/3/conv1": ["repeat1/2/relu1"], "repeat1/3/relu1": ["repeat1/3/conv1"],
        "relu1": ["repeat1/3/relu1"],
    }  # fmt: skip
    assert summary(layers).totals.params == 3 * 84


def test_blocks_inside_blocks() -> None:
    layers = "- repeat: {times: 2, layers: [residual: {body: [parallel: {branches: [[relu], []], merge: add}]}]}"
    assert rows(layers) == {
        "repeat1/1/residual1/parallel1/1/relu1": ["input"],
        "repeat1/1/residual1/parallel1": ["repeat1/1/residual1/parallel1/1/relu1", "input"],
        "repeat1/1/residual1": ["repeat1/1/residual1/parallel1", "input"],
        "repeat1/2/residual1/parallel1/1/relu1": ["repeat1/1/residual1"],
        "repeat1/2/residual1/parallel1": ["repeat1/2/residual1/parallel1/1/relu1", "repeat1/1/residual1"],
        "repeat1/2/residual1": ["repeat1/2/residual1/parallel1", "repeat1/1/residual1"],
    }


def test_sequential_as_a_list_and_with_a_name() -> None:
    assert list(rows("- sequential: [relu, relu]\n- sequential: {name: s, layers: [relu]}\n- sequential: []")) == [
        "sequential1/relu1", "sequential1/relu2", "s/relu1",
    ]  # fmt: skip


def test_a_block_is_read_by_its_name_and_its_inside_is_not_seen() -> None:
    layers = "- sequential: {name: s, layers: [relu: {name: inner}]}\n- tanh\n- add: {from: [s, tanh1]}"
    assert rows(layers)["add1"] == ["s/inner", "tanh1"]
    with pytest.raises(Exception, match='no layer above is called "inner"'):
        rows("- sequential: {name: s, layers: [relu: {name: inner}]}\n- relu: {from: inner}")


def test_a_block_sees_the_names_around_it_and_its_own_first() -> None:
    layers = "- relu: {name: a}\n- sequential: [tanh: {name: a}, relu: {from: a}]\n- relu: {from: a}"
    assert rows(layers) == {
        "a": ["input"], "sequential1/a": ["a"], "sequential1/relu1": ["sequential1/a"], "relu2": ["a"],
    }  # fmt: skip


def test_a_shortcut_does_not_see_the_body() -> None:
    with pytest.raises(Exception, match='no layer above is called "deep"'):
        rows("- residual: {body: [relu: {name: deep}], shortcut: [relu: {from: deep}]}")


def test_a_block_may_read_another_layer() -> None:
    layers = "- relu: {name: a}\n- tanh\n- repeat: {times: 2, from: a, layers: [relu]}\n"
    layers += "- residual: {from: input, body: [relu]}"
    found = rows(layers)
    assert found["repeat1/1/relu1"] == ["a"]
    assert found["repeat1/2/relu1"] == ["repeat1/1/relu1"]
    assert found["residual1"] == ["residual1/relu1", "input"]


def test_several_inputs() -> None:
    text = "input: {image: 8x8x3, tag: 3}\nlayers:\n- relu: {from: image}\n- multiply: {from: [relu1, tag]}"
    found = parse(text).summary()
    assert {name: list(x.sizes) for name, x in found.inputs.items()} == {"image": [8, 8, 3], "tag": [3]}
    assert found["multiply1"].output.sizes == (8, 8, 3)
    assert [found.network.value_name(s) for s in found["multiply1"].layer.sources] == ["relu1", "tag"]


def test_input_is_a_name_too() -> None:
    assert rows("- relu\n- add: {from: [input, relu1]}")["add1"] == ["input", "relu1"]
    text = "input: {x1: 4}\nlayers:\n- relu\n- add: {from: [input, x1]}"
    assert [row.layer.sources for row in parse(text).summary().rows] == [(0,), (0, 0)]


def test_outputs_are_what_nothing_reads() -> None:
    found = summary("- relu: {name: a}\n- tanh: {name: b}\n- relu: {name: c, from: a}")
    assert list(found.outputs) == ["b", "c"]


DEFINE = """define:
  bottleneck:
    args: {width: null, stride: 1, expansion: 4, act: relu, biased: false}
    layers:
      - conv: {filters: width, kernel: 1, bias: biased, activation: act}
      - conv: {filters: width, kernel: 3, stride: stride, padding: (3 - 1) // 2}
      - conv: {filters: -width + (expansion + 1)*width, kernel: 2*stride - 1, padding: "stride - 1"}
"""


def test_define_and_use_with_arithmetic() -> None:
    layers = "- use: {block: bottleneck, width: 2, stride: 2}\n- use: {block: bottleneck, name: b, width: 3, act: tanh}"
    found = summary(layers, more=DEFINE)
    assert [row.name for row in found.rows] == [f"{block}/conv{n}" for block in ("bottleneck1", "b") for n in (1, 2, 3)]
    assert [row.output.spatial for row in found.rows] == [(8, 8), *[(4, 4)] * 5]
    assert [row.output.channels for row in found.rows] == [2, 2, 8, 3, 3, 12]
    assert [row.layer.kind.activation for row in found.rows[::3]] == ["relu", "tanh"]  # type: ignore[attr-defined]
    assert "bias" not in found.rows[0].weights


def test_an_argument_may_be_worked_out_of_those_before_it() -> None:
    more = "define:\n  b: {args: {n: null, m: 2*n}, layers: [dense: m + 1]}\n"
    found = summary("- use: {block: b, n: 5}\n- use: {block: b, n: 5, m: 7}", more=more)
    assert [row.output.sizes for row in found.rows] == [(11,), (8,)]
    outer = more + "  o: {args: {k: null}, layers: [use: {block: b, n: k*k}]}\n"
    assert summary("- use: {block: o, k: 3}", more=outer).rows[0].output.sizes == (19,)


def test_a_letter_in_a_block_is_an_unknown_unless_it_is_an_argument() -> None:
    layers = "conv: {filters: 1, kernel: 3, padding: p}, maxpool: {size: k, stride: 1}"
    found = summary("- use: b", more=f"define: {{b: {{args: {{p: 1}}, layers: [{layers}]}}}}\n")
    assert [str(size) for size in found.rows[-1].output.spatial] == ["9 - k"] * 2


SHARED = """
- conv: {name: Conv1, filters: 3, kernel: 3, padding: 1}
- use: {layer: Conv1, name: again}
- use: {layer: again}
- use: {layer: Conv1, from: input}
"""


def test_shared_weights_are_counted_once_and_multiplied_each_time() -> None:
    found = summary(SHARED)
    assert [row.name for row in found.rows] == ["Conv1", "again", "use2", "use3"]
    assert [row.params for row in found.rows] == [84, 0, 0, 0]
    assert [row.macs for row in found.rows] == [8 * 8 * 81] * 4
    assert (found.totals.params, found.totals.macs, found.totals.weight_bytes) == (84, 4 * 8 * 8 * 81, 4 * 84)
    assert [row.layer.shares for row in found.rows] == [None, 0, 0, 0]
    assert [row.layer.sources for row in found.rows] == [(0,), (1,), (2,), (0,)]
    assert found.notes(found.rows[2])[0].text == "uses the weights of Conv1, counted there"


def test_a_shared_block() -> None:
    found = summary("- repeat: {times: 2, name: r, layers: [conv: {filters: 3, kernel: 1}, relu]}\n- use: {layer: r}")
    assert [row.name for row in found.rows[4:]] == [f"use1/{n}/{k}1" for n in (1, 2) for k in ("conv", "relu")]
    assert [row.layer.shares for row in found.rows[4:]] == [0, 1, 2, 3]
    assert [len(found.notes(row)) for row in found.rows[4:]] == [1, 0, 1, 0]  # a relu has no weights to use again
    assert found.totals.params == 24


def test_shared_weights_on_other_sizes_of_the_same_channels() -> None:
    found = parse("input: {a: 8x8x3, b: 5x6x3}\nlayers:\n- conv: {name: c, from: a, filters: 2, kernel: 3}\n"
                  "- use: {layer: c, from: b}").summary()  # fmt: skip
    assert found.rows[1].output.sizes == (3, 4, 2)
    with pytest.raises(Exception, match="the kernel of c is 3×3×3×2; here it would have to be 3×3×2×2"):
        summary("- conv: {name: c, filters: 2, kernel: 3}\n- use: {layer: c}")


def test_encoder_and_decoder_lists() -> None:
    text = ("input: 8x8x1\nencoder: [maxpool: 2, dense: {units: 4, name: code}]\n"
            "decoder: [dense: 64, reshape: 8x8x1, add: {from: [reshape1, input]}]")  # fmt: skip
    found = parse(text).summary()
    assert [row.name for row in found.rows] == [
        "encoder/maxpool1", "encoder/code", "decoder/dense1", "decoder/reshape1", "decoder/add1",
    ]  # fmt: skip
    assert found["decoder/dense1"].layer.sources == (2,)
    assert found["decoder/add1"].layer.sources == (4, 0)


def test_trainable_reaches_into_blocks() -> None:
    inside = "dense: 4, batchnorm, dense: {units: 4, trainable: true}"
    found = summary(f"- sequential: {{trainable: false, name: s, layers: [{inside}]}}\n- dense: 2")
    assert [row.trainable_params for row in found.rows] == [0, 0, 0, 10]
    assert found.totals.params == 772 + 16 + 20 + 10
    assert found.totals.non_trainable_params == 808


def findings(layers: str, more: str = "") -> list[tuple[Any, ...]]:
    net = parse(f"input: 8x8x3\n{more}layers:\n{layers}")
    return [(f.layer, f.quantity, f.expected, f.got) for f in net.findings()]


def test_what_is_expected_and_holds_is_no_finding() -> None:
    layers = """
- conv: {filters: 4, kernel: 3, expect: {output: 6x6x4, params: 112, macs: 3888, flops: 7776, receptive_field: 3,
    effective_stride: [1, 1], effective_padding: 0, activations: 144, weight_bytes: 448, activation_bytes: 576,
    trainable_params: 112, non_trainable_params: 0, weight_params: 108, bias_params: 4}}
- repeat: {times: 2, layers: [relu: {expect: {output: 6x6}}], expect: {params: 0, activations: 288, output: [6, 6, 4]}}
- repeat: {times: 0, layers: [relu], expect: {output: 6x6x4, params: 0, receptive_field: 3}}
- residual: {body: [relu], expect: {output: 6x6x4, params: "<= 0"}}
- dense: {units: 2, expect: {params: "> 289", macs: "< 289", receptive_field: "<= 3"}}
"""
    more = 'expect: {params: 402, macs: ">= 4176", peak_activation_bytes: 1728}\n'
    assert findings(layers, more) == [("dense1", "receptive_field", "<= 3", None)]


def test_an_empty_block_at_the_beginning_puts_out_the_input() -> None:
    expect = "{output: 8x8x3, receptive_field: 1, params: 0}"
    assert findings(f"- repeat: {{times: 0, layers: [relu], expect: {expect}}}\n- relu") == []


@pytest.mark.parametrize(("expect", "quantity", "expected", "got"), [
    ("{output: 6x6x5}", "output", [6, 6, 5], [6, 6, 4]),
    ("{output: 6x5}", "output", [6, 5], [6, 6, 4]),
    ("{output: 6}", "output", [6], [6, 6, 4]),
    ("{params: 111}", "params", 111, 112),
    ('{params: "< 112"}', "params", "< 112", 112),
    ('{params: "<= 111"}', "params", "<= 111", 112),
    ('{macs: "≥ 3889"}', "macs", ">= 3889", 3888),
    ("{receptive_field: [3, 5]}", "receptive_field", [3, 5], [3, 3]),
    ("{effective_padding: 1}", "effective_padding", [1], [0, 0]),
])  # fmt: skip
def test_what_is_expected_and_does_not_hold(expect: str, quantity: str, expected: Any, got: Any) -> None:
    (found,) = findings(f"- conv: {{filters: 4, kernel: 3, expect: {expect}}}")
    assert found == ("conv1", quantity, expected, got)


def test_findings_of_blocks_repetitions_and_totals_with_their_place() -> None:
    layers = "- repeat:\n    times: 2\n    layers: [relu: {expect: {params: 1}}]\n    expect: {params: 2}\n"
    net = parse(f"input: 8x8x3\nexpect: {{macs: 5}}\nlayers:\n{layers}")
    assert [(f.layer, f.quantity, f.mark.line, f.mark.column) for f in net.findings()] == [
        ("repeat1/1/relu1", "params", 6, 30), ("repeat1/2/relu1", "params", 6, 30), ("repeat1", "params", 7, 14),
        (None, "macs", 2, 10),
    ]  # fmt: skip
    assert net.findings()[-1].message == "total.macs should be 5; it is 0"


def test_spatial_sizes_are_enough_in_both_layouts() -> None:
    for layout, size, wanted in (("channels_first", "3x8x9", "6x7"), ("channels_last", "8x9x3", "6x7"),
                                 ("channels_first", "8x3", "6"), ("channels_last", "8x3", "6")):  # fmt: skip
        conv = f"conv: {{filters: 5, kernel: 3, expect: {{output: {wanted}}}}}"
        text = f"layout: {layout}\ninput: {size}\nlayers: [{conv}]"
        assert parse(text).findings() == [], text


def test_strict_finds_what_was_rounded() -> None:
    net = parse("input: 8x8x3\nlayers: [maxpool: 3]")
    assert net.findings() == []
    assert [f.message for f in net.findings(strict=True)] == [
        f"maxpool1: {axis}: 8 - 3 + 2·0 = 5 is not a multiple of the stride 3, rounded down" for axis in "HW"
    ]


def test_letters_are_carried_through() -> None:
    found = parse("input: HxWx3\nlayers: [conv: {filters: K, kernel: 3}, maxpool: 2, dense: 10]").summary()
    assert [str(size) for size in found.rows[1].output.sizes] == ["⌊(H - 4)/2⌋ + 1", "⌊(W - 4)/2⌋ + 1", "K"]
    assert str(found.rows[0].params) == "28K"
    demand = "input: HxWx3\nlayers: [conv: {filters: 4, kernel: 3, expect: {output: 6x6x4, params: 113}}]"
    assert [f.quantity for f in parse(demand).findings()] == ["params"]  # the sizes are left open
