"""A mixture of experts: all their parameters, and the work of those that are chosen."""

from __future__ import annotations

from cnncalc import parse
from cnncalc.summary.rows import Summary

#: Mixtral 8x7B: experts of three matrices, 4096 by 14336 (Jiang et al., 2024, table 1).
MIXTRAL = """
input: 10x4096
define:
  expert:
    layers:
      - parallel:
          merge: multiply
          branches:
            - [dense: {units: 14336, bias: false, activation: silu}]
            - [dense: {units: 14336, bias: false}]
      - dense: {units: 4096, bias: false}
layers:
  - moe: {name: ff, experts: 8, top: 2, layers: [use: expert]}
"""


def small(fields: str) -> Summary:
    return parse(f"input: 5x6\nlayers: [moe: {{name: m, {fields}}}]").summary()


def test_the_feed_forward_layer_of_mixtral() -> None:
    found = parse(MIXTRAL).summary()
    assert found.totals.params == 1_409_318_912
    assert found.totals.active_params == 352_354_304
    assert found.totals.macs == 10 * 352_354_304
    assert found["ff/router"].weights == {"kernel": (4096, 8)}
    assert found["ff"].kind == "moe"
    assert len(found.rows) == 1 + 8 * 4 + 1


def test_a_block_expects_the_sums_of_its_experts() -> None:
    text = MIXTRAL.replace("top: 2,", "top: 2, expect: {params: 1409318912, active_params: 352354304},")
    assert parse(text).findings() == []
    (finding,) = parse(text.replace("active_params: 352354304", "active_params: 352354305")).findings()
    assert (finding.layer, finding.quantity, finding.got) == ("ff", "active_params", 352_354_304)


def test_rows_of_experts_that_are_not_chosen_do_no_work() -> None:
    found = small("experts: 3, top: 2, layers: [dense: 6, relu]")
    assert [row.name for row in found.rows] == [
        "m/router", "m/1/dense1", "m/1/relu1", "m/2/dense1", "m/2/relu1", "m/3/dense1", "m/3/relu1", "m",
    ]  # fmt: skip
    dense = [found[f"m/{number}/dense1"] for number in (1, 2, 3)]
    assert [row.params for row in dense] == [42] * 3
    assert [row.active_params for row in dense] == [42, 42, 0]
    assert [row.macs for row in dense] == [180, 180, 0]
    assert [found.network.value_name(source) for source in found["m"].layer.sources] == [
        "m/router", "m/1/relu1", "m/2/relu1", "m/3/relu1",
    ]  # fmt: skip


def test_experts_inside_experts_work_only_where_both_do() -> None:
    found = small("experts: 2, top: 1, layers: [moe: {name: n, experts: 2, top: 1, layers: [dense: 6]}]")
    working = [row.name for row in found.rows if row.macs]
    assert working == ["m/router", "m/1/n/router", "m/1/n/1/dense1"]


def test_used_again_the_same_experts_work() -> None:
    text = "input: 5x6\nlayers: [moe: {name: m, experts: 3, top: 1, layers: [dense: 6]}, use: {layer: m}]"
    totals = parse(text).summary().totals
    assert (totals.params, totals.active_params, totals.macs) == (18 + 3 * 42, 18 + 42, 2 * (90 + 180))


def test_outside_a_mixture_all_parameters_are_active() -> None:
    found = parse("input: 8x8x3\nlayers: [conv: {filters: 4, kernel: 3}, batchnorm, dense: 5]").summary()
    assert [row.active_params for row in found.rows] == [row.params for row in found.rows]
    assert found.totals.active_params == found.totals.params


def test_the_router_is_trained_with_its_block() -> None:
    found = small("experts: 2, top: 1, trainable: false, layers: [dense: 6]")
    assert found.totals.trainable_params == 0
