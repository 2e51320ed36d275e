"""Forward passes of the sequence kinds: PyTorch's, and the textbook's where PyTorch has no such layer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cnncalc import parse

RELATIVE = 1e-5


def _beside(name: str) -> ModuleType:
    place = importlib.util.spec_from_file_location(f"sequence_{name}", Path(__file__).parent / f"{name}.py")
    assert place
    assert place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def _apart(got: np.ndarray, wanted: np.ndarray) -> float:
    assert got.shape == wanted.shape
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())


RECORDED = _beside("record_sequence").recorded()


@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_outputs_of_pytorch(name: str) -> None:
    spec, arrays = RECORDED[name]
    got = parse(spec).build(arrays["weights"])(**arrays["inputs"])
    assert _apart(got, arrays["output"]["output"]) < RELATIVE


@pytest.mark.parametrize("name", ["lstm-2-both-all", "attention-causal", "decoder-1-post-relu"])
def test_a_changed_weight_changes_the_output(name: str) -> None:
    """The comparison above would see an array that is not read, or read as its neighbour."""
    spec, arrays = RECORDED[name]
    for weight, array in arrays["weights"].items():
        if weight.endswith("key_bias"):
            continue  # the same is added to every score of a query, and softmax takes it out again
        ripple = 0.1 * np.cos(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
        changed = {**arrays["weights"], weight: array + ripple}
        got = parse(spec).build(changed)(**arrays["inputs"])
        assert _apart(got, arrays["output"]["output"]) > 1e-4, weight


@pytest.mark.oracle
def test_pytorch_itself_on_other_numbers() -> None:
    pytest.importorskip("torch")
    cases = _beside("torched_sequence").cases(seed=1)
    assert cases.keys() == RECORDED.keys()
    for name, case in cases.items():
        assert _apart(case.run(), case.output) < RELATIVE, name


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_a_gru_with_one_bias_resets_before_the_recurrent_product() -> None:
    """The textbook form (Cho et al. 2014, with the update of SPEC 2), number by number in float64."""
    random = np.random.default_rng(3)
    x = random.standard_normal((2, 6, 3))
    kernel, recurrent, bias = (random.standard_normal(s) for s in ((3, 12), (4, 12), (12,)))
    (wz, wr, wh), (uz, ur, uh), (bz, br, bh) = (np.split(a, 3, axis=-1) for a in (kernel, recurrent, bias))
    h = np.zeros((2, 4))
    for t in range(6):
        z, r = _sigmoid(x[:, t] @ wz + h @ uz + bz), _sigmoid(x[:, t] @ wr + h @ ur + br)
        h = z * h + (1 - z) * np.tanh(x[:, t] @ wh + (r * h) @ uh + bh)
    arrays = {"g/kernel": kernel, "g/recurrent_kernel": recurrent, "g/bias": bias}
    got = parse("input: 6x3\nlayers: [gru: {name: g, units: 4}]").build(arrays)(x)
    assert _apart(got, h) < RELATIVE


def test_without_bias_the_number_of_biases_still_says_which_gru_it_is() -> None:
    random = np.random.default_rng(4)
    arrays = {"g/kernel": random.standard_normal((3, 12)), "g/recurrent_kernel": random.standard_normal((4, 12))}
    x = random.standard_normal((1, 5, 3))
    before, after = (
        parse(f"input: 5x3\nlayers: [gru: {{name: g, units: 4, bias: false, biases: {biases}}}]").build(arrays)(x)
        for biases in (1, 2)
    )
    assert _apart(before, after) > 1e-3


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_one_bias_is_two_biases_of_which_the_second_is_zero(kind: str) -> None:
    """Not of a gru: with one bias it is another gru."""
    one = parse(f"input: 5x3\nlayers: [{kind}: {{name: r, units: 4}}]")
    two = parse(f"input: 5x3\nlayers: [{kind}: {{name: r, units: 4, biases: 2}}]")
    random = np.random.default_rng(5)
    start = one.build(engine="reference").arrays
    arrays = {k: random.standard_normal(a.shape).astype("f4") for k, a in start.items()}
    x = random.standard_normal((2, 5, 3)).astype("f4")
    both = two.build({**arrays, "r/recurrent_bias": np.zeros_like(arrays["r/bias"])})
    assert np.array_equal(one.build(arrays)(x), both(x))


def test_long_inputs_are_worked_in_blocks_that_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.engine.kernels import attention
    from cnncalc.engine.kernels import recurrent as _recurrent

    text = "input: 23x6\nlayers: [lstm: {units: 4, return_sequences: true}, attention: {heads: 2, causal: true}]"
    model = parse(text).build(seed=1)
    x = np.random.default_rng(0).standard_normal((3, 23, 6)).astype("f4")
    whole = model(x)
    monkeypatch.setattr(_recurrent, "BLOCK", 3 * 16 * 5)
    monkeypatch.setattr(attention, "BLOCK", 3 * 2 * 23 * 4)
    assert _apart(model(x), whole) < 1e-6


def test_sines_and_cosines_are_interleaved() -> None:
    (got,) = parse("input: 50x7\nlayers: [positional_encoding]").build()(np.zeros((1, 50, 7), np.float32))
    for position in (0, 1, 49):
        for column in range(7):
            angle = position / 10000 ** ((column - column % 2) / 7)
            assert got[position, column] == pytest.approx(np.cos(angle) if column % 2 else np.sin(angle), abs=1e-6)


def test_a_learned_encoding_adds_the_first_rows_of_its_table() -> None:
    table = np.arange(12.0).reshape(6, 2)
    model = parse("input: 4x2\nlayers: [positional_encoding: {name: p, style: learned, max_length: 6}]").build(
        {"p/embeddings": table}
    )
    assert np.array_equal(model(np.ones((1, 4, 2)))[0], 1 + table[:4])


def test_tokens_of_an_image_are_a_convolution_row_by_row() -> None:
    """14×11 in patches of 4×3: what does not fill a patch is left out, as a convolution leaves it out."""
    random = np.random.default_rng(6)
    x = random.standard_normal((2, 14, 11, 3)).astype("f4")
    arrays = {"kernel": random.standard_normal((4, 3, 3, 5)), "bias": random.standard_normal(5)}
    text = "input: 14x11x3\nlayers: [{}: {{name: p, {}}}]"
    tokens = parse(text.format("patch_embedding", "dim: 5, patch: [4, 3]")).build(
        {f"p/{k}": a for k, a in arrays.items()}
    )
    conv = parse(text.format("conv", "filters: 5, kernel: [4, 3], stride: [4, 3]")).build(
        {f"p/{k}": a for k, a in arrays.items()}
    )
    assert _apart(tokens(x), conv(x).reshape(2, 9, 5)) < 1e-6


def test_what_only_moves_numbers() -> None:
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    first = parse("input: 3x2\nlayers: [class_token: {name: c}]").build({"c/token": np.array([7, 8])})(x)
    assert first[0].tolist() == [[7, 8], [0, 1], [2, 3], [4, 5]]
    assert parse("input: 3x2\nlayers: [select: 2]").build()(x).tolist() == [[2, 3]]
    assert parse("input: 2\nlayers: [repeat_vector: 3]").build()(x[:, 0]).tolist() == [[[0, 1]] * 3]


def test_a_token_id_without_a_row_is_refused() -> None:
    from cnncalc import SpecError

    model = parse("input: 3\nlayers: [embedding: {vocab: 5, dim: 2}]").build()
    for ids in ([0, 1, 5], [0, -1, 2], [0, 0.5, 1]):
        with pytest.raises(SpecError, match=r"token id"):
            model(np.array(ids))
