"""The table of a long network: blocks folded to rows, the tree on a terminal, and the columns it may have."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache

import pytest

from cnncalc import load
from cnncalc.render.blocks import ROWS, Shown, shown
from cnncalc.render.data import summary_data

SPECS = (
    "resnet-50",
    "densenet-121",
    "u-net",
    "bert-base",
    "googlenet",
    "transformer-base",
    "efficientnet-b0",
    "vgg-16",
)
SUMS = ("params", "trainable_params", "macs", "activations")
PLAIN = {"NO_COLOR": "1"}
RESIDUAL = """\
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
  - residual:
      name: block
      body: [{conv: {filters: 4, kernel: 3, padding: 1}}, relu]
  - dense: 3
"""


@cache
def data_of(path):
    return summary_data(load(str(path)).summary(), [])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 9])
def test_at_every_depth_the_rows_are_all_layers_once(root, name, depth):
    data = data_of(root / "specs" / f"{name}.yaml")
    found = list(shown(data, depth))
    assert [number for row in found for number in range(row.first, row.last)] == list(range(len(data["layers"])))
    for quantity in SUMS:
        assert sum(row.data[quantity] for row in found) == data["totals"][quantity]
    assert not depth or all(row.data["depth"] <= depth for row in found)


@pytest.mark.parametrize("name", SPECS)
def test_a_block_has_the_sums_of_its_layers_and_puts_out_what_its_last_one_does(root, name):
    data = data_of(root / "specs" / f"{name}.yaml")
    for block in data["blocks"]:
        inside = [r for r in data["layers"] if r["name"] == block["name"] or r["name"].startswith(f"{block['name']}/")]
        assert block["layers"] == len(inside)
        assert not inside or block["output"] == inside[-1]["output"]
        for quantity in SUMS:
            assert block[quantity] == sum(row[quantity] for row in inside)


def test_json_of_blocks_and_the_depth_of_layers(cli, spec):
    path = spec(RESIDUAL)
    data = json.loads(cli("summary", path, "--format", "json", "--depth", "1").out)
    assert [(row["name"], row["depth"], row["input"]) for row in data["layers"]] == [
        ("conv1", 1, [8, 8, 4]), ("block/conv1", 2, [8, 8, 4]), ("block/relu1", 2, [8, 8, 4]),
        ("block", 2, [[8, 8, 4], [8, 8, 4]]), ("dense1", 1, [8, 8, 4]),
    ]  # fmt: skip
    (block,) = data["blocks"]
    wanted = {"name": "block", "kind": "residual", "depth": 1, "layers": 3, "from": ["conv1"], "output": [8, 8, 4],
              "params": 148, "macs": 64 * 9 * 16}  # fmt: skip
    assert {key: block[key] for key in wanted} == wanted


def test_a_layer_that_is_used_again_is_no_block(cli, spec):
    path = spec("input: 8\nlayers: [{dense: {name: a, units: 8}}, {use: {layer: a}}]")
    data = json.loads(cli("summary", path, "--format", "json").out)
    assert data["blocks"] == []
    assert [row["depth"] for row in data["layers"]] == [1, 1]


def test_a_block_without_layers_is_no_row(cli, spec):
    path = spec("input: 8\nlayers: [{repeat: {times: 0, layers: [relu]}}, {sequential: [{dense: 2}]}]")
    assert [row["name"] for row in rows(cli("summary", path, "--format", "csv", "--depth", "1").out)] == ["sequential1"]
    blocks = json.loads(cli("summary", path, "--format", "json").out)["blocks"]
    assert sorted((block["name"], block["layers"]) for block in blocks) == [("repeat1", 0), ("sequential1", 1)]


def test_csv_has_every_layer_unless_a_depth_is_given(cli, root):
    path = root / "specs" / "resnet-50.yaml"
    everything, top = (cli("summary", path, "--format", "csv", *more).out for more in ([], ["--depth", "1"]))
    assert len(rows(everything)) == len(data_of(path)["layers"]) > ROWS
    assert [row["name"] for row in rows(top)][3:5] == ["conv2", "conv3"]
    assert rows(top)[3]["params"] == "218624"


@pytest.mark.parametrize("format", ["table", "markdown", "latex"])
@pytest.mark.parametrize("name", ["resnet-50", "densenet-121", "mobilenet-v2", "googlenet"])
def test_a_long_network_fits_on_a_page_by_itself(cli, root, name, format):
    out = cli("summary", root / "specs" / f"{name}.yaml", "--format", format).out
    assert len(out.splitlines()) <= ROWS + 16
    assert "Blocks are folded at depth" in out
    whole = cli("summary", root / "specs" / f"{name}.yaml", "--format", format, "--depth", "0").out
    assert len(whole.splitlines()) > len(data_of(root / "specs" / f"{name}.yaml")["layers"])
    assert "folded" not in whole


def test_a_network_of_few_layers_is_not_folded(cli, root):
    assert "/" in cli("summary", root / "specs" / "u-net.yaml").out
    assert "folded" not in cli("summary", root / "specs" / "u-net.yaml").out


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_densenet_is_on_one_screen(terminal, root, columns):
    out = terminal(columns, "summary", root / "specs" / "densenet-121.yaml", env=PLAIN).out
    assert len(out.splitlines()) < 40
    assert max(map(len, out.splitlines())) <= columns


def test_a_terminal_shows_a_tree(terminal, spec):
    out = terminal(100, "summary", spec(RESIDUAL), env=PLAIN).out
    table = [line.rstrip() for line in out.splitlines()[4:9]]
    assert [line[: len(line) - len(line.lstrip())] + line.split()[0] for line in table] == [
        " conv1", " block", "   conv1", "   relu1", "   block",
    ]  # fmt: skip
    assert [line.split()[1] for line in table] == ["conv", "residual", "conv", "relu", "add"]
    assert "relu1; conv1" in table[4]


def test_what_is_read_is_called_as_its_author_calls_it(cli, root):
    """Blocks by their own names, not by their last layers'."""
    out = rows(cli("summary", root / "specs" / "u-net.yaml", "--format", "csv").out)
    assert next(row["from"] for row in out if row["name"] == "concat4") == "down1; up1"


