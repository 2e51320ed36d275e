"""``cnncalc run`` as a user meets it, and the model in the library."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import LimitError, SpecError, UsageError
from cnncalc.cli.app import run as command
from cnncalc.errors import EngineError

SMALL = """
name: small
input: 5x5x1
layers:
- conv: {name: c, filters: 1, kernel: 3}
- maxpool: {name: p, size: 2, stride: 1}
"""
TWO = """
layout: channels_first
input: {image: 3x8x8, tag: 4}
layers:
- conv: {name: c, filters: 4, kernel: 3, from: image}
- multiply: {name: m, from: [c, tag]}
- global_avgpool: {name: g}
- relu: {name: r, from: c}
"""
TOKENS = "input: [6]\nlayers: [{embedding: {name: e, vocab: 10, dim: 4}}]"


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(tmp_path: Path, capsys: Any, monkeypatch: Any) -> Any:
    """``run(spec text, arguments...)`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, *arguments: str) -> Result:
        Path("spec.yaml").write_text(text)
        capsys.readouterr()
        code = command(["run", "spec.yaml", *arguments])
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def image() -> np.ndarray:
    return np.arange(25, dtype=np.float32).reshape(5, 5, 1) % 7


def test_the_json_has_the_keys_of_the_contract(run: Any) -> None:
    data = json.loads(run(SMALL, "--format", "json", "--batch", "2").out)
    assert list(data) == ["layers", "outputs", "ms"]
    assert [row["name"] for row in data["layers"]] == ["c", "p"]
    for row in data["layers"]:
        assert list(row) == ["name", "kind", "output", "ms", "mean", "std", "min", "max"]
        assert row["min"] <= row["mean"] <= row["max"]
    assert data["layers"][0]["output"] == [3, 3, 1]
    assert data["outputs"]["p"]["shape"] == [2, 2, 2, 1]
    assert len(data["outputs"]["p"]["values"]) == 8
    assert data["ms"] == pytest.approx(sum(row["ms"] for row in data["layers"]), abs=0.002)


def test_the_statistics_are_those_of_the_output(run: Any) -> None:
    result = run(
        "input: 40x40x3\nlayers: [{conv: {filters: 200, kernel: 3}}]", "-f", "json", "-o", "y.npz", "--batch", "3"
    )
    y = np.load("y.npz")["conv1"].astype(np.float64)
    assert y.size > 1 << 18  # more than one block
    row = json.loads(result.out)["layers"][0]
    for name in ("mean", "std", "min", "max"):
        assert row[name] == pytest.approx(getattr(y, name)(), rel=1e-9, abs=1e-12)


def test_at_most_a_thousand_numbers_are_listed(run: Any) -> None:
    values = json.loads(run("input: 40x40x3\nlayers: [relu]", "-f", "json").out)["outputs"]["relu1"]
    assert values["shape"] == [1, 40, 40, 3]
    assert len(values["values"]) == 1000


def test_two_runs_with_one_seed_are_equal_bit_for_bit(run: Any) -> None:
    for name in ("a", "b"):
        assert run(TWO, "--seed", "5", "-o", f"{name}.npz", "--save-weights", f"{name}w.npz").code == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert Path("aw.npz").read_bytes() == Path("bw.npz").read_bytes()
    run(TWO, "--seed", "6", "-o", "c.npz")
    assert Path("a.npz").read_bytes() != Path("c.npz").read_bytes()


def test_saved_weights_give_the_same_outputs(run: Any) -> None:
    run(TWO, "--seed", "3", "-o", "a.npz", "--save-weights", "w.npz", "-i", "ones")
    assert run(TWO, "--weights", "w.npz", "-o", "b.npz", "-i", "ones").code == 0
    for name in ("g", "r"):
        np.testing.assert_array_equal(np.load("a.npz")[name], np.load("b.npz")[name])


def test_a_window_sum_is_shown_as_by_hand(run: Any, image: np.ndarray) -> None:
    kernel = np.array([[1, 0, -1]] * 3, np.float32).reshape(3, 3, 1, 1)
    np.savez("w.npz", **{"c/kernel": kernel, "c/bias": np.array([2.0])})
    np.save("x.npy", image)
    result = run(SMALL, "-i", "x.npy", "-w", "w.npz", "--trace", "c")
    assert "y[1,1,1] = 0·1 + 1·0 + 2·(−1) + 5·1 + 6·0 + 0·(−1) + 3·1 + 4·0 + 5·(−1) + 2 = 3" in result.out
    assert result.out.count("y[") == 9
    result = run(SMALL, "-i", "x.npy", "-w", "w.npz", "--trace", "p", "-f", "json")
    windows = json.loads(result.out)["trace"]["windows"]
    assert len(windows) == 4
    assert all(window["value"] == max(window["numbers"]) for window in windows)


@pytest.mark.parametrize("layer", [
    "conv: {name: t, filters: 4, kernel: 3, stride: 2, padding: 1, groups: 2, dilation: 1}",
    "conv: {name: t, filters: 3, kernel: [2, 3], dilation: 2, padding: same, bias: false}",
    "depthwise_conv: {name: t, kernel: 2, multiplier: 2}", "dense: {name: t, units: 3}",
    "avgpool: {name: t, size: 3, stride: 2, padding: 1, count_include_pad: false}",
    "maxpool: {name: t, size: 3, stride: 2, padding: 1}",
])  # fmt: skip
def test_every_traced_window_works_out_to_its_output(run: Any, layer: str) -> None:
    text = f"layout: channels_first\ninput: 2x5x4\nlayers: [{{{layer}}}]"
    windows = json.loads(run(text, "--trace", "t", "-f", "json").out)["trace"]["windows"]
    assert windows
    for window in windows:
        numbers, factors = window["numbers"], window["factors"]
        if factors:
            total = sum(n * f for n, f in zip(numbers, factors, strict=True)) + (window["bias"] or 0)
        else:
            total = sum(numbers) / window["divisor"] if window["divisor"] else max(numbers)
        assert total == pytest.approx(window["value"], rel=1e-5, abs=1e-6)


def test_a_trace_needs_the_name_of_a_layer(run: Any) -> None:
    result = run(SMALL, "--trace", "cc")
    assert (result.code, result.out) == (2, "")
    assert 'no layer is called "cc"' in result.err
    assert 'did you mean "c"?' in result.err
    assert run(TWO, "--trace", "m").code == 0


def test_inputs_by_name_and_from_an_archive(run: Any) -> None:
    rng = np.random.default_rng(0)
    image, tag = rng.standard_normal((2, 3, 8, 8)), rng.standard_normal((2, 4))
    np.save("image.npy", image)
    np.save("tag.npy", tag)
    np.savez("both.npz", image=image, tag=tag)
    assert run(TWO, "-i", "image=image.npy", "-i", "tag=tag.npy", "-o", "a.npz").code == 0
    assert run(TWO, "-i", "both.npz", "-o", "b.npz").code == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert np.load("a.npz")["g"].shape == (2, 4)
    assert np.load("a.npz")["r"].shape == (2, 4, 6, 6)


def test_arrays_that_no_input_is_called_after_are_told_and_not_read(run: Any) -> None:
    """Data sets come with their labels; they are no reason to refuse the input beside them."""
    x, y = np.zeros((3, 8, 8, 1), np.float32), np.arange(3)
    image, tag = np.zeros((2, 3, 8, 8)), np.zeros((2, 4))
    one = "input: 8x8x1\nlayers: [{conv: {filters: 2, kernel: 3}}]"
    for spec, arrays in ((one, {"y": y, "input": x}), (TWO, {"y": y, "tag": tag, "image": image})):
        np.savez("e.npz", **arrays)
        result = run(spec, "-i", "e.npz", "-o", "out.npz")
        assert result.code == 0, result.err
        assert result.err == 'note: e.npz: no input is called "y"; the array is not read\n'
    np.savez("e.npz", y=y, image=image)
    assert run(TWO, "-i", "e.npz").code == 3  # an input is missing
    np.savez("e.npz", y=y, x=x)
    assert "2 arrays, but none is called input" in run(one, "-i", "e.npz").err
    np.savez("e.npz", x=x)
    assert run(one, "-i", "e.npz").err == ""  # the only array is the input, whatever its name


def test_an_input_is_given_once_and_what_is_not_given_is_made() -> None:
    from cnncalc.engine import inputs

    summary = cnncalc.parse("input: {a: 4, b: 4}\nlayers: [add: {from: [a, b]}]").summary()
    for settings in ([("", "ones"), ("b", "noise")], [("b", "noise"), ("", "ones")]):
        found = {name: feed.load(1) for name, feed in inputs.feeds(summary, settings, 0).items()}
        assert (found["a"] == 1).all()
        assert not (found["b"] == 1).any()
    with pytest.raises(UsageError, match='the input "b" is given twice'):
        inputs.feeds(summary, [("b", "noise"), ("b", "ones")], 0)


def test_one_example_needs_no_batch_axis(run: Any, image: np.ndarray) -> None:
    np.save("x.npy", image)
    np.save("batch.npy", image[None])
    for name in ("x", "batch"):
        assert run(SMALL, "-i", f"{name}.npy", "-o", f"{name}.npz").code == 0
    assert Path("x.npz").read_bytes() == Path("batch.npz").read_bytes()


def test_inputs_that_do_not_fit(run: Any, image: np.ndarray) -> None:
    np.save("turned.npy", image.transpose(2, 0, 1))
    np.save("broken.npy", np.where(image == 3, np.nan, image))
    np.save("texts.npy", np.array(["a"]))
    np.save("two.npy", np.stack([image, image]))
    Path("cut.npy").write_bytes(Path("two.npy").read_bytes()[:-4])
    os.mkfifo("fifo")
    for path, code, words in (
        ("turned.npy", 3, "the layout is channels_last: put the axes in that order"),
        ("broken.npy", 3, 'the input "input" is nan at [0, 3, 0], not a finite number'),
        ("texts.npy", 3, "holds <U1, not numbers"), ("cut.npy", 3, "is cut off"),
        ("spec.yaml", 3, "neither .npy nor .npz"), ("no.npy", 2, "does not exist"),
        ("fifo", 2, "is a pipe, not a file"),
        ("imag=two.npy", 2, 'no input is called "imag"'),
    ):  # fmt: skip
        result = run(SMALL, "-i", path)
        assert (result.code, result.out) == (code, ""), path
        assert words in result.err
    result = run(SMALL, "-i", "two.npy", "--batch", "3")
    assert result.code == 2
    assert "different numbers of examples: input 2, batch 3" in result.err


def test_token_ids_are_whole_numbers_in_the_vocabulary(run: Any) -> None:
    for name, array in (("a", [0, 1, 9, 3, 4, 5]), ("b", [0, 1, 10, 3, 4, 5]), ("c", [0, 1, 2.5, 3, 4, 5])):
        np.save(f"{name}.npy", np.array(array))
    assert run(TOKENS, "-i", "a.npy", "-o", "y.npz", "--save-weights", "w.npz").code == 0
    table = np.load("w.npz")["e/embeddings"]
    np.testing.assert_array_equal(np.load("y.npz")["e"][0], table[[0, 1, 9, 3, 4, 5]])
    assert "token id 10; ids run from 0 to 9" in run(TOKENS, "-i", "b.npy").err
    assert "whole numbers" in run(TOKENS, "-i", "c.npy").err
    assert run(TOKENS).code == 0


@pytest.mark.parametrize(("option", "value"), [
    ("--seed", "-1"), ("--seed", "x"), ("--batch", "0"), ("--batch", "1.5"), ("--max-memory", "lots"),
    ("--max-memory", "0"), ("--max-memory", "-1GiB"), ("--engine", "slow"), ("--format", "yaml"),
    ("--weights", "no.npz"),
])  # fmt: skip
def test_a_bad_argument_is_exit_2(run: Any, option: str, value: str) -> None:
    result = run(SMALL, option, value)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")


def test_too_much_memory_is_refused_before_it_is_taken(run: Any) -> None:
    huge = "input: 60000x60000x3\nlayers: [{conv: {name: big, filters: 500, kernel: 3}}, {dense: {units: 10}}]"
    result = run(huge)
    assert (result.code, result.out) == (4, "")
    assert "the limit memory is" in result.err
    assert "big: weights 54.69 KiB, output 6.548 TiB" in result.err
    assert "raise it with --max-memory" in result.err
    assert run(SMALL, "--max-memory", "100B").code == 4
    assert run(SMALL, "--limit", "memory=100").code == 4
    assert run(SMALL, "--max-memory", "1GiB").code == 0


def test_an_unknown_letter_cannot_be_run(run: Any) -> None:
    result = run("input: HxWx3\nlayers: [{conv: {filters: 2, kernel: 3}}]")
    assert (result.code, result.out) == (3, "")
    assert "unknown letters (H, W)" in result.err


def test_numbers_that_overflow_are_told(run: Any) -> None:
    text = (
        "input: 4\nlayers: [{dense: {name: a, units: 4}}, {dense: {name: b, units: 4}}, {dense: {name: c, units: 4}}]"
    )
    np.savez(
        "w.npz", **{f"{n}/kernel": np.full((4, 4), 1e30) for n in "abc"}, **{f"{n}/bias": np.zeros(4) for n in "abc"}
    )
    result = run(text, "-w", "w.npz", "-i", "ones")
    assert result.code == 0
    assert "b is the first layer with numbers that are not finite: 4" in result.out
    assert "Warning" not in result.err
    data = json.loads(run(text, "-w", "w.npz", "-i", "ones", "-f", "json").out)
    assert data["layers"][1]["mean"] is None
    assert data["outputs"]["c"]["values"] == [None] * 4


def test_an_output_that_cannot_be_written_is_exit_5_and_nothing_is_lost(run: Any, image: np.ndarray) -> None:
    np.save("x.npy", image)
    before = Path("x.npy").read_bytes()
    assert run(SMALL, "-i", "x.npy", "-o", "x.npy").code == 5
    assert run(SMALL, "-i", "input=x.npy", "--save-weights", "x.npy").code == 5
    assert Path("x.npy").read_bytes() == before
    assert run(SMALL, "-o", "no/y.npz").code == 5
    assert run(SMALL, "-o", "/dev/full").code == 5


def test_layers_called_like_arguments_keep_their_names(run: Any) -> None:
    text = "input: 3\nlayers: [{relu: {name: file, from: input}}, {tanh: {name: arr_0, from: input}}]"
    assert run(text, "-o", "y.npz").code == 0
    assert np.load("y.npz").files == ["file", "arr_0"]


def test_the_table_shows_time_and_speed(run: Any) -> None:
    out = run(SMALL, "--batch", "2").out
    assert "2 examples in " in out
    assert "GFLOP/s" in out
    assert "p [2×2×2×1]: " in out


# the library


def test_a_model_is_called_on_arrays(image: np.ndarray) -> None:
    model = cnncalc.parse(SMALL).build(seed=1)
    one = model(image)
    assert one.shape == (1, 2, 2, 1)
    np.testing.assert_array_equal(model(np.stack([image, image])), np.concatenate([one, one]))
    assert not np.array_equal(one, cnncalc.parse(SMALL).build(seed=2)(image))


def test_a_model_of_several_inputs_and_outputs() -> None:
    model = cnncalc.parse(TWO).build()
    x, t = np.ones((2, 3, 8, 8)), np.ones((2, 4))
    first, second, third = model(x, t), model(image=x, tag=t), model({"image": x, "tag": t})
    assert list(first) == ["g", "r"]
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
        np.testing.assert_array_equal(first[name], third[name])
    for wrong in ({"image": x}, {"image": x, "tagg": t}):
        with pytest.raises(UsageError):
            model(**wrong)
    with pytest.raises(UsageError, match="different numbers of examples"):
        model(x, t[:1])
    with pytest.raises(SpecError, match="4×3"):
        model(x, np.ones((2, 4, 3)))


def test_a_model_may_not_take_more_memory_than_the_limit() -> None:
    net = cnncalc.parse(SMALL, cnncalc.Limits(memory=2000))
    assert net.build()(np.zeros((5, 5, 1))).shape == (1, 2, 2, 1)
    with pytest.raises(LimitError):
        net.build()(np.zeros((50, 5, 5, 1)))


def test_the_engine_is_a_word_it_knows() -> None:
    with pytest.raises(UsageError, match='no engine is called "fastt"'):
        cnncalc.parse(SMALL).build(engine="fastt")


def test_a_kernel_that_breaks_the_rule_is_told_as_a_bug(monkeypatch: Any, image: np.ndarray) -> None:
    from cnncalc.engine import kernels
    from cnncalc.kinds.pool import Maxpool

    monkeypatch.setitem(kernels._known, Maxpool, lambda kind, weights, x: x)
    with pytest.raises(EngineError, match="gave 3×3×1, but its rule says 2×2×1: this is a bug in cnncalc"):
        cnncalc.parse(SMALL).build(engine="reference")(image)
