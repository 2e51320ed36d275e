"""``cnncalc explain``: the working, as a model answer."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest


def test_the_working_of_the_worked_example(cli, worked_example):
    result = cli("explain", worked_example)
    assert (result.code, result.err) == (0, "")
    sections = re.split(r"\n(?=\d\. )", result.out)
    assert [part.split("\n")[0] for part in sections[1:]] == [
        "1. Conv1 (conv): output 64×64×32",
        "2. maxpool1 (maxpool): output 32×32×32",
        "3. conv2 (conv): output 32×32×64",
        "4. maxpool2 (maxpool): output 16×16×64",
        "5. dense1 (dense): output 10",
    ]
    assert "H_out = ⌊(H − F + 2P)/S⌋ + 1 = ⌊(64 − 3 + 2·1)/1⌋ + 1 = 64" in sections[1]
    assert "⌊(64 − 2 + 2·0)/2⌋ + 1 = 32" in sections[2]
    assert "⌊(32 − 3 + 2·1)/1⌋ + 1 = 32" in sections[3]
    assert "⌊(32 − 2 + 2·0)/2⌋ + 1 = 16" in sections[4]
    assert "N_out = U = 10" in sections[5]
    assert "params = (F·F·C + 1)·K = (3·3·3 + 1)·32 = 896" in sections[1]
    assert "(3·3·32 + 1)·64 = 18496" in sections[3]
    assert "(16·16·64 + 1)·10 = 163850" in sections[5]
    assert "64·64·3·3·3·32 = 3538944" in sections[1]
    assert "Total parameters: 896 + 18496 + 163850 = 183242" in result.out
    assert "Total MACs: 3538944 + 18874368 + 163840 = 22577152" in result.out


def test_every_letter_is_in_the_legend(cli, worked_example):
    body, _, legend = cli("explain", worked_example).out.partition("Letters: ")
    known = {entry.split()[0] for entry in legend.split(";")}
    used = set(re.findall(r"\b([A-Za-z](?:_out)?)\b(?= [−+]|·|\))", body))
    assert used
    assert used <= known
    assert "K filters" in legend
    assert "H height of the input" in legend


def test_one_layer_has_no_total(cli, worked_example):
    out = cli("explain", worked_example, "--layer", "Conv1").out
    assert "(3·3·3 + 1)·32 = 896" in out
    assert "conv2" not in out
    assert "Total" not in out
    missing = cli("explain", worked_example, "--layer", "Conv")
    assert (missing.code, missing.out) == (2, "")
    assert 'no layer is called "Conv"' in missing.err


def test_a_block_is_explained_with_all_its_layers(cli):
    body = "[{conv: {filters: 4, kernel: 3, padding: 1}}]"
    text = f"input: 8x8x4\nlayers:\n  - residual: {{name: r, body: {body}}}\n  - relu\n"
    out = cli("explain", "-", "--layer", "r", stdin=text).out
    assert "1. r/conv1 (conv)" in out
    assert "2. r (add)" in out
    assert "relu" not in out


def test_symbols_are_carried_through(cli):
    out = cli("explain", "-", stdin="input: HxWx3\nlayers: [{conv: {filters: 8, kernel: 5, padding: p}}]").out
    assert "H_out = ⌊(H − F + 2p)/S⌋ + 1 = ⌊(H − 5 + 2p)/1⌋ + 1" in out
    assert "(5·5·3 + 1)·8 = 608" in out


def test_markdown_has_its_formulas_between_dollars(cli, worked_example):
    out = cli("explain", worked_example, "--format", "markdown").out
    assert out.startswith("# worked-example: input 64×64×3 (height×width×channels)\n")
    assert r"$896 + 18496 + 163850 = 183242$" in out
    assert "## Letters" in out
    assert all(line.count("$") % 2 == 0 for line in out.splitlines())


HOSTILE = 'name: "50% #1 & {x}_y^z~ \\\\input{evil} $a$ <b>\\n\\\\end{document}"\n'


@pytest.mark.parametrize("name", ["", HOSTILE])
def test_latex_compiles(cli, tmp_path, name):
    compiler = shutil.which("pdflatex")
    if compiler is None:
        pytest.skip("pdflatex is not installed")
    text = name + (
        "input: HxWx6\nlayers:\n  - conv: {name: a_b.c-1, filters: 8, kernel: 5, padding: p, stride: 2, groups: 2}\n"
        "  - maxpool: {size: 3, ceil_mode: true}\n  - batchnorm\n  - depthwise_conv: {kernel: [3, 1], padding: same}\n"
        "  - residual: {body: [{conv: {filters: 8, kernel: 3, padding: 1}}, layernorm], activation: gelu}\n"
        "  - upsample\n  - adaptive_avgpool: 4\n  - dense: {units: 10, activation: softmax}\n"
    )
    result = cli("explain", "-", "--format", "latex", stdin=text)
    assert result.code == 0
    table = cli("summary", "-", "--format", "latex", stdin=text).out
    (tmp_path / "a.tex").write_text(
        result.out.replace(r"\end{document}", table + r"\end{document}", 1), encoding="utf-8"
    )
    done = subprocess.run(
        [compiler, "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "a.tex"],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("format", ["html", "json", ""])
def test_other_formats_are_usage(cli, worked_example, format):
    result = cli("explain", worked_example, "--format", format)
    assert (result.code, "text, markdown, latex" in result.err) == (2, True)


def test_the_sum_over_many_layers_is_written_in_one_go(cli):
    """A sum that is made one by one is quadratic work: 10,000 layers took more than 20 s."""
    text = "input: 4x4x2\nlayers:\n" + "  - conv: {filters: 2, kernel: 1}\n" * 2000
    out = cli("explain", "-", stdin=text).out
    assert f"= {2000 * (2 * 2 + 2)}\n" in out


@pytest.mark.parametrize("arguments", [[], ["--layer", "Conv1"]])
def test_one_empty_line_stands_between_parts(cli, worked_example, arguments):
    out = cli("explain", worked_example, *arguments).out
    assert "\n\nLetters: " in out
    assert "\n\n\n" not in out


def test_with_unknown_letters_the_working_ends_in_what_the_summary_says(cli):
    layers = "{conv: {filters: k, kernel: 3, padding: p}}, {maxpool: 2}"
    out = cli("explain", "-", stdin=f"input: HxWx3\nlayers: [{layers}]").out
    assert "H_out = ⌊(H − F + 2p)/S⌋ + 1 = ⌊(H − 3 + 2p)/1⌋ + 1 = H + 2p − 2\n" in out
    assert "params = (F·F·C + 1)·k = (3·3·3 + 1)·k = 28k\n" in out
    assert "/2⌋ + 1 = ⌊(H + 2p − 4)/2⌋ + 1\n" in out
    assert "C_out = k\n" in out


def test_operands_of_one_size_need_no_larger_one(cli, spec):
    text = "input: 8x8x3\nlayers: [{residual: {body: [{conv: {filters: 3, kernel: 3, padding: 1}}]}}]"
    out = cli("explain", spec(text)).out
    assert "H_out = H_1 = 8" in out
    assert "max(" not in out