def test_a_column_of_sources_is_there_where_the_network_branches(cli, spec, worked_example):
    assert "From" in cli("summary", spec(RESIDUAL)).out
    assert "From" not in cli("summary", worked_example).out
    assert "From" not in cli("summary", spec(RESIDUAL), "--depth", "1").out
    two = spec("input: {a: 4, b: 4}\nlayers: [{add: {from: [a, b]}}]")
    assert "a; b" in cli("summary", two).out


def test_the_columns_of_a_convolution(cli):
    names = "number,name,input,kernel,stride,padding,percent,trainable"
    layers = ["conv:10,k=[5,3],p=2", "maxpool:2", "conv:2,k=3,p=same", "dense:10"]
    out = cli("calc", "28x28x1", *layers, "--columns", names, "--format", "csv").out
    assert out.splitlines() == [  # 160 + 182 + 4210 parameters
        names, "1,conv1,28x28x1,5x3,1x1,2x2,3.51,yes", "2,maxpool1,28x30x10,2x2,2x2,0x0,0.00,",
        "3,conv2,14x15x10,3x3,1x1,same,4.00,yes", "4,dense1,14x15x2,,,,92.49,yes",
    ]  # fmt: skip


def test_all_columns(cli, spec):
    header = cli("summary", spec(RESIDUAL), "--columns", "all", "--format", "csv", "--depth", "1").out.splitlines()
    assert header[0].startswith("number,name,kind,from,input,kernel")
    assert header[2].startswith("2–4,block,residual,conv1,8x8x4,,,,8x8x4,148,")
    assert cli("summary", spec(RESIDUAL), "--columns", "name,all").code == 0
    assert "percent" in cli("summary", "--help").out


def test_a_block_that_is_frozen_in_part_says_so(cli, spec):
    text = "input: 4\nlayers: [sequential: [{dense: {units: 4, trainable: false}}, {dense: 4}]]"
    out = cli("summary", spec(text), "--columns", "trainable", "--depth", "1", "--format", "csv").out
    assert out.splitlines() == ["trainable", "partly"]


def test_notes_that_say_the_same_are_said_once(cli):
    same = cli("calc", "8x8x1", "conv:1,k=3,s=2", "conv:1,k=1", "relu").out
    assert "conv1: H, W: 8 - 3 + 2·0 = 5 is not a multiple of the stride 2, rounded down\n" in same
    assert same.index("rounded down") < same.index("Parameters:")
    split = cli("calc", "8x7x1", "conv:1,k=3,s=2", "conv:1,k=1", "relu").out
    assert "conv1: H: 8 - 3" in split
    two = cli("calc", "16x1", "dense:4,flatten=true", "dense:4").out
    assert two.count("flattened") <= 1


