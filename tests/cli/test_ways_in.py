"""The ways in: one line, a file without a command, packaged examples, formats by ending, and completion of values."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from cnncalc.cli import options
from cnncalc.errors import UsageError, nearest
from cnncalc.render.columns import COLUMNS
from cnncalc.spec import packaged

LINE = ["28x28x1", "conv:10,k=5,p=2", "maxpool:2", "dense:10"]


@pytest.mark.parametrize(
    ("command", "options"),
    [("explain", []), ("explain", ["--layer", "conv1"]), ("run", []), ("run", ["--trace", "conv1"]),
     ("reconcile", ["--value", "250", "--layer", "conv1"])],
)  # fmt: skip
def test_one_line_is_the_same_as_a_file(cli, spec, command, options):
    path = spec("input: 28x28x1\nlayers: [conv: {filters: 10, kernel: 5, padding: 2}, maxpool: 2, dense: 10]")
    line, file = cli(command, *LINE, *options), cli(command, path, *options)
    assert (line.code, line.err) == (file.code, file.err) == (0, "")
    if command != "run":  # which shows times
        assert line.out == file.out


@pytest.mark.parametrize("command", ["explain", "run", "calc"])
@pytest.mark.parametrize("layers", [["conv:10,k=50"], ["conv:10,k=x=3"], ["cnv:10"]])
def test_a_layer_on_the_line_that_is_wrong_is_a_bad_argument(cli, command, layers):
    result = cli(command, "28x28x1", *layers)
    assert (result.code, result.out) == (2, "")
    assert "LAYER 1:1:" in result.err


def test_sizes_alone_ask_for_layers_and_a_file_takes_none(cli, worked_example):
    for command in ("explain", "run", "summary"):
        alone = cli(command, "28x28x1")
        assert (alone.code, "layers should follow" in alone.err) == (2, True)
    for file in (worked_example, "@lenet5", "-"):
        more = cli("explain", file, "relu", stdin="input: 4\nlayers: [relu]")
        assert (more.code, '"relu" is not expected' in more.err) == (2, True)


def test_a_file_without_a_command_is_its_summary(cli, worked_example):
    assert cli(worked_example) == cli("summary", worked_example)
    assert cli("@lenet5", "--format", "csv") == cli("summary", "@lenet5", "--format", "csv")
    assert cli("nowhere.yaml").code == 2


@pytest.mark.parametrize("word", ["conv", "global_avgpool", "relu", "residual", "use"])
def test_a_kind_as_a_command_names_the_command_that_shows_it(cli, word):
    result = cli(word)
    assert (result.code, result.out) == (2, "")
    assert f"cnncalc kinds {word}" in result.err


@pytest.mark.parametrize("arguments", [["summary"], ["run"], ["explain"], ["solve", "network"], []])
def test_a_problem_file_is_named_as_such(cli, root, arguments):
    path = str(root / "specs" / "quiz.yaml")
    result = cli(*arguments, path)
    assert (result.code, result.out) == (3, "")
    assert f"{path} is a problem file" in result.err
    assert f"cnncalc check {path}" in result.err


def test_a_network_that_expects_nothing_is_named_as_such(cli, spec):
    result = cli("check", spec("input: 4\nlayers: [relu]"))
    assert (result.code, "cnncalc summary" in result.err) == (2, True)


def test_every_example_is_listed_and_can_be_read_by_its_name(cli, root):
    listed = {row["name"]: row["about"] for row in json.loads(cli("examples", "--format", "json").out)}
    files = {f"@{path.stem}" for path in (root / "specs").glob("*.yaml")}
    assert set(listed) == files
    assert all(listed.values())
    for name in files - {"@quiz"}:
        assert cli("summary", name, "--format", "json").code == 0
    assert cli("check", "@quiz", "--answers", "@quiz-answers").code == 0


def test_an_example_is_shown_as_it_is(cli, root):
    assert cli("examples", "lenet5").out == (root / "specs" / "lenet5.yaml").read_text(encoding="utf-8")
    assert cli("examples", "@lenet5") == cli("examples", "lenet5")


@pytest.mark.parametrize("arguments", [["summary", "@vgg16"], ["@vgg16"], ["examples", "vgg16"], ["check", "@vgg16"]])
def test_an_example_that_is_not_there_suggests_one(cli, arguments):
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert 'did you mean "vgg-16"?' in result.err


def test_the_package_holds_the_examples(root, tmp_path):
    """As a wheel has them, without the repository around."""
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in {"cnncalc": "cnncalc", **wheel["force-include"]}.items():
        shutil.copytree(root / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
    program = "import cnncalc; print(cnncalc.__file__, cnncalc.load('@vgg-16').summary().totals.params)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(tmp_path / "cnncalc" / "__init__.py"), "138357544"]


@pytest.mark.parametrize(
    ("ending", "first"),
    [(".csv", "name,kind"), (".json", '{"name"'), (".md", "**lenet5"), (".TEX", "% lenet5"), (".txt", "lenet5: "),
     ("", "lenet5: "), (".xml", "lenet5: ")],
)  # fmt: skip
def test_the_ending_of_the_output_chooses_the_format(cli, tmp_path, ending, first):
    path = tmp_path / f"out{ending}"
    assert cli("summary", "@lenet5", "-o", path).code == 0
    assert path.read_text(encoding="utf-8").startswith(first)
    assert cli("summary", "@lenet5", "-o", path, "--format", "csv").code == 0
    assert path.read_text(encoding="utf-8").startswith("name,kind")


@pytest.mark.parametrize(
    ("arguments", "name", "first"),
    [(["explain", "@lenet5"], "x.md", "# lenet5"), (["check", "@quiz"], "x.xml", "<?xml"),
     (["generate"], "x.xml", "<?xml"), (["generate"], "x.gift", "$CAT"), (["solve", "network", "@quiz-3-padding"],
     "x.json", "{"), (["kinds"], "x.json", "[")],
)  # fmt: skip
def test_so_it_does_for_every_command(cli, tmp_path, arguments, name, first):
    assert cli(*arguments, "-o", tmp_path / name).code == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(first)


@pytest.mark.parametrize(
    ("wrong", "right"), [("conv1", "Conv1"), ("CONV2", "conv2"), ("c1", "Conv1"), ("d1", "dense1"), ("con2", "conv2")]
)
def test_a_layer_in_another_case_or_in_short_is_suggested(cli, wrong, right):
    for arguments in (["explain", "--layer"], ["run", "--trace"], ["reconcile", "--value", "3", "--layer"]):
        result = cli(arguments[0], "@worked-example", *arguments[1:], wrong)
        assert (result.code, f'did you mean "{right}"?' in result.err) == (2, True)


def test_where_no_layer_is_close_they_are_listed(cli):
    for arguments in (["explain", "--layer"], ["run", "--trace"], ["reconcile", "--value", "3", "--layer"]):
        assert "layers: Conv1, maxpool1" in cli(arguments[0], "@worked-example", *arguments[1:], "zz").err


def test_a_short_word_that_two_could_be_meant_by_suggests_neither():
    assert nearest("rt", ["resnet_export", "rectangular_front"]) is None
    assert nearest("bm", ["batchnorm", "dense"]) == 'did you mean "batchnorm"?'
    assert nearest("x", ["xylophone"]) is None


@pytest.mark.parametrize(
    ("value", "agrees"),
    [("11.7M", True), ("11.70 M", True), ("0.0117G", True), ("11699k", True), ("12M", True), ("11.6M", False)],
)
def test_a_rounded_number_is_read_as_what_rounds_to_it(cli, value, agrees):
    result = cli("reconcile", "@resnet-18", "--value", value)
    assert result.code == 0
    assert ("as given" in result.out) == agrees


def test_a_tolerance_that_is_given_counts(cli):
    assert cli("reconcile", "@resnet-18", "--value", "11.6M", "--tolerance", "0.05").code == 0
    assert "as given" not in cli("reconcile", "@resnet-18", "--value", "11.7M", "--tolerance", "0").out


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("cnncalc kinds glob", {"global_avgpool", "global_maxpool"}),
        ("cnncalc summary @lenet5 --format js", {"json"}),
        ("cnncalc summary @lenet5 --columns name,par", {"name,params"}),
        ("cnncalc explain @worked-example --layer Con", {"Conv1"}),
        ("cnncalc run 8x8x1 conv:1,k=3 relu --trace con", {"conv1"}),
        ("cnncalc summary @dense", {"@densenet-121"}),
        ("cnncalc examples le", {"lenet5"}),
        ("cnncalc generate --topic window,par", {"window,parameters"}),
        ("cnncalc solve pad", {"padding"}),
        ("cnncalc solve padding --kind transp", {"transposed_conv"}),
        ("cnncalc explain nowhere.yaml --layer x", set()),
    ],
)
def test_values_are_completed(process, line, completed):
    words = line.split()
    env = {"_CNNCALC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    assert set(process(env=env).stdout.split()) == completed


def test_completion_knows_every_column_and_example():
    assert options.complete((*COLUMNS, "all"), several=True)("") == [*COLUMNS, "all"]
    assert options.complete_files("spec") == []
    assert options.complete_examples("") == list(packaged.specs())


def test_a_path_is_left_alone():
    assert packaged.path("./@x") == "./@x"
    with pytest.raises(UsageError):
        packaged.path("@")


MODEL = bytes.fromhex("080d3a4b0a0c0a0178120179220452656c75")  # the beginning of an ONNX file


@pytest.mark.parametrize("arguments", [("summary", "-"), ("explain", "-"), ("import", "-"), ("run", "-")])
def test_a_model_on_standard_input_is_refused_with_the_way_to_go(cli, arguments):
    result = cli(*arguments, stdin=MODEL)
    assert (result.code, "path of an" in result.err, "ONNX" in result.err or ".onnx" in result.err) == (2, True, True)


def test_a_model_that_is_called_a_spec_is_named(cli, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(MODEL)
    result = cli("summary", path)
    assert (result.code, "holds a model, not a spec" in result.err) == (3, True)


def test_a_rounded_size_is_said_once_under_strict(cli):
    line = ("calc", "28x28x1", "conv:4,k=4,s=5")
    assert cli(*line).out.count("is not a multiple of the stride 5") == 1  # for both axes
    assert cli(*line, "--strict").out.count("H: 28 - 4") == 1


def test_a_line_is_counted_as_a_tool_counts(cli):
    line = ("224x224x3", "conv:32,k=3,p=1", "batchnorm", "relu")
    assert "MACs: 44,957,760" in cli("calc", *line, "--as", "torchinfo").out


def test_a_placed_block_has_the_name_of_its_definition_as_its_kind(cli):
    text = "input: 8\ndefine: {b: {layers: [{dense: 8}, relu]}}\nlayers: [b, {use: b}, {use: {block: b}}]\n"
    rows = json.loads(cli("summary", "-", "--format", "json", stdin=text).out)["blocks"]
    assert [(row["name"], row["kind"]) for row in rows] == [("b1", "b"), ("b2", "b"), ("b3", "b")]


def test_the_page_of_linear_says_that_it_can_be_a_dense_layer(cli):
    assert "dense layer" in cli("kinds", "linear").out.split("\n")[0]
