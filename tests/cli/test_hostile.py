"""Input that means harm, or none at all: the right exit code, words, and nothing else happens."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import string

import pytest

EVIL = (
    r'"\e]52;c;aGk=\a \x9b31m\u202e <script>alert(1)</script> [red]x[/] =HYPERLINK(1) $x_1^2$ \\input{a} %#&~|`\n\r\0"'
)


def title(spec_text: str) -> str:
    """A spec with a title that every format reads as something else."""
    return f"name: {EVIL}\n{spec_text}"


@pytest.mark.parametrize("format", ["table", "csv", "markdown", "latex", "json"])
def test_a_title_is_text_in_every_format(cli, format):
    out = cli("summary", "-", "--format", format, stdin=title("input: 8x8x1\nlayers: [relu]")).out
    assert out.replace("\n", "").isprintable()
    if format == "json":
        assert json.loads(out)["name"].startswith("\x1b]52;c;aGk=\a \x9b31m\u202e <script>")
    elif format == "markdown":
        assert "<script" not in out
        assert r"\[red\]" in out
        assert r"\$x\_1^2\$" in out
    elif format == "latex":
        assert r"\input" not in out
        assert all(
            line.startswith(("%", "\\", "Layer", "relu1", "Param", "MACs", "Memory", "")) for line in out.split("\n")
        )
        assert out.splitlines()[1] == r"\begin{tabular}{llrrrr}"
    elif format == "table":
        assert r"\x1b]52;c;aGk=\x07 \x9b31m\u202e <script>alert(1)</script> [red]x[/]" in out.splitlines()[0]


@pytest.mark.parametrize("format", ["text", "markdown", "latex"])
def test_a_title_is_text_in_the_working_too(cli, format):
    out = cli("explain", "-", "--format", format, stdin=title("input: 8x8x1\nlayers: [relu]")).out
    assert out.replace("\n", "").isprintable()
    assert ("<script" in out) == (format == "text")
    assert (r"\input" in out.replace(r"\\", "")) == (format == "text")


@pytest.mark.parametrize("name", ["conv[/]", r"\e]52;c", "=HYPERLINK(1)", "<script>", "a/b", "a\\nb", "$x$", "a&b", ""])
def test_a_name_of_other_characters_is_refused(cli, name):
    text = f'input: 8x8x1\nlayers: [{{conv: {{name: "{name}", filters: 1, kernel: 3}}}}]'
    result = cli("summary", "-", stdin=text)
    assert (result.code, result.out) == (3, "")
    assert "cannot be the name of a layer" in result.err
    assert "<stdin>:2:" in result.err
    assert "\x1b" not in result.err
    inputs = cli("summary", "-", stdin=f'input: {{"{name}": 8x8x1}}\nlayers: [relu]')
    assert (inputs.code, "\x1b" in inputs.err) == (3, False)


@pytest.mark.parametrize(("name", "cell"), [("-1", "'-1"), ("_ b.c-d 2", "_ b.c-d 2"), ("- x", "'- x")])
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_quoted(cli, name, cell):
    text = f'input: 8x8x1\nlayers: [{{conv: {{name: "{name}", filters: 1, kernel: 3}}}}, {{relu: {{from: "{name}"}}}}]'
    out = cli("summary", "-", "--format", "csv", "--columns", "name,from", stdin=text).out
    assert list(csv.reader(io.StringIO(out)))[1:] == [[cell, "input"], ["relu1", cell]]


def test_underscores_in_names_are_text_in_latex_and_markdown(cli):
    text = "input: 8x8x1\nlayers: [{conv: {name: a_b_c, filters: 1, kernel: 3}}]"
    assert r"a\_b\_c & conv" in cli("summary", "-", "--format", "latex", stdin=text).out
    assert r"| a\_b\_c | conv" in cli("summary", "-", "--format", "markdown", stdin=text).out


@pytest.mark.parametrize(
    "path", ["\x1b]52;c;x\x07.yaml", "[red]nope[/].yaml", "a\nb", "\udcff", "a\0b", "x" * 5000, ""]
)
def test_a_path_is_text_in_its_message(cli, path):
    result = cli("summary", path)
    assert (result.code, result.out) == (2, "")
    assert result.err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "\x1b[31m", "--format", "\x1b[31m"],
        ["\x1b[31m"],
        ["summary", "--\x1b[31m"],
        ["calc", "\x1b[31m", "relu"],
        ["calc", "8x8x1", "\x1b[31m:3"],
        ["calc", "8x8x1", "conv:\udcff,k=1"],
        ["calc", "8x8x1", "ｃonv:３,k=1"],
        ["calc", "８x8x1", "relu"],
        ["kinds", "\x1b[31m"],
        ["summary", "x", "--limit", "\x1b[31m=1"],
        ["summary", "x", "--columns", "\x1b[31m"],
        ["summary", "x", "--layout", "\udcff"],
    ],
)
def test_arguments_are_text_in_their_messages(cli, arguments):
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ["calc", "9" * 10**6, "relu"],
        ["calc", "x" * 10**6, "relu"],
        ["calc", "8x8x1", "conv:" + "1," * 500_000],
        ["calc", "8x8x1", "conv:" + "[" * 10**6],
        ["calc", "8x8x1", "a" * 10**6],
        ["calc", "8x8x1", "relu:" + "=" * 10**6],
        ["calc", "8x8x1", "relu:name=" + "n" * 10**6],
        ["calc", "8x8x1", "conv:1,k=(" + "1+" * 500_000],
        ["summary", "y" * 10**6],
        ["summary", "x", "--columns", "name," * 200_000],
        ["summary", "x", "--format", "j" * 10**6],
        ["summary", "x", "--limit", "l" * 10**6],
        ["k" * 10**6],
        ["kinds", "k" * 10**6],
    ],
    ids=range(14),
)
def test_an_argument_of_a_megabyte_is_refused_in_few_words(cli, arguments):
    result = cli(*arguments)
    assert result.code in (2, 4)
    assert len(result.err) < 3000


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 3, "the file is empty"),
        ("# nothing\n", 3, "nothing but comments"),
        ("- a\n- b\n", 3, "a network is a mapping"),
        ("42\n", 3, "a network is a mapping"),
        ("a: 1\n---\nb: 2\n", 3, "a second document begins here"),
        ("[" * 100_000, 4, "nesting = 32"),
        ("{" * 100_000, 4, "nesting = 32"),
        ("input: 8x8x1\nlayers: [relu\n", 3, '"[" that opens here is not closed'),
        ("input: 8x8x1\nlayers:\n\t- relu\n", 3, "there is a tab where"),
        (
            "input: !!python/object/apply:os.system [touch x]\nlayers: [relu]",
            3,
            "tags are not allowed; found !!python/object/apply:os.system",
        ),
        ("input: *a\nlayers: [relu]", 3, '"*a" means nothing'),
        ("input: 8x8x1\nlayers: [{<<: {a: 1}}]", 3, '"<<" (a merge key) is not allowed'),
        ("input: 8x8x1\nlayers: [relu]\nlayers: [relu]", 3, 'the key "layers" appears twice'),
        ("input: 8x8x1\nlayers: [{relu: {name: a}}, {relu: {name: a}}]", 3, 'the name "a" is given twice'),
        ("input: 8x8x1\nlayers: [{relu: {from: z}}]", 3, 'no layer above is called "z"'),
        ("input: 8x8x1\nlayers: [{relu: {from: b}}, {relu: {name: b}}]", 3, 'reads "b", which comes later'),
        ("input: 8x8x1\nlayers: [{conv: {filters: ten, kernel: 3}}]", 3, 'found "ten"'),
        ("input: 8x8x1\nlayers: [{conv: {filters: 3.0, kernel: 3}}]", 3, "filters: 3"),
        ("input: 8x8x1\nlayers: [{conv: {filters: 010, kernel: 3}}]", 3, "filters: 10"),
        ("input: 8x8x1\nlayers: [{conv: {filters: 1, kernel: 3, padding: smae}}]", 3, 'did you mean "same"?'),
        ("input: 8x8x1\nlayers: [{conv: {filters: 1, kernel: 3, padding: no}}]", 3, "valid, same, same_lower"),
        (
            "input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3, groups: 2}}]",
            3,
            "3 input channels are not divisible into 2 groups",
        ),
        ("input: 8x8x3\nlayers: [{maxpool: {size: 2, padding: 2}}]", 3, "a pool's padding is at most half its window"),
        ("input: {a: 8x8x3, b: 4x4x3}\nlayers: [{add: {from: [a, b]}}]", 3, "8×8×3 and 4×4×3 do not match"),
        ("input: 8x8x1\nlayers: [{conv: {filters: " + "9" * 5000 + ", kernel: 3}}]", 4, "digits = 19"),
        ("input: 8x8x1\nlayers: [{repeat: {times: 1000000000, layers: [relu]}}]", 4, "layers = 10000"),
        ("input: 8x8x1\nlayers: [" + "relu, " * 10_001 + "]", 4, "layers = 10000"),
        ("x: [" + "a, " * 100_001 + "]", 4, "values = 100000"),
        ("\ufeffinput: 8x8x1\r\nlayers: [relu]", 0, ""),
    ],
)
def test_a_bad_spec_gets_its_code_its_place_and_words(cli, text, code, words):
    result = cli("summary", "-", stdin=text)
    assert result.code == code
    assert (result.out == "") == (code != 0)
    assert words in result.err
    if code:
        assert "error: " in result.err
        assert "--> <stdin>:" in result.err


@pytest.mark.parametrize(
    "data", [b"input: \xff", "input: 8x8x1".encode("utf-16"), b"input: 8x8x1\0", b"\x1b[31m", b"\x00" * 99]
)
def test_bytes_that_are_no_text_are_refused(cli, data):
    result = cli("summary", "-", stdin=data)
    assert (result.code, result.err.replace("\n", "").isprintable()) == (3, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_or_a_device_is_refused_at_once(cli, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        result = cli("summary", path)
        assert (result.code, "not a file" in result.err) == (2, True)


def test_a_file_over_its_limit_is_refused(cli, tmp_path):
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    result = cli("summary", path)
    assert (result.code, "file = 1048576" in result.err) == (4, True)
    assert cli("summary", path, "--limit", "file=2000000").code == 3


def test_a_thousand_layers_with_letters(cli):
    """The formulas of sizes that keep growing are refused; those that do not are written."""
    for fields, code in (("padding: 1", 0), ("padding: p, stride: s", 4), ("stride: 2", 4)):
        text = "input: HxWx3\nlayers:\n" + f"  - conv: {{filters: 8, kernel: 3, {fields}}}\n" * 1000
        for command in (["summary"], ["summary", "--format", "json"], ["explain"]):
            assert cli(*command, "-", stdin=text).code == code


@pytest.mark.parametrize("block", ["sequential: [", "residual: {body: [", "parallel: {branches: [["])
def test_blocks_inside_each_other(cli, block):
    closing = block.translate(str.maketrans("[{", "]}", string.ascii_letters + ": "))[::-1]
    for depth, codes in ((5, (0,)), (500, (4,))):
        text = "input: 8x8x1\nlayers: [" + f"{{{block}" * depth + "relu" + f"{closing}}}" * depth + "]"
        assert cli("summary", "-", stdin=text).code in codes


def test_definitions_that_use_themselves_end(cli):
    text = "input: 8x8x1\ndefine: {a: {layers: [{use: b}]}, b: {layers: [{use: a}]}}\nlayers: [{use: a}]"
    assert cli("summary", "-", stdin=text).code in (3, 4)


def test_noise_on_the_line_never_gets_past_the_last_line_of_defence(cli):
    """Random arguments made of the pieces that mean something; a fault of ours would be code 70."""
    words = "conv maxpool dense : , = k p s filters kernel padding [ ] 0 1 -1 3 x × H same true name from input 1e3 é ."
    pieces = [*words.split(), " ", "\x1b"]
    whole = ["conv:2,k=3", "relu", "maxpool:2", "dense:3", "conv:filters=1,kernel=1,padding=same"]
    draw = random.Random(7)
    codes = set()
    for _ in range(600):
        words = ["".join(draw.choices(pieces, k=draw.randint(1, 9))) for _ in range(draw.randint(1, 4))]
        if draw.random() < 0.3:
            words = ["", *draw.choices(whole, k=draw.randint(1, 3)), *draw.sample(words, draw.randint(0, 1))]
        if draw.random() < 0.7:
            words[0] = draw.choice(["8x8x3", "HxWx3", "[8, 8]", "8", "4x4x4x4"])
        words = [word for word in words if not word.startswith("-")]
        result = cli("calc", *words)
        assert result.code in (0, 2, 4), (words, result.err)
        assert (result.code == 0) == (result.err == "")
        codes.add(result.code)
    assert {0, 2} <= codes
