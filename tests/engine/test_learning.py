"""Training: loss curves next to PyTorch's, what the specs learn, pre-training, weights of another network, noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torched_training as replay
from typer.testing import CliRunner

from cnncalc import SpecError, UsageError, load, parse
from cnncalc.cli.app import app
from cnncalc.engine.backpropagation import Backpropagation
from cnncalc.engine.gradients import of
from cnncalc.engine.train.descent import Settings, Trained, train
from cnncalc.engine.train.objective import Slopes
from cnncalc.errors import LimitError
from cnncalc.limits import Limits

ROOT = Path(__file__).parents[2]
CURVES = json.loads((ROOT / "tests" / "facts" / "loss_curves.json").read_text(encoding="utf-8"))


def data(name: str) -> str:
    return str(ROOT / "specs" / "data" / f"{name}.npy")


def trained(spec: str, of: str, target: str | None = None, **more: Any) -> Trained:
    """A packaged spec, trained on packaged data."""
    named = {key: more.pop(key) for key in ("weights",) if key in more}
    given = {key: more.pop(key) for key in ("pretrain", "partial") if key in more}
    aim = None if target is None else data(target)
    summary = load(str(ROOT / "specs" / f"{spec}.yaml")).summary()
    return train(summary, data(of), named.get("weights"), Settings(**more), Limits(), target=aim, **given)


def replayed(name: str, optimizer: str, tmp_path: Path) -> list[float]:
    x, target = replay.data(name)
    paths = [str(tmp_path / each) for each in ("x.npy", "t.npy")]
    for path, array in zip(paths, (x, target), strict=True):
        np.save(path, array)
    settings = Settings(replay.EPOCHS, replay.RATE, replay.BATCH, optimizer=optimizer, decay="none")
    summary = parse(replay.NETWORKS[name].text).summary()
    found = train(summary, paths[0], replay.arrays(name), settings, Limits(), target=paths[1])
    return [reached.loss for reached in found.curve]


@pytest.mark.parametrize("curve", CURVES)
def test_loss_curves_are_those_of_pytorch(curve: str, tmp_path: Path) -> None:
    assert replayed(*curve.split(), tmp_path) == pytest.approx(CURVES[curve], rel=1e-6)


@pytest.mark.oracle
@pytest.mark.parametrize("curve", CURVES)
def test_the_recorded_curves_are_those_of_pytorch(curve: str) -> None:
    torch = pytest.importorskip("torch")
    assert replay.curve(torch, *curve.split()) == pytest.approx(CURVES[curve], rel=1e-9)


def test_every_network_is_recorded_with_every_optimizer() -> None:
    assert CURVES.keys() == {f"{name} {optimizer}" for name in replay.NETWORKS for optimizer in replay.OPTIMIZERS}


def test_a_sparse_code_reaches_its_target() -> None:
    reached = trained("autoencoder-sparse", "patches", epochs=150).curve[-1]
    assert reached.sparsity
    assert reached.sparsity.weight < 1
    assert 0.03 < reached.means.mean() < 0.08
    assert reached.loss < 1


def test_a_small_network_learns_shapes(tmp_path: Path) -> None:
    found = trained("shapes-cnn", "shapes", "shapes-labels", epochs=15)
    weights = {name: array.astype(float) for name, array in found.weights.items()}
    images, labels = np.load(data("held-back")).astype(float), np.load(data("held-back-labels"))
    held_back = of(found.summary, weights, {"input": images}, labels).objective
    assert held_back.correct is not None
    assert held_back.correct > 0.95


def test_pre_training_and_fine_tuning(tmp_path: Path) -> None:
    """A stacked autoencoder begins where its layers came to by themselves; its encoder begins a classifier."""
    stacked, plain = (trained("shapes-autoencoder", "shapes", epochs=10, pretrain=flag) for flag in (True, False))
    assert [stage.layer for stage in stacked.stages] == ["encoder/first", "encoder/code"]
    assert all(stage.after < stage.before / 2 for stage in stacked.stages)
    assert stacked.curve[0].total < plain.curve[0].total / 2
    path = str(tmp_path / "w.npz")
    np.savez(path, **stacked.weights)
    tuned = trained("shapes-classifier", "shapes", "shapes-labels", epochs=30, weights=path, partial=True)
    assert tuned.partly is not None
    assert tuned.partly.taken.keys() == {"first/kernel", "first/bias", "code/kernel", "code/bias"}
    assert tuned.partly.missing == ["class/kernel", "class/bias"]
    assert len(tuned.partly.left) == 4
    from_scratch = trained("shapes-classifier", "shapes", "shapes-labels", epochs=30)
    assert tuned.curve[-1].loss < from_scratch.curve[-1].loss
    assert (tuned.curve[-1].correct or 0) > 0.75


@pytest.mark.parametrize(
    ("spec", "data_set", "epochs"), [("shapes-conv-autoencoder", "shapes", 3), ("waves-lstm-autoencoder", "waves", 15)]
)
def test_convolutional_and_recurrent_autoencoders_learn(spec: str, data_set: str, epochs: int) -> None:
    curve = trained(spec, data_set, epochs=epochs).curve
    assert curve[-1].total < 0.65 * curve[0].total


@pytest.mark.parametrize(("spec", "factor"), [("rnn-vanishing-gradient", 0.5), ("rnn-exploding-gradient", 1.5)])
def test_gradients_vanish_and_explode_with_the_recurrent_kernel(spec: str, factor: float) -> None:
    net = load(str(ROOT / "specs" / f"{spec}.yaml"))
    arrays = net.build(engine="reference").arrays
    x = np.random.default_rng(0).standard_normal((1, 16, 1))
    norms = of(net.summary(), arrays, {"input": x}, None).steps["r"][""]
    assert norms[0] / norms[-1] == pytest.approx(factor**15, rel=0.3)


def test_weights_of_which_nothing_fits(tmp_path: Path) -> None:
    path = str(tmp_path / "w.npz")
    np.savez(path, other=np.zeros(3))
    with pytest.raises(SpecError, match="no array fits this network"):
        trained("shapes-classifier", "shapes", "shapes-labels", weights=path, partial=True)


def test_there_is_nothing_to_take_a_part_of_without_a_file() -> None:
    arguments = ["train", "specs/autoencoder-curve.yaml", "--data", data("curve"), "--epochs", "1", "--partial"]
    result = CliRunner().invoke(app, arguments)
    assert "--partial needs --weights" in str(result.exception)
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["train", "run"])
def test_help_says_that_the_target_of_the_spec_goes_first(command: str) -> None:
    shown = " ".join(CliRunner().invoke(app, [command, "--help"]).stdout.split())
    assert "[default: the target in the spec, or the " in shown


def test_only_a_chain_of_dense_layers_is_pre_trained() -> None:
    with pytest.raises(SpecError, match='conv "conv1" cannot be pre-trained'):
        trained("shapes-cnn", "shapes", "shapes-labels", pretrain=True)


def test_an_objective_that_grows_is_warned_of(tmp_path: Path) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text("input: 3\nlayers: [dense: 3]\n")
    arguments = ["train", str(spec), "--data", data("curve"), "--epochs", "2", "--optimizer", "sgd", "--decay", "none"]
    assert "warning: the objective grew: from " in CliRunner().invoke(app, [*arguments, "--rate", "3"]).stderr
    assert "warning" not in CliRunner().invoke(app, [*arguments, "--rate", "0.01"]).stderr


def test_a_diverging_training_keeps_the_best_weights_and_goes_on_from_them(tmp_path: Path) -> None:
    spec, weights = tmp_path / "s.yaml", str(tmp_path / "w.npz")
    spec.write_text("input: 3\nlayers: [dense: 3]\n")
    common = ["train", str(spec), "--data", data("curve"), "--optimizer", "sgd", "--decay", "none", "--format", "json"]
    result = CliRunner().invoke(app, [*common, "--epochs", "300", "--rate", "30", "--save-weights", weights])
    assert result.exit_code == 1
    assert "the best weights so far are those after epoch 0" in str(result.exception)
    assert "a smaller rate" in str(result.exception.problems[0])  # type: ignore[union-attr]
    again = CliRunner().invoke(app, [*common, "--epochs", "3", "--rate", "0.01", "-w", weights])
    assert json.loads(again.stdout)["curve"][0]["loss"] == pytest.approx(json.loads(result.stdout)["curve"][0]["loss"])


def test_a_batch_is_normalised_by_its_own_mean_while_it_learns() -> None:
    summary = parse("input: 4x3\nlayers: [batchnorm: {name: n}]").summary()
    network, random = Backpropagation(summary), np.random.default_rng(0)
    x, factors = random.standard_normal((5, 4, 3)) + 2, random.standard_normal((5, 4, 3))
    arrays = {name: random.uniform(0.5, 1.5, 3) for name in ("n/gamma", "n/beta", "n/moving_mean", "n/moving_variance")}
    done = network.forward(arrays, [x], random)
    flat = x.reshape(-1, 3)
    wanted = (flat - flat.mean(0)) / np.sqrt(flat.var(0) + 1e-5) * arrays["n/gamma"] + arrays["n/beta"]
    assert done.values[-1].reshape(-1, 3) == pytest.approx(wanted)
    assert done.changes["n/moving_mean"] == pytest.approx(0.9 * arrays["n/moving_mean"] + 0.1 * flat.mean(0))
    assert done.changes["n/moving_variance"] == pytest.approx(
        0.9 * arrays["n/moving_variance"] + 0.1 * flat.var(0, ddof=1)
    )
    back, direction = network.backward(arrays, done, Slopes({0: factors}, {})), random.standard_normal(x.shape)
    ends = [
        (network.forward(arrays, [x + step * direction], random).values[-1] * factors).sum() for step in (1e-6, -1e-6)
    ]
    assert back.inputs[0] is not None
    assert (back.inputs[0] * direction).sum() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


@pytest.mark.parametrize("kind", ["dropout", "stochastic_depth"])
def test_what_is_left_out_while_a_network_learns(kind: str) -> None:
    network = Backpropagation(parse(f"input: 50\nlayers: [{kind}: {{rate: 0.2}}]").summary())
    x = np.ones((400, 50))
    done = network.forward({}, [x], np.random.default_rng(0))
    y = done.values[-1]
    assert set(np.unique(y)) == {0, 1.25}
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.05)
    assert np.array_equal(network.backward({}, done, Slopes({0: x}, {})).inputs[0], y)
    assert np.array_equal(network.forward({}, [x]).values[-1], x)


def test_a_spec_with_its_numbers_needs_no_data() -> None:
    text = (
        "input: 2\nlayers: [dense: {name: d, units: 1}]\nobjective: {}\n"
        "values: {input: [1, 2], d.kernel: [[1], [1]], d.bias: 0, target: 2}\n"
    )
    found = train(parse(text).summary(), None, None, Settings(1, 0.1, optimizer="sgd", decay="none"), Limits())
    assert found.curve[0].loss == 0.5
    assert found.weights["d/kernel"].ravel() == pytest.approx([0.9, 0.8])
    with pytest.raises(UsageError, match="states no values"):
        train(parse("input: 2\nlayers: [dense: 2]").summary(), None, None, Settings(), Limits())


def test_training_begins_with_the_weights_of_an_imported_model(tmp_path: Path) -> None:
    """A model file brings its weights: the first objective is that of a run with them."""
    model, target = str(ROOT / "specs" / "models" / "lenet.onnx"), str(tmp_path / "t.npy")
    (shape,) = load(model).summary().inputs.values()
    images, out = str(tmp_path / "x.npy"), load(model).summary().rows[-1].output.sizes
    np.save(images, np.random.default_rng(0).standard_normal((4, *shape.written(load(model).network.layout))))
    np.save(target, np.zeros((4, *out)))
    begun = CliRunner().invoke(
        app, ["train", model, "--data", images, "--target", target, "--epochs", "1", "--format", "json"]
    )
    ran = CliRunner().invoke(app, ["run", model, "--input", images, "--target", target, "--format", "json"])
    wanted = json.loads(ran.stdout)["objective"]["loss"]
    assert json.loads(begun.stdout)["curve"][0]["loss"] == pytest.approx(wanted, rel=1e-5)


def test_data_that_take_too_much_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npy")
    np.save(path, np.zeros((20000, 8), np.float32))
    summary = parse("input: 8\nlayers: [dense: 8]").summary()
    with pytest.raises(LimitError, match="the limit memory is 3 MiB"):
        train(summary, path, None, Settings(1), Limits(memory=3 << 20))