def test_many_notes_that_differ_in_their_numbers_are_one_line(cli):
    out = cli("calc", "256x256x1", *["conv:1,k=3,s=2,p=1"] * 8).out
    assert out.count("rounded down") == 1
    assert "the same with other numbers: conv" in out


@pytest.mark.parametrize("depth", ["-1", "x", "1.5", ""])
def test_a_depth_that_is_no_number_is_usage(cli, worked_example, depth):
    result = cli("summary", worked_example, "--depth", depth)
    assert (result.code, result.out) == (2, "")
    assert "--depth" in result.err


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("name", ["resnet-50", "densenet-121", "u-net", "bert-base"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_no_word_and_no_number_is_broken(terminal, root, columns, name, locale):
    path = root / "specs" / f"{name}.yaml"
    out = terminal(columns, "summary", path, env={**PLAIN, "LC_ALL": locale}).out.replace("×", "x")
    words = set(re.sub("[/;|]", " ", out).split())
    data = data_of(path)
    depth = int(out.partition("folded at depth ")[2].split()[0]) if "folded" in out else 0
    for row in shown(data, depth):
        assert isinstance(row, Shown)
        assert row.data["name"].rpartition("/")[2] in words
        assert "x".join(map(str, row.data["output"])) in words
        assert f"{row.data['macs']:,}" in words
    if locale == "C":
        assert out.isascii()


MISFIT = RESIDUAL.replace("- dense: 3", "- conv: {filters: 2, kernel: 9}\n  - dense: 3")


@pytest.mark.parametrize("command", ["summary", "calc"])
def test_an_error_shows_the_rows_above_it(cli, spec, command):
    wrong = {
        "summary": ("summary", spec(MISFIT)),
        "calc": ("calc", "8x8x4", "conv:4,k=3,p=1", "relu", "conv:2,k=9", "dense:3"),
    }[command]
    result = cli(*wrong)
    assert (result.code, result.out) == (3 if command == "summary" else 2, "")
    above, error, _ = result.err.partition('error: conv "conv2": a 9×9 window does not fit into 8×8')
    assert error
    assert " conv1 " in above
    assert "144" not in above.partition("conv2")[2]
    assert "148" in above
    assert "Parameters" not in above
    assert "dense1" not in above


@pytest.mark.parametrize("format", ["json", "csv", "markdown", "latex"])
def test_data_is_whole_or_not_there(cli, spec, tmp_path, format):
    result = cli("summary", spec(MISFIT), "--format", format)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("error: ")
    assert cli("summary", spec(MISFIT), "-o", tmp_path / "out").code == 3
    assert not (tmp_path / "out").exists()


def test_a_block_that_breaks_off_is_not_summed(cli, spec):
    text = "input: 8x8x1\nlayers: [sequential: [relu, {conv: {filters: 2, kernel: 9}}]]"
    for more in ([], ["--depth", "1"], ["--columns", "all"]):
        err = cli("summary", spec(text), *more).err
        assert "sequential1/relu1" in err.partition("error:")[0]


def test_rows_below_the_error_are_not_shown(cli, spec):
    """They may not depend on it, but a table with a hole would pass for a network."""
    text = "input: 8x8x1\nlayers: [relu, {conv: {filters: 2, kernel: 9}}, {tanh: {from: relu1}}]"
    above, _, _ = cli("summary", spec(text)).err.partition("error:")
    assert "relu1" in above
    assert "tanh" not in above


def test_the_rows_above_a_deep_error_fit_on_a_page(cli, terminal, root, spec):
    text = (root / "specs" / "densenet-121.yaml").read_text(encoding="utf-8")
    path = spec(text.replace("dense: {name: classifier, units: 1000", "conv: {name: classifier, filters: 9, kernel: 9"))
    assert len(cli("summary", path).err.splitlines()) < 50
    shown = terminal(80, "summary", path, env=PLAIN)
    assert shown.code == 3
    assert max(map(len, shown.out.partition("error:")[0].splitlines())) <= 80


def test_the_totals_are_refused_but_the_encoder_is_shown(cli, spec):
    text = "input: 16\nencoder: [dense: 4]\ndecoder: [{conv: {filters: 1, kernel: 3}}]"
    result = cli("summary", spec(text))
    assert result.code == 3
    assert "encoder/dense1" in result.err
