"""``cnncalc calc``: a network on the line."""

from __future__ import annotations

import json

import pytest


def test_the_line_of_the_contract(cli):
    line = ("28x28x1", "conv:10,kernel=5,padding=2", "maxpool:2", "dense:10")
    data = json.loads(cli("calc", *line, "--format", "json").out)
    assert [(row["name"], row["output"], row["params"]) for row in data["layers"]] == [
        ("conv1", [28, 28, 10], 260), ("maxpool1", [14, 14, 10], 0), ("dense1", [10], 14 * 14 * 10 * 10 + 10),
    ]  # fmt: skip
    assert data["name"] == ""
    assert data["totals"]["params"] == 260 + 19610


def test_short_names_stand_for_the_long_ones(cli):
    short = cli("calc", "33x33x8", "conv:6,k=3,s=2,p=1,d=2,g=2", "--format", "json")
    long = cli("calc", "33x33x8", "conv:6,kernel=3,stride=2,padding=1,dilation=2,groups=2", "--format", "json")
    assert short == long
    row = json.loads(short.out)["layers"][0]
    assert (row["output"], row["weights"]["kernel"]) == ([16, 16, 6], [3, 3, 4, 6])


def test_letters_stay_letters(cli):
    table = cli("calc", "HxWx3", "conv:10,k=5").out
    assert "(H − 4)×(W − 4)×10" in table
    data = json.loads(cli("calc", "HxWx3", "conv:10,k=5", "--format", "json").out)
    assert data["layers"][0]["output"] == ["H - 4", "W - 4", 10]
    assert data["layers"][0]["params"] == 760
    halved = json.loads(cli("calc", "HxWx3", "conv:10,k=3,s=2,p=0", "--format", "json").out)
    assert halved["layers"][0]["output"][0] == "⌊(H - 3)/2⌋ + 1"


@pytest.mark.parametrize(
    ("size", "layers", "output"),
    [
        ("28×28×1", ["conv:10,k=5"], [24, 24, 10]),
        ("[28, 28, 1]", ["conv:10,k=[5,3]"], [24, 26, 10]),
        ("28x28x1", ["conv:10,k=3,p=[[1,2],[0,0]]"], [29, 26, 10]),
        ("28x28x1", ["conv:filters=10,kernel=3,padding=same"], [28, 28, 10]),
        ("28x28x1", ["relu"], [28, 28, 1]),
        ("[100, 16]", ["conv:32,k=3"], [98, 32]),
        ("[100,16]", ["maxpool:2"], [50, 16]),
        ("10x16", ["lstm:32"], [32]),
        ("[10, 16]", ["dense:4"], [10, 4]),
        ("784", ["dense:10"], [10]),
        ("8x16x16x2", ["conv:4,k=3"], [6, 14, 14, 4]),
        ("7x7x2", ["lppool:3,p=4"], [2, 2, 2]),
    ],
)
def test_forms_of_sizes_and_layers(cli, size, layers, output):
    result = cli("calc", size, *layers, "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["layers"][-1]["output"] == output


def test_layout_is_how_the_input_is_read(cli):
    data = json.loads(cli("calc", "3x32x30", "conv:8,k=3", "--layout", "channels_first", "--format", "json").out)
    assert data["inputs"] == {"input": [3, 32, 30]}
    assert data["layers"][0]["output"] == [8, 30, 28]


@pytest.mark.parametrize("layer", ["conv:10,k=5", "maxpool:2", "global_avgpool", "adaptive_avgpool:2",
                                   "transposed_conv:3,k=2", "locally_connected:2,k=3"])  # fmt: skip
@pytest.mark.parametrize("size", ["28x28", "28×28", "Hx28"])
def test_two_sizes_before_a_window_are_an_image_without_its_channels(cli, size, layer):
    result = cli("calc", size, layer)
    assert (result.code, result.out) == (2, "")
    assert f"error: {size} has no channels" in result.err
    assert f"write {size}x1 for an image, [{size[:-3]}, 28] for a sequence" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["28x28x", "conv:10,k=5"], ["sizes such as 64x64x3", '"28x28x"']),
        (["0x0x0", "conv:10,k=5"], ["whole number of 1 or more", '"0"']),
        (["28x28x-1", "conv:10,k=5"], ["whole number of 1 or more", '"-1"']),
        (["28.5x28x1", "conv:10,k=5"], ["whole number", "28.5"]),
        (["1x2x3x4x5", "conv:10,k=5"], ["1 to 4 of them"]),
        (["", "conv:10,k=5"], ["sizes such as 64x64x3"]),
        (["8xx1", "relu"], ["sizes such as 64x64x3"]),
        (["[28, 28", "relu"], ["does not close"]),
        (["28x28x1", "conv"], ["needs", "filters"]),
        (["28x28x1", "conv:10"], ["needs", "kernel"]),
        (["28x28x1", "conv:10,5"], ["only the first value"]),
        (["28x28x1", "conv:10,k=5,k=3"], ["given twice"]),
        (["28x28x1", "conv:10,k="], ["FIELD=VALUE"]),
        (["28x28x1", "conv:10,,k=3"], ["FIELD=VALUE"]),
        (["28x28x1", "conv:10,kernl=3"], ['did you mean "kernel"?', "--> LAYER 1:1:9"]),
        (["28x28x1", "relu", "cnv:10"], ['did you mean "conv"?', "--> LAYER 2:1:1"]),
        (["28x28x1", ":10"], ["KIND:VALUE"]),
        (["28x28x1", ""], ["is not a layer"]),
        (["28x28x1", "conv:10,k=[3"], ["does not close"]),
        (["28x28x1", "conv:10,k=3]"], []),
        (["28x28x1", "conv:10,k=" + "[" * 50 + "]" * 50], ["too many brackets"]),
        (["28x28x1", "conv:ten,k=3"], ['"ten"']),
        (["28x28x1", "conv:10,k=3,bias=no"], ["true or false"]),
        (["28x28x1", "conv:10,k=3,s=0"], ["whole number of 1 or more"]),
        (["28x28x1", "conv:10,k=3,p=-1"], ["whole number of 0 or more"]),
        (["5x5x1", "conv:1,k=7"], ["a 7×7 window does not fit into 5×5", "= H_out = ⌊(5 − 7 + 2·0)/1⌋ + 1 = −1"]),
        (["28x28x1", "dense:3", "conv:1,k=3"], ["LAYER 2"]),
        (["28x28x1"], ["missing argument", "LAYER"]),
        ([], ["missing argument", "INPUT"]),
    ],
)
def test_bad_arguments_are_usage_with_the_argument_and_the_form(cli, arguments, words):
    result = cli("calc", *arguments)
    assert (result.code, result.out) == (2, "")
    assert "error: " in result.err  # below the rows above it, where there are some
    for word in words:
        assert word in result.err


