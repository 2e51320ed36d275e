"""Training of dense autoencoders: gradients, PCA, sparsity, noise; and the objective of a run."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cnncalc import SpecError, load, parse
from cnncalc.cli.app import app
from cnncalc.engine import gradients
from cnncalc.engine.train import objective
from cnncalc.engine.train.descent import Settings, train
from cnncalc.engine.train.principal import pca
from cnncalc.errors import Interrupted, NoSolution, UsageError
from cnncalc.kinds.activation import KINDS
from cnncalc.limits import Limits

SPECS = Path(__file__).parents[2] / "specs"
PLANE, CURVE = (str(SPECS / "data" / f"{name}.npy") for name in ("plane", "curve"))
SPARSE = "objective: {sparsity: {layer: code, target: 0.05, weight: 3}}"


def _net(encoder: str, decoder: str, objective: str = "", size: int = 5) -> Any:
    return parse(f"input: {size}\nencoder: [{encoder}]\ndecoder: [{decoder}]\n{objective}")


def _cnncalc(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


@pytest.mark.parametrize("mean", [0.001, 0.05, 0.2, 0.5, 0.97])
def test_the_slope_of_kl_by_finite_differences(mean: float) -> None:
    step = 1e-7
    measured = (objective.kl(0.05, mean + step) - objective.kl(0.05, mean - step)) / (2 * step)
    assert objective.kl_slope(0.05, mean) == pytest.approx(measured, rel=1e-5, abs=1e-6)


def test_kl_is_zero_at_its_target_and_infinite_at_the_ends() -> None:
    assert objective.kl(0.05, 0.05) == 0
    assert objective.kl_slope(0.05, 0.05) == pytest.approx(0)
    assert objective.kl(0.05, 0.2) == pytest.approx(0.05 * np.log(0.05 / 0.2) + 0.95 * np.log(0.95 / 0.8))
    assert list(objective.kl(0.05, np.array([0.0, 1.0]))) == [np.inf, np.inf]


@pytest.mark.parametrize("function", [*KINDS])
@pytest.mark.parametrize("sparse", [False, True])
def test_gradients_by_finite_differences(function: str, sparse: bool) -> None:
    """Every number of every array is moved a little both ways: J moves as backpropagation says."""
    code = "dense: {name: code, units: 3, activation: sigmoid}"
    net = _net(
        f"dense: {{units: 4, activation: {function}}}, {code}",
        f"dense: {{units: 4, bias: false}}, {function}, dense: {{units: 5, activation: {function}}}",
        SPARSE if sparse else "",
    )
    summary = net.summary()
    random = np.random.default_rng(0)
    arrays = {name: random.standard_normal(a.shape) for name, a in net.build(engine="reference").arrays.items()}
    x, target = random.standard_normal((7, 5)), random.standard_normal((7, 5))
    found = gradients.of(summary, arrays, {"input": x}, target).weights
    assert found.keys() == arrays.keys()
    step = 1e-6
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            kept = array[place]
            ends = []
            for moved in (kept + step, kept - step):
                array[place] = moved
                ends.append(gradients.of(summary, arrays, {"input": x}, target).objective.total)
            array[place] = kept
            assert found[name][place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-5), name


def test_pca_is_what_its_components_leave_over() -> None:
    x = np.random.default_rng(1).standard_normal((40, 6)) @ np.diag([5, 4, 3, 2, 1, 0.5])
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    for components in (0, 2, 6):
        best = vectors[:, np.argsort(values)[::-1][:components]]
        left = centred - centred @ best @ best.T
        assert pca(x, components) == pytest.approx(np.sum(left**2) / 2, abs=1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_linear_autoencoder_reaches_pca(seed: int) -> None:
    summary = load(str(SPECS / "autoencoder-linear.yaml")).summary()
    principal = train(summary, PLANE, None, Settings(seed=seed, rate=0.05), Limits(), compare=True).principal
    assert principal
    assert principal.components == 3
    assert 1 - 1e-9 <= principal.network / principal.error < 1.01


@pytest.mark.parametrize("seed", [0, 1])
def test_a_nonlinear_autoencoder_beats_pca_on_a_curve(seed: int) -> None:
    summary = load(str(SPECS / "autoencoder-curve.yaml")).summary()
    principal = train(summary, CURVE, None, Settings(seed=seed), Limits(), compare=True).principal
    assert principal
    assert principal.network < 0.05 * principal.error


def test_the_data_are_those_that_their_script_makes() -> None:
    place = importlib.util.spec_from_file_location("make", SPECS / "data" / "make.py")
    assert place
    assert place.loader
    make = importlib.util.module_from_spec(place)
    place.loader.exec_module(make)
    found = make.sets()
    assert {path.stem for path in (SPECS / "data").glob("*.npy")} == found.keys()
    for name, array in found.items():
        np.testing.assert_allclose(np.load(SPECS / "data" / f"{name}.npy"), array, rtol=1e-3, atol=1e-6)


def test_the_seed_decides_everything() -> None:
    net = _net("dense: {units: 2, activation: tanh}", "dense: 3", size=3)
    first, again, other = (
        train(net.summary(), CURVE, None, Settings(epochs=3, noise=0.1, seed=seed), Limits()) for seed in (4, 4, 5)
    )
    assert [r.loss for r in first.curve] == [r.loss for r in again.curve]
    assert all(np.array_equal(first.weights[name], again.weights[name]) for name in first.weights)
    assert first.curve[-1].loss != other.curve[-1].loss


def test_sparsity_brings_the_means_near_their_target() -> None:
    def means(weight: float) -> np.ndarray:
        text = f"objective: {{sparsity: {{layer: code, target: 0.1, weight: {weight}}}}}"
        net = _net("dense: {name: code, units: 12, activation: sigmoid}", "dense: 8", text, size=8)
        return train(net.summary(), PLANE, None, Settings(), Limits()).curve[-1].means

    assert np.abs(means(10) - 0.1).max() < 0.05
    assert np.abs(means(0) - 0.1).max() > 0.3


def test_noise_on_the_inputs_teaches_to_take_it_away() -> None:
    summary = load(str(SPECS / "autoencoder-curve.yaml")).summary()
    clean = np.load(CURVE).astype(np.float64)
    noisy = clean + 0.3 * np.random.default_rng(9).standard_normal(clean.shape)
    errors = {}
    for noise in (0.0, 0.3):
        weights = train(summary, CURVE, None, Settings(epochs=100, noise=noise), Limits()).weights
        errors[noise] = gradients.of(summary, weights, {"input": noisy}, clean).loss
    assert errors[0.3] < 0.9 * errors[0.0]


def test_what_is_not_trainable_stays() -> None:
    net = _net("dense: {name: code, units: 2, trainable: false}", "dense: {name: out, units: 3}", size=3)
    before = net.build(seed=1, engine="reference").arrays
    after = train(net.summary(), CURVE, None, Settings(epochs=2, seed=1), Limits()).weights
    assert np.array_equal(before["encoder/code/kernel"], after["encoder/code/kernel"])
    assert not np.array_equal(before["decoder/out/kernel"], after["decoder/out/kernel"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("input: 3\nlayers: [dense: 4]", "the output of 4 cannot be compared with the input of 3"),
        ("input: 3\nlayers: [dense: 3, dense: {units: 3, from: input}]", "an objective needs a single output"),
        ("input: 3\nobjective: {loss: cross_entropy}\nlayers: [dense: 3]", "does not end in a softmax"),
        ("input: 3\nobjective: {loss: binary_cross_entropy}\nlayers: [dense: 3]", "between 0 and 1"),
        ("input: 3\nlayers: [dense: {name: code, units: 3}]\n" + SPARSE, "activations between 0 and 1"),
        ("input: n\nlayers: [dense: n]", "unknown letters"),
        ("input: 4\nlayers: [dense: 4]", "the array is 300×3"),
    ],
)
def test_what_cannot_be_trained(text: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        train(parse(text).summary(), CURVE, None, Settings(), Limits())
    assert says in str(caught.value)


def test_pca_needs_a_code_and_a_runaway_is_told() -> None:
    summary = parse("input: 3\nlayers: [dense: 3]").summary()
    with pytest.raises(UsageError, match="the size of the code"):
        train(summary, CURVE, None, Settings(), Limits(), compare=True)
    stopped = train(summary, CURVE, None, Settings(epochs=3, rate=1e300), Limits()).stopped
    assert isinstance(stopped, NoSolution)
    assert re.match(r"after epoch \d+ the objective is", str(stopped))


def test_the_command_trains_saves_and_runs_to_the_same_objective(tmp_path: Path) -> None:
    """J of the last epoch, of ``run`` with the weights saved, and by hand from what ``run`` puts out."""
    spec, weights, curve, made = (tmp_path / name for name in ("s.yaml", "w.npz", "c.csv", "y.npz"))
    spec.write_text(
        "input: 8\nencoder: [dense: {name: code, units: 4, activation: sigmoid}]\n"
        f"decoder: [dense: {{name: out, units: 8}}]\n{SPARSE}"
    )
    common = ("train", str(spec), "--data", PLANE, "--epochs", "5", "--format")
    result = _cnncalc(*common, "json", "--save-weights", str(weights), "--compare", "pca")
    data = json.loads(result.stdout)
    assert [row["epoch"] for row in data["curve"]] == [0, 1, 2, 3, 4, 5]
    assert data["reached"]["objective"] == data["curve"][-1]["objective"] < data["curve"][0]["objective"]
    assert data["pca"]["components"] == 4
    assert _cnncalc(*common, "csv", "--output", str(curve)).stdout == ""
    assert float(curve.read_text().splitlines()[-1].rpartition(",")[2]) == data["reached"]["objective"]
    run = ("run", str(spec), "--input", PLANE, "--weights", str(weights), "--output", str(made), "--format")
    reached = json.loads(_cnncalc(*run, "json").stdout)["objective"]
    assert reached["objective"] == pytest.approx(data["reached"]["objective"], rel=1e-5)
    with np.load(made) as file:
        loss = np.sum((np.load(PLANE) - file["decoder/out"]) ** 2.0) / 2 / 300
    assert reached["loss"] == pytest.approx(loss, rel=1e-5)
    means = np.array(reached["sparsity"]["means"])
    divergence = np.sum(0.05 * np.log(0.05 / means) + 0.95 * np.log(0.95 / (1 - means)))
    assert reached["sparsity"]["divergence"] == pytest.approx(divergence)
    assert reached["objective"] == pytest.approx(reached["loss"] + 3 * divergence)


def test_the_texts_of_train_and_run_show_the_working() -> None:
    shown = _cnncalc(
        "train", str(SPECS / "autoencoder-curve.yaml"), "--data", CURVE, "--epochs", "3", "--compare", "pca"
    )
    assert "300 examples, batches of 32, adam, rate 0.01, decay cosine" in shown.stdout
    assert "L = 1/300·Σ ½·‖x − x̂‖² = " in shown.stdout
    assert "PCA with 1 component 23.9001" in shown.stdout
    ran = _cnncalc("run", str(SPECS / "autoencoder-sparse.yaml"), "--batch", "3").stdout
    assert "p̂ of code, the mean of each of its 25 units: " in ran
    assert "Σ KL(0.05 ‖ p̂_j) = Σ [0.05·ln(0.05/p̂_j) + 0.95·ln(0.95/(1 − p̂_j))] = " in ran
    assert "J = L + 0.9·Σ KL = " in ran


def test_a_network_without_a_name_begins_with_the_examples(tmp_path: Path) -> None:
    spec, data = tmp_path / "s.yaml", tmp_path / "x.npy"
    spec.write_text("input: 3\nencoder: [dense: 2]\ndecoder: [dense: 3]")
    np.save(data, np.ones((1, 3)))
    shown = _cnncalc("train", str(spec), "--data", str(data), "--epochs", "1").stdout
    assert shown.startswith("1 example, batches of 32, ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--epochs", "0"], "--epochs"),
        (["--rate", "0"], "greater than 0"),
        (["--rate", "fast"], "--rate"),
        (["--noise", "-1"], "--noise"),
        (["--noise", "nan"], "--noise"),
        (["--compare", "svd"], "--compare"),
        (["--format", "yaml"], "--format"),
        (["--data", "noise"], 'the data "noise" is not a file'),
        (["--output", "w.npz", "--save-weights", "./w.npz"], "--output and --save-weights are both w.npz"),
    ],
)
def test_bad_options(options: list[str], says: str) -> None:
    result = _cnncalc("train", str(SPECS / "autoencoder-curve.yaml"), "--data", CURVE, *options)
    assert isinstance(result.exception, UsageError)
    assert says in str(result.exception)


def test_an_interrupted_training_says_how_far_it_came() -> None:
    def stop(number: int, epochs: int, name: str) -> None:
        if number == 2:
            raise KeyboardInterrupt

    summary = load(str(SPECS / "autoencoder-curve.yaml")).summary()
    trained = train(summary, CURVE, None, Settings(epochs=9), Limits(), progress=stop)
    assert isinstance(trained.stopped, Interrupted)
    assert "interrupted after 2 of 9 epochs" in str(trained.stopped)
    assert trained.stopped.exit_code == 130
