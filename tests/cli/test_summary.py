"""``cnncalc summary``: the JSON key by key, every format and every option."""

from __future__ import annotations

import csv
import io
import json

import pytest

SMALL = "name: small\ninput: 9x8x1\nlayers:\n  - conv: {filters: 2, kernel: 3, stride: 2}\n  - dense: 3\n"

# name, kind, from, output, params, weights, biases, macs, receptive field, stride, padding: worked out by hand
WORKED = [
    ("Conv1", "conv", "input", [64, 64, 32], 896, {"kernel": [3, 3, 3, 32], "bias": [32]}, 32, 3538944, 3, 1, 1),
    ("maxpool1", "maxpool", "Conv1", [32, 32, 32], 0, {}, 0, 0, 4, 2, 1),
    ("conv2", "conv", "maxpool1", [32, 32, 64], 18496, {"kernel": [3, 3, 32, 64], "bias": [64]}, 64, 18874368, 8, 2, 3),
    ("maxpool2", "maxpool", "conv2", [16, 16, 64], 0, {}, 0, 0, 10, 4, 3),
    ("dense1", "dense", "maxpool2", [10], 163850, {"kernel": [16384, 10], "bias": [10]}, 10, 163840, None, None, None),
]
ACTIVATIONS = [131072, 32768, 65536, 16384, 10]


def test_json_of_the_worked_example_key_by_key(cli, worked_example):
    result = cli("summary", worked_example, "--format", "json")
    data = json.loads(result.out)
    assert (result.code, result.err) == (0, "")
    assert list(data) == ["name", "layout", "inputs", "axes", "layers", "blocks", "totals", "outputs", "findings"]
    assert data["name"] == "worked-example"
    assert data["layout"] == "channels_last"
    assert data["inputs"] == {"input": [64, 64, 3]}
    assert data["axes"] == {"input": ["height", "width", "channels"]}
    assert data["outputs"] == {"dense1": [10]}
    assert data["findings"] == []
    assert data["blocks"] == []
    assert data["layers"][0].pop("fields") == {"filters": 32, "kernel": 3, "stride": 1, "padding": 1, "dilation": 1,
                                               "groups": 1, "bias": True, "activation": None,
                                               "weight_norm": False}  # fmt: skip
    assert data["layers"][1].pop("fields")["stride"] == 2
    for row in data["layers"][2:]:
        del row["fields"]
    inputs = [[64, 64, 3], *(row[3] for row in WORKED)]
    for row, above, expected, activations in zip(data["layers"], inputs, WORKED, ACTIVATIONS, strict=False):
        name, kind, source, output, params, weights, biases, macs, field, stride, padding = expected
        assert row == {
            "name": name, "kind": kind, "depth": 1, "from": [source], "input": above,
            "trainable": True, "output": output, "params": params,
            "trainable_params": params, "non_trainable_params": 0, "weight_params": params - biases,
            "bias_params": biases, "weights": weights, "macs": macs, "flops": 2 * macs,
            "receptive_field": field and [field, field], "effective_stride": stride and [stride, stride],
            "effective_padding": padding and [padding, padding], "activations": activations,
            "weight_bytes": 4 * params, "activation_bytes": 4 * activations, "active_params": params,
            "kv_cache_bytes": 0,
            "notes": ["flattened first: 16·16·64 = 16384"] if name == "dense1" else [],
        }  # fmt: skip


def test_totals_of_the_worked_example_key_by_key(cli, worked_example):
    totals = json.loads(cli("summary", worked_example, "--format", "json").out)["totals"]
    assert totals == {
        "output": [10], "params": 183242, "trainable_params": 183242, "non_trainable_params": 0,
        "weight_params": 183136, "bias_params": 106, "macs": 22577152, "flops": 45154304, "activations": 245770,
        "weight_bytes": 732968, "activation_bytes": 983080, "receptive_field": [10, 10], "effective_stride": [4, 4],
        "effective_padding": [3, 3], "peak_activation_bytes": 4 * (131072 + 32768), "active_params": 183242,
        "kv_cache_bytes": 0,
    }  # fmt: skip


def test_table_has_every_number_and_the_totals(cli, worked_example):
    out = cli("summary", worked_example).out
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert rows["Conv1"] == ["Conv1", "conv", "64×64×32", "896", "3,538,944", "3×3"]
    assert rows["dense1"] == ["dense1", "dense", "10", "163,850", "163,840", "–"]
    assert "Parameters: 183,242  (trainable 183,242, non-trainable 0)" in out
    assert "22,577,152" in out
    assert "flattened first: 16·16·64 = 16384" in out


def test_csv_has_bare_numbers(cli, worked_example):
    rows = list(csv.DictReader(io.StringIO(cli("summary", worked_example, "--format", "csv").out)))
    assert [row["name"] for row in rows] == [row[0] for row in WORKED]
    assert rows[2] == {"name": "conv2", "kind": "conv", "output": "32x32x64", "params": "18496", "macs": "18874368",
                       "receptive_field": "8x8"}  # fmt: skip
    assert rows[4]["receptive_field"] == ""