def test_a_number_of_too_many_digits_is_refused_by_its_limit(cli):
    result = cli("calc", "28x28x1", "dense:" + "9" * 5000)
    assert result.code == 4
    assert "digits = 19" in result.err
    assert len(result.err) < 1000
    over = cli("calc", "28x28x1", "conv:3000000000,k=1")
    assert (over.code, "size = 2147483647" in over.err) == (4, True)


def test_strict_and_columns_are_those_of_summary(cli):
    result = cli("calc", "9x9x1", "conv:2,k=2,s=2", "--strict", "--columns", "name,notes", "--format", "csv")
    assert result.code == 1
    assert result.out.startswith('name,notes\nconv1,"H: 9 - 2')


def test_thousands_of_layers_on_the_line(cli):
    result = cli("calc", "8x8x4", *["conv:4,k=3,p=1"] * 3000, "--format", "csv")
    assert (result.code, result.out.count("\n")) == (0, 3001)
    assert cli("calc", "8x8x4", *["relu"] * 10_001).code == 4


@pytest.mark.parametrize("layout", ["channels_first", "NCHW"])
def test_what_a_warning_says_of_the_layout_works_where_it_is_said(cli, tmp_path, layout):
    line = cli("calc", "3x32x32", "conv:64,k=3,p=1")
    assert "say --layout channels_first, or write 32x32x3; --layout NHWC says that it is meant" in line.out
    again = cli("calc", "3x32x32", "conv:64,k=3,p=1", "--layout", layout)
    assert ("warning" in again.out, "1,792" in again.out) == (False, True)
    path = tmp_path / "net.yaml"
    path.write_text("input: 3x32x32\nlayers: [{conv: {filters: 64, kernel: 3, padding: 1}}]\n")
    assert "say layout: channels_first, or write 32x32x3" in cli("summary", str(path)).out
    path.write_text(f"layout: {layout}\n{path.read_text()}")
    assert "warning" not in cli("summary", str(path)).out


def test_other_commands_warn_too(cli):
    for command in ("explain", "run"):
        result = cli(command, "3x32x32", "conv:64,k=3,p=1")
        assert (result.code, result.err.startswith("warning: INPUT:1:1: input: 3×32×32 is read as an image")) == (
            0,
            True,
        )
        assert cli(command, "32x32x3", "conv:64,k=3,p=1").err == ""
