"""``cnncalc export``: the target, the weights, what is refused, and where the file goes."""

from __future__ import annotations

import numpy as np
import pytest

import cnncalc

NETWORK = "input: 4x4x1\nlayers: [conv: {name: c, filters: 1, kernel: 1}]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(NETWORK)
    np.savez(tmp_path / "w.npz", **{"c/kernel": np.full((1, 1, 1, 1), 3, "f4"), "c/bias": np.full(1, 5, "f4")})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_ending_chooses_and_to_says_otherwise(cli, folder):
    assert cli("export", "net.yaml", "-o", "a.dot") == (0, "", "")
    assert (folder / "a.dot").read_text().startswith("digraph")
    assert cli("export", "net.yaml", "-o", "b.dot", "--to", "mermaid").code == 0
    assert (folder / "b.dot").read_text().startswith("flowchart")


def test_a_network_on_one_line_is_exported(cli):
    assert "dense" in cli("export", "8x8x1", "dense:4", "--to", "dot").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["net.yaml"], 2, "no target is named"),
        (["net.yaml", "-o", "a.txt"], 2, "does not name a target"),
        (["net.yaml", "-o", "a.py"], 2, '"a.py" may be pytorch or keras'),
        (["net.yaml", "--to", "onxx"], 2, 'did you mean "onnx"?'),
        (["net.yaml", "--to", "onnx", "--seed", "-1", "-o", "a"], 2, "--seed"),
        (["net.yaml", "--to", "onnx", "--weights", "none.npz", "-o", "a"], 2, "does not exist"),
        (["4x4x4x1", "conv_lstm:2,kernel=3", "-o", "a.onnx"], 3, "no translation of conv_lstm"),
        (["net.yaml", "-o", "none/a.onnx"], 5, "could not be written"),
        (["net.yaml", "--to", "dot", "-o", "net.yaml"], 5, "is an input"),
        (["net.yaml", "--to", "onnx", "--weights", "w.npz", "-o", "w.npz"], 5, "is an input"),
    ],
)
def test_what_is_refused_leaves_no_file(cli, folder, arguments, code, words):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = cli("export", *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_kind_without_translation_is_exit_3_with_its_place(cli, folder):
    (folder / "v.yaml").write_text("input: 4x4x4x1\nlayers:\n  - conv_lstm: {filters: 2, kernel: 3}\n")
    result = cli("export", "v.yaml", "-o", "v.onnx")
    assert (result.code, (folder / "v.onnx").exists()) == (3, False)
    assert "v.yaml:3:5" in result.err
    assert "(conv_lstm1)" in result.err


def test_an_order_of_sizes_that_is_not_the_specs_is_said(cli, folder):
    note = "note: images and volumes are channels first in the file: input N×1×4×4\n"
    assert cli("export", "net.yaml", "-o", "a.onnx") == (0, "", note)
    (folder / "first.yaml").write_text("layout: channels_first\n" + NETWORK)
    assert cli("export", "first.yaml", "-o", "a.onnx") == (0, "", "")
    assert cli("export", "8", "dense:2", "-o", "a.onnx") == (0, "", "")


def test_a_model_on_standard_output_is_the_bytes_of_the_file(cli, process, folder):
    cli("export", "net.yaml", "-o", "a.onnx")
    for output in ([], ["-o", "-"]):
        done = process("export", "net.yaml", "--to", "onnx", *output, text=False)
        assert (done.returncode, done.stdout) == (0, (folder / "a.onnx").read_bytes())


def test_weights_are_the_files_or_drawn_as_run_draws_them(cli, folder):
    x = np.ones((1, 1, 4, 4), np.float32)
    assert cli("export", "net.yaml", "-w", "w.npz", "-o", "a.onnx").code == 0
    assert (cnncalc.from_onnx("a.onnx").build()(x) == 8).all()
    assert cli("export", "net.yaml", "--seed", 5, "-o", "b.onnx").code == 0
    wanted = cnncalc.load("net.yaml").build(seed=5)(np.moveaxis(x, 1, -1))
    assert (cnncalc.from_onnx("b.onnx").build()(x) == np.moveaxis(wanted, -1, 1)).all()


def test_a_model_is_exported_with_its_own_weights(cli, folder):
    cli("export", "net.yaml", "-w", "w.npz", "-o", "a.onnx")
    assert cli("export", "a.onnx", "-o", "b.onnx").code == 0
    assert (folder / "a.onnx").stat().st_size == (folder / "b.onnx").stat().st_size
    assert (cnncalc.from_onnx("b.onnx").build()(np.ones((1, 1, 4, 4), np.float32)) == 8).all()