def test_markdown_is_a_table_between_its_title_and_totals(cli, worked_example):
    lines = cli("summary", worked_example, "--format", "markdown").out.splitlines()
    assert lines[0] == "**worked-example: input 64×64×3 (height×width×channels)**"
    assert lines[2].startswith("| Layer | Kind | Output |")
    assert set(lines[3]) <= set("|-: ")
    assert lines[4] == "| Conv1 | conv | 64×64×32 | 896 | 3,538,944 | 3×3 |"
    assert len({line.count("|") for line in lines[2:9]}) == 1


def test_latex_is_a_tabular(cli, worked_example):
    out = cli("summary", worked_example, "--format", "latex").out
    assert r"\begin{tabular}{llrrrr}" in out
    assert r"Conv1 & conv & 64$\times$64$\times$32 & 896 & 3,538,944 & 3$\times$3 \\" in out
    assert out.count(r"\\") == 6


def test_columns_are_the_named_ones_in_their_order(cli, worked_example):
    out = cli("summary", worked_example, "--format", "csv", "--columns", "params, name,bias_params").out
    assert out.splitlines()[:2] == ["params,name,bias_params", "896,Conv1,32"]


def test_every_column_that_is_named_can_be_shown(cli, worked_example):
    from cnncalc.render.columns import COLUMNS

    out = cli("summary", worked_example, "--format", "csv", "--columns", ",".join(COLUMNS)).out
    assert next(csv.reader(io.StringIO(out))) == list(COLUMNS)


@pytest.mark.parametrize(
    ("names", "word"), [("outpt", 'did you mean "output"?'), ("", "columns: number"), ("a,,b", '"a"')]
)
def test_an_unknown_column_is_refused(cli, worked_example, names, word):
    result = cli("summary", worked_example, "--columns", names)
    assert (result.code, result.out) == (2, "")
    assert word in result.err


def test_layout_changes_how_sizes_are_written_and_nothing_else(cli, worked_example):
    last = json.loads(cli("summary", worked_example, "--format", "json").out)
    first = json.loads(cli("summary", worked_example, "--format", "json", "--layout", "channels_first").out)
    assert first["layout"] == "channels_first"
    assert first["inputs"] == {"input": [3, 64, 64]}
    assert [row["output"] for row in first["layers"]] == [[32, 64, 64], [32, 32, 32], [64, 32, 32], [64, 16, 16], [10]]
    assert first["totals"] == last["totals"]
    assert first["layers"][0]["weights"] == last["layers"][0]["weights"]


def test_an_expect_is_read_in_the_layout_of_the_spec(cli, spec):
    path = spec(
        "layout: channels_first\ninput: 3x8x8\nlayers: [{conv: {filters: 4, kernel: 3, expect: {output: 4x6x6}}}]"
    )
    result = cli("summary", path, "--strict", "--layout", "channels_last", "--format", "json")
    assert (result.code, json.loads(result.out)["layers"][0]["output"]) == (0, [6, 6, 4])


def test_a_rounded_size_is_a_note_and_under_strict_a_finding(cli, spec):
    path = spec(SMALL)
    plain, strict = cli("summary", path), cli("summary", path, "--strict")
    assert (plain.code, strict.code) == (0, 1)
    assert "W: 8 - 3 + 2·0 = 5 is not a multiple of the stride 2, rounded down" in plain.out
    assert f"note: {path}:4:5: conv1: W:" in strict.out
    assert "note:" not in plain.out
    assert "H: 9" not in plain.out


def test_strict_passes_what_divides(cli, worked_example):
    assert cli("summary", worked_example, "--strict").code == 0


def test_a_failed_expect_is_a_finding_with_both_values(cli, spec):
    path = spec(SMALL + "expect: {params: 99, macs: '<= 1'}\n")
    result = cli("summary", path, "--format", "json")
    first, second = json.loads(result.out)["findings"]
    assert result.code == 0
    assert first == {"where": f"{path}:6:10", "severity": "error", "layer": None, "quantity": "params", "expected": 99,
                     "got": 20 + 4 * 3 * 2 * 3 + 3, "message": first["message"]}  # fmt: skip
    assert first["message"] == "total.params should be 99; it is 95"
    assert second["expected"] == "<= 1"
    assert cli("summary", path, "--strict").code == 1


@pytest.mark.parametrize("format", ["json", "csv", "markdown", "latex"])
def test_strict_says_so_in_every_format_by_its_exit_code(cli, spec, format):
    assert cli("summary", spec(SMALL), "--strict", "--format", format).code == 1


