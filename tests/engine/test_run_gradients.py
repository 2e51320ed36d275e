"""Gradients of a run, their norms by step, the chain rule by hand; targets, and the outputs of any layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cnncalc import parse
from cnncalc.cli.app import app
from cnncalc.engine import gradients
from cnncalc.errors import SpecError, UsageError

#: Mazur, A step by step backpropagation example.
MAZUR = """
input: 2
layers: [{dense: {name: h, units: 2, activation: sigmoid}}, {dense: {name: o, units: 2, activation: sigmoid}}]
values:
  input: [0.05, 0.1]
  h.kernel: [[0.15, 0.25], [0.2, 0.3]]
  h.bias: [0.35, 0.35]
  o.kernel: [[0.4, 0.5], [0.45, 0.55]]
  o.bias: [0.6, 0.6]
  target: [0.01, 0.99]
objective: {loss: squared_error}
"""


def cnncalc(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_published_example_of_backpropagation(tmp_path: Path) -> None:
    spec = write(tmp_path / "mazur.yaml", MAZUR)
    data = json.loads(cnncalc("run", spec, "--gradients", "--format", "json").stdout)
    assert data["objective"]["loss"] == pytest.approx(0.298371109, abs=1e-8)
    kernel = np.array([[0.082167041, -0.02260254], [0.082667628, -0.022740242]])
    assert data["gradients"]["layers"][1]["weights"]["kernel"] == pytest.approx(np.linalg.norm(kernel), abs=1e-8)
    shown = cnncalc("run", spec, "--gradients", "--trace", "o").stdout
    assert "dL/dy[1] = (y − t) = (0.751365 − 0.01) = 0.741365" in shown
    assert "δ[1] = dL/dy·dy/dx = 0.741365·0.751365·(1 − 0.751365) = 0.138499" in shown
    assert "dL/dkernel[1,1] = δ[1]·input[1] = 0.138499·0.59327 = 0.082167" in shown
    below = cnncalc("run", spec, "--gradients", "--trace", "h").stdout
    assert "Σ δ·w of the layer above = 0.138499·0.4 + (−0.0380982)·0.5 = 0.0363503" in below
    assert "dL/dkernel[1,1] = δ[1]·input[1] = 0.00877136·0.05 = 0.000438568" in below


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("both", [False, True])
def test_the_gradient_at_each_step_is_that_of_a_state_given_there(kind: str, both: bool) -> None:
    """What the loss changes by with the state after step t is what it changes by with the initial state of the rest."""
    text = (
        f"input: STEPSx3\\nobjective: {{}}\\nlayers: [{kind}: {{name: r, units: 4, biases: 2, bidirectional: {both}}}]"
    )
    text = text.replace("\\n", "\n").lower().replace("steps", "6")
    net = parse(text)
    arrays = net.build(seed=3, engine="reference").arrays
    random = np.random.default_rng(0)
    x, target = random.standard_normal((1, 6, 3)), random.standard_normal((1, 8 if both else 4))
    found = gradients.of(net.summary(), arrays, {"input": x}, target).steps["r"]
    assert found.keys() == ({"", "backward_"} if both else {""})
    assert all(len(norms) == 6 for norms in found.values())
    last = {"": 5, "backward_": 0}
    y = net.build(arrays, engine="reference")(x.astype("f4"))
    for number, (start, norms) in enumerate(found.items()):
        part = slice(4 * number, 4 * number + 4)
        assert norms[last[start]] == pytest.approx(np.linalg.norm((y - target)[0, part]), rel=1e-5)
    if kind == "rnn" and not both:  # dL/dh_t = Uᵀ·(dL/dh_{t+1}·(1 − h²))
        states = parse(text.replace("biases: 2", "biases: 2, return_sequences: true")).build(arrays)(x.astype("f4"))[0]
        slope = (y - target)[0]
        for step in reversed(range(5)):
            slope = arrays["r/recurrent_kernel"] @ (slope * (1 - states[step + 1] ** 2))
            assert found[""][step] == pytest.approx(np.linalg.norm(slope), rel=1e-4)


def test_a_layer_s_output_is_written_by_its_name(tmp_path: Path) -> None:
    spec = write(
        tmp_path / "s.yaml",
        "input: 5\nencoder: [dense: {name: code, units: 2}]\ndecoder: [dense: {name: out, units: 5}]",
    )
    out, whole = str(tmp_path / "y.npz"), str(tmp_path / "w.npz")
    assert cnncalc("run", spec, "--layer", "code", "-o", out, "--save-weights", whole, "--batch", "3").exit_code == 0
    with np.load(out) as file, np.load(whole) as weights:
        assert file.files == ["encoder/code"]
        assert file["encoder/code"].shape == (3, 2)
        assert weights["encoder/code/kernel"].shape == (5, 2)
    failed = cnncalc("run", spec, "--layer", "cod")
    assert isinstance(failed.exception, UsageError)
    assert "no layer is called" in str(failed.exception.problems[0])


def test_a_denoising_run_is_compared_with_its_target(tmp_path: Path) -> None:
    text = "input: 4\nencoder: [dense: {units: 2}]\ndecoder: [dense: {name: out, units: 4}]\nobjective: {}"
    spec, random = write(tmp_path / "s.yaml", text), np.random.default_rng(0)
    clean, noisy = random.standard_normal((2, 6, 4)).astype("f4")
    paths = [str(tmp_path / name) for name in ("clean.npy", "noisy.npy", "y.npz")]
    np.save(paths[0], clean)
    np.save(paths[1], noisy)
    run = ("run", spec, "--input", paths[1], "--output", paths[2], "--format", "json")
    against_itself, against = (
        json.loads(cnncalc(*run, *more).stdout)["objective"] for more in ((), ("--target", paths[0]))
    )
    with np.load(paths[2]) as file:
        made = file["decoder/out"].astype(float)
    assert against["loss"] == pytest.approx(((made - clean) ** 2).sum() / 2 / 6, rel=1e-5)
    assert against["sum"] == pytest.approx(((made - clean) ** 2).sum() / 2, rel=1e-5)
    assert against_itself["loss"] == pytest.approx(((made - noisy) ** 2).sum() / 2 / 6, rel=1e-5)


LOSSES = {
    "squared_error": lambda y, t: ((y - t) ** 2).sum() / 2,
    "absolute_error": lambda y, t: np.abs(y - t).sum(),
    "cross_entropy": lambda y, t: -(t * np.log(y)).sum(),
    "binary_cross_entropy": lambda y, t: -(t * np.log(y) + (1 - t) * np.log(1 - y)).sum(),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("ends", ["softmax", "sigmoid", "log_softmax"])
def test_losses_and_their_gradients(loss: str, reduction: str, ends: str) -> None:
    text = (
        f"input: 5\nlayers: [dense: {{name: d, units: 3, activation: {ends}}}]\n"
        f"objective: {{loss: {loss}, reduction: {reduction}}}"
    )
    summary, random = parse(text).summary(), np.random.default_rng(2)
    arrays = {"d/kernel": random.standard_normal((5, 3)), "d/bias": random.standard_normal(3)}
    x, labels = random.standard_normal((4, 5)), np.array([0, 2, 1, 1])
    target = np.eye(3)[labels]
    if (loss, ends) in (("cross_entropy", "sigmoid"), ("binary_cross_entropy", "log_softmax")):
        with pytest.raises(SpecError, match="cross_entropy compares"):
            gradients.of(summary, arrays, {"input": x}, target)
        return
    found = gradients.of(summary, arrays, {"input": x}, target)
    y = found.forward.values[-1]
    y = np.exp(y) if (loss, ends) == ("cross_entropy", "log_softmax") else y
    assert found.loss == pytest.approx(LOSSES[loss](y, target) / (4 if reduction == "mean" else 1))
    for name, gradient in found.weights.items():
        direction = random.standard_normal(gradient.shape)
        ends_ = [
            gradients.of(summary, {**arrays, name: arrays[name] + step * direction}, {"input": x}, target).loss
            for step in (1e-6, -1e-6)
        ]
        assert (gradient * direction).sum() == pytest.approx((ends_[0] - ends_[1]) / 2e-6, rel=1e-5, abs=1e-8)
    if loss == "cross_entropy":
        for given in (labels, labels.astype(float), labels[:, None]):
            assert gradients.of(summary, arrays, {"input": x}, given).loss == found.loss
        assert found.objective.correct == np.mean(y.argmax(1) == labels)


@pytest.mark.parametrize(
    ("loss", "target", "says"),
    [
        ("cross_entropy", np.array([0, 1, 3]), "has the label 3; the output has 3 classes, 0 to 2"),
        ("cross_entropy", np.array([[0.5, 0.5, 2.0]] * 3), "compares shares of 0 to 1"),
        ("cross_entropy", np.array([0, 1]), "or the labels: whole numbers, 3 of them"),
        ("squared_error", np.array([0, 1, 2]), "labels need objective: {loss: cross_entropy}"),
        ("squared_error", np.zeros((3, 2)), "the target is 3×2; the output needs 3×3"),
        ("squared_error", np.full((3, 3), np.nan), "not finite"),
    ],
)
def test_targets_that_do_not_fit(loss: str, target: Any, says: str) -> None:
    net = parse(f"input: 2\nlayers: [dense: {{units: 3, activation: softmax}}]\nobjective: {{loss: {loss}}}")
    with pytest.raises(SpecError) as caught:
        gradients.of(net.summary(), net.build(engine="reference").arrays, {"input": np.zeros((3, 2))}, target)
    assert says in str(caught.value.problems[0])


def test_gradients_need_an_objective(tmp_path: Path) -> None:
    failed = cnncalc("run", write(tmp_path / "s.yaml", "input: 2\nlayers: [dense: 2]"), "--gradients")
    assert isinstance(failed.exception, SpecError)
    assert "gradients need an objective" in str(failed.exception)
