"""Forward passes of attention, experts, products and tied layers: PyTorch's, on random settings and as recorded."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import parse
from cnncalc.engine import ENGINES
from cnncalc.engine.relative import turned

RELATIVE = 1e-5


def _beside(name: str) -> ModuleType:
    place = importlib.util.spec_from_file_location(f"attention_{name}", Path(__file__).parent / f"{name}.py")
    assert place
    assert place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


_recorded = _beside("record_sequence").recorded
RECORDED = _recorded("attention") | _recorded("swin")


def _apart(got: np.ndarray, wanted: np.ndarray) -> float:
    assert got.shape == wanted.shape
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())


def _run(text: str, arrays: dict[str, np.ndarray], inputs: dict[str, np.ndarray], engine: str) -> np.ndarray:
    return parse(text).build(arrays, engine=engine)(**inputs)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_outputs_of_pytorch(name: str, engine: str) -> None:
    text, arrays = RECORDED[name]
    got = _run(text, arrays.get("weights", {}), arrays["inputs"], engine)
    assert _apart(got, arrays["output"]["output"]) < RELATIVE


@pytest.mark.oracle
@pytest.mark.parametrize("maker", ["sequence", "image", "experts", "product", "tied"])
def test_pytorch_itself_on_a_hundred_settings(maker: str) -> None:
    pytest.importorskip("torch")
    made = _beside("torched_attention").made
    for seed in range(5000, 5100):
        case = made(maker, seed)
        for engine in ENGINES:
            got = _run(case.text, case.arrays, case.inputs, engine)
            assert _apart(got, case.output) < RELATIVE, (seed, engine, case.text)


@pytest.mark.parametrize("name", ["sequence-1", "image-1", "experts-1", "tied-1"])
def test_a_changed_weight_changes_the_output(name: str) -> None:
    """The comparison above would see an array that is not read, or read as its neighbour."""
    text, arrays = RECORDED[name]
    for weight, array in arrays["weights"].items():
        if weight.endswith("key_bias"):
            continue  # the same is added to every score of a query, and softmax takes it out again
        ripple = np.cos(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
        got = _run(text, {**arrays["weights"], weight: array + ripple}, arrays["inputs"], "fast")
        assert _apart(got, arrays["output"]["output"]) > 1e-4, weight


@pytest.mark.oracle
def test_the_buckets_of_every_distance_are_t5s() -> None:
    torch = pytest.importorskip("torch")
    from cnncalc.engine.relative import bucket

    published = _beside("torched_attention").relative_position_bucket
    distances = np.arange(-3000, 3001)
    for buckets in range(4, 130):
        for both in (True, False):
            wanted = published(torch.from_numpy(distances), both, buckets).numpy()
            assert np.array_equal(bucket(distances, buckets, both=both), wanted), (buckets, both)


def test_buckets_as_the_paper_has_them() -> None:
    """Raffel et al. (2020): logarithmically up to 128, beyond which all share one; 32 buckets, 16 each way."""
    from cnncalc.engine.relative import bucket

    ahead = bucket(np.arange(0, 300), 32, both=True)
    assert ahead[:9].tolist() == [0, 17, 18, 19, 20, 21, 22, 23, 24]
    assert set(ahead[128:]) == {31}
    assert np.array_equal(bucket(-np.arange(1, 300), 32, both=True), ahead[1:] - 16)
    assert set(bucket(np.arange(1, 300), 32, both=False)) == {0}
    assert (np.diff(bucket(-np.arange(300), 32, both=False)) >= 0).all()


@pytest.mark.oracle
def test_swin_blocks_of_torchvision() -> None:
    """A hundred settings of its attention."""
    pytest.importorskip("torchvision")
    made = _beside("torched_swin")
    for seed in range(100):
        case = made.attention(seed)
        assert _apart(_run(case.text, case.arrays, case.inputs, "fast"), case.output) < RELATIVE, case.text


@pytest.mark.oracle
def test_swin_t_of_torchvision_as_a_whole(root: Path) -> None:
    pytest.importorskip("torchvision")
    case = _beside("torched_swin").whole((root / "specs" / "swin-t.yaml").read_text(encoding="utf-8"))
    assert _apart(_run(case.text, case.arrays, case.inputs, "fast"), case.output) < RELATIVE


FAST = [
    "attention: {heads: 4, kv_heads: 2, causal: true, relative_bias: buckets}",
    "attention: {heads: 4, kv_heads: 1, key_dim: 3, value_dim: 7, relative_bias: table, bias: [value, output]}",
    "attention: {heads: 4, rotary: true}",
    "residual: {body: [rmsnorm, attention: {heads: 4, kv_heads: 2}], activation: relu}",
    "residual: {body: [attention: {heads: 2, rotary: true}]}",
    "moe: {experts: 4, top: 2, layers: [dense: {units: 9, activation: silu}, dense: 8]}",
    "transformer_encoder: {heads: 4, kv_heads: 2, ff: 9, attention_bias: false, layers: 2, norm: pre}",
]


@pytest.mark.parametrize("layer", FAST)
def test_fast_and_reference_agree(layer: str, crew: int, both: Callable[..., None]) -> None:
    both(f"input: [33, 8]\nlayers:\n  - {layer}\n", batch=2)


@pytest.mark.parametrize(
    "fields", ["heads: 2, window: 3, shift: 1, relative_bias: table", "heads: 2", "heads: 4, window: 2"]
)
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_fast_and_reference_agree_on_images(fields: str, layout: str, both: Callable[..., None]) -> None:
    size = "6x12x8" if layout == "channels_last" else "8x6x12"
    both(f"layout: {layout}\ninput: {size}\nlayers: [residual: {{body: [attention: {{{fields}}}]}}, relu]", batch=3)


def test_tied_layers_run_with_normalisations_folded_in(both: Callable[..., None]) -> None:
    """The kernel must not be changed in place for one of the two that use it."""
    back = "use: {layer: c, transposed: true, bias: true}"
    both(f"input: 7\nlayers: [dense: {{name: c, units: 5}}, batchnorm, relu, {back}, batchnorm]", batch=3)
    both("input: 9\nlayers: [embedding: {name: e, vocab: 11, dim: 8}, attention: 2, use: {layer: e, transposed: true}]")


def test_weights_of_a_tied_layer_are_saved_once() -> None:
    back = "use: {name: o, layer: c, transposed: true, bias: true}"
    net = parse(f"input: 7\nlayers: [dense: {{name: c, units: 5}}, {back}]")
    model = net.build(engine="reference")
    assert set(model.arrays) == {"c/kernel", "c/bias", "o/bias"}
    with pytest.raises(cnncalc.SpecError, match="o/kernel"):
        net.build({**model.arrays, "o/kernel": np.zeros((5, 7))})


def test_what_is_not_seen_does_not_matter() -> None:
    """A causal row is that of the shorter sequence; a window is that of the window alone."""
    fields = "heads: 2, kv_heads: 1, causal: true, rotary: true, relative_bias: buckets"
    texts = [f"input: [{size}, 8]\nlayers: [attention: {{name: a, {fields}}}]" for size in (9, 5)]
    arrays = parse(texts[0]).build(seed=1, engine="reference").arrays
    arrays["a/relative_bias"] = np.random.default_rng(0).standard_normal((32, 2)).astype("f4")
    x = np.random.default_rng(1).standard_normal((1, 9, 8)).astype("f4")
    long, short = (parse(text).build(arrays)(x[:, :size]) for text, size in zip(texts, (9, 5), strict=True))
    assert _apart(long[:, :5], short) < RELATIVE


@pytest.mark.parametrize("base", [10_000, 500_000, 1.5])
def test_rotary_turns_pairs_of_columns_by_powers_of_its_base(base: float) -> None:
    x = np.random.default_rng(4).standard_normal((7, 6))
    pairs = x[:, 0::2] + 1j * x[:, 1::2]
    turns = pairs * np.exp(1j * np.arange(3, 10)[:, None] * base ** (-np.arange(0, 6, 2) / 6))
    got = turned(x, base, 3)
    np.testing.assert_allclose(got[:, 0::2] + 1j * got[:, 1::2], turns)
    np.testing.assert_allclose(turned(got, base, 3, back=True), x)


def test_the_base_of_rotary_is_the_field_and_the_paper_s_by_default() -> None:
    def run(fields: str) -> np.ndarray:
        net = parse(f"input: [9, 8]\nlayers: [{{attention: {{heads: 2, rotary: true{fields}}}}}]")
        return net.build(seed=1)(np.random.default_rng(0).standard_normal((1, 9, 8)).astype(np.float32))

    np.testing.assert_array_equal(run(""), run(", rotary_base: 10000"))
    assert np.abs(run("") - run(", rope_theta: 500000")).max() > 1e-4


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    """Su et al. (2021), equation 11: all positions moved by as many leave every product as it is."""

    random: Any = np.random.default_rng(2)
    q, k = (np.repeat(random.standard_normal((1, 8)), 30, axis=0) for _ in range(2))
    scores = turned(q, 10_000) @ turned(k, 10_000).T
    assert np.allclose(scores[5:, 5:], scores[:-5, :-5])
    assert not np.allclose(scores[5:], scores[:-5])