def test_a_dash_is_standard_input(cli):
    result = cli("summary", "-", "--format", "json", stdin=SMALL)
    assert json.loads(result.out)["totals"]["params"] == 95
    wrong = cli("summary", "-", stdin="input: 9x9x1\nlayers: [{conv: {filters: 2, kernel: 33}}]")
    assert wrong.code == 3
    assert "--> <stdin>:2:" in wrong.err


def test_a_limit_is_named_with_its_value_and_can_be_raised_after_the_command(cli, spec):
    path = spec("input: 64x64x1\nlayers:\n" + "  - relu\n" * 10_001)
    refused = cli("summary", path)
    assert (refused.code, refused.out) == (4, "")
    assert "layers = 10000" in refused.err
    assert "--limit layers=" in refused.err
    assert cli("summary", path, "--limit", "layers=10001", "--format", "csv").code == 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [("layers=-1", "whole number"), ("layrs=5", 'did you mean "layers"?'), ("layers", "whole number"),
     ("layers=1e3", "whole number"), ("=5", "no limit"), ("layers=" + "9" * 20, "whole number"), ("", "no limit")],
)  # fmt: skip
def test_a_bad_limit_is_usage(cli, worked_example, setting, words):
    result = cli("summary", worked_example, "--limit", setting)
    assert result.code == 2
    assert words in result.err


def test_limits_may_be_repeated(cli, worked_example):
    lowered = cli("summary", worked_example, "--limit", "nesting=40", "--limit", "layers=4")
    assert (lowered.code, "layers = 4" in lowered.err) == (4, True)


@pytest.mark.parametrize(
    ("option", "value", "meant"), [("--format", "jsn", "json"), ("--layout", "channels_lst", "channels_last")]
)
def test_a_choice_that_is_not_one_is_usage(cli, worked_example, option, value, meant):
    result = cli("summary", worked_example, option, value)
    assert (result.code, result.out) == (2, "")
    assert f'{option} "{value}" is not known' in result.err
    assert f'did you mean "{meant}"?' in result.err


def test_of_a_repeated_option_the_last_counts(cli, worked_example):
    assert json.loads(cli("summary", worked_example, "--format", "csv", "--format", "json").out)["name"]


def test_an_error_is_one_block_with_the_place_a_caret_and_help(cli, spec):
    path = spec("input: 5x5x1\nlayers:\n  - conv: {filters: 2, kernel: 7}\n")
    result = cli("summary", path)
    assert result.code == 3
    assert result.out == ""
    assert result.err == (
        'error: conv "conv1": a 7×7 window does not fit into 5×5\n'
        f"  --> {path}:3:32\n"
        "  3 |   - conv: {filters: 2, kernel: 7}\n"
        "    |                                ^\n"
        "  = H_out = ⌊(5 − 7 + 2·0)/1⌋ + 1 = −1\n"
        "  = help: padding 1 or more, or a kernel of 5 or less\n"
    )


def test_all_errors_of_a_file_are_told_at_once(cli, spec):
    path = spec("input: 28x28x1\nlayrs: 1\nlayers:\n  - conv: {fitlers: 2, kernel: 3}\n  - con2vd: 3\n")
    result = cli("summary", path)
    assert result.code == 3
    assert f"{path}:2:1" in result.err  # keys of the file are refused before its layers are placed
    below = cli("summary", spec("input: 28x28x1\nlayers:\n  - conv: {fitlers: 2, kernel: 3}\n  - con2vd: 3\n"))
    assert f"{path}:3:12" in below.err
    assert f"{path}:4:5" in below.err
    assert 'did you mean "filters"?' in below.err


def test_csv_tells_findings_on_standard_error(cli, spec):
    result = cli("summary", spec("input: 8x8x3\nlayers: [relu]\nexpect: {params: 5}"), "--format", "csv")
    assert result.code == 0
    assert result.err.startswith("error: ")
    assert "should be 5; it is 0" in result.err
    assert "should be" not in result.out


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("input: 9x9x3\nlayers: [maxpool: 3]\nexpect: {params: 5}", (0, 1, 1)),
        ("input: 3x9x9\nlayers: [maxpool: 3]", (0, 1, 0)),
        ("input: 8x8x3\nlayers: [maxpool: 3]", (0, 1, 0)),
        ("layout: NHWC\ninput: 2x9x9x3\nlayers: [maxpool: 3]", (0, 1, 0)),
        ("input: 9x9x3\nlayers: [maxpool: 3]", (0, 0, 0)),
    ],
    ids=["error", "warning", "rounded", "batch", "nothing"],
)
def test_strict_counts_every_finding_and_check_errors_alone(cli, spec, text, codes):
    path = spec(text)
    assert tuple(cli("summary", path, *option).code for option in ([], ["--strict"], ["--check"])) == codes


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown", "latex"])
def test_a_warning_is_told_in_every_format(cli, spec, format):
    result = cli("summary", spec("input: 3x32x32\nlayers: [relu]"), "--format", format)
    assert result.code == 0
    assert "warning" in result.out + result.err
    assert "is read as an image of height 3" in result.out + result.err
