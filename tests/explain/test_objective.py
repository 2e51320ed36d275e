"""The objective and the activation functions as explain writes them; the derivatives of the kinds' pages."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from cnncalc import parse
from cnncalc.cli.app import app
from cnncalc.kinds.activation import KINDS

SPARSE = (
    "input: 4\nencoder: [dense: {name: code, units: 3, activation: sigmoid}]\n"
    "decoder: [dense: {name: out, units: 4, activation: ENDS}]\n"
    "objective: {loss: LOSS, reduction: REDUCTION, sparsity: {layer: code, target: 0.1, weight: 0.5}}\n"
)


def explained(tmp_path: Any, text: str, *more: str) -> str:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return CliRunner().invoke(app, ["explain", str(path), *more]).stdout


def spec(ends: str, loss: str, reduction: str = "mean") -> str:
    return SPARSE.replace("ENDS", ends).replace("LOSS", loss).replace("REDUCTION", reduction)


def test_the_objective_of_a_sparse_autoencoder_is_written_out(tmp_path: Any) -> None:
    shown = explained(tmp_path, spec("tanh", "squared_error"))
    for line in (
        "L = 1/m·Σ ½·‖x − x̂‖² over m examples",
        "KL(p ‖ p̂_j) = p·ln(p/p̂_j) + (1 − p)·ln((1 − p)/(1 − p̂_j)), p = 0.1, p̂_j the mean of unit j of encoder/code",
        "J = L + λ·Σ_j KL(p ‖ p̂_j), λ = 0.5",
        "δ of decoder/out = (y − t)·(1 − y²), for every example, t = x the input",
        "δ_j of encoder/code = (Σ_k w_jk·δ_k + λ·(−p/p̂_j + (1 − p)/(1 − p̂_j)))·y·(1 − y), for every example",
        "sigmoid: y = 1 / (1 + exp(−x)); dy/dx = y·(1 − y)",
        "tanh: y = The hyperbolic tangent; dy/dx = 1 − y²",
    ):
        assert line in shown
    summed = explained(tmp_path, spec("tanh", "squared_error", "sum"))
    assert "L = Σ ½·‖x − x̂‖² over m examples" in summed
    assert "λ/m·(−p/p̂_j" in summed


@pytest.mark.parametrize(
    ("ends", "loss", "delta"),
    [
        ("sigmoid", "squared_error", "(y − t)·y·(1 − y)"),
        ("sigmoid", "binary_cross_entropy", "y − t"),
        ("softmax", "cross_entropy", "y − t"),
        ("softmax", "squared_error", "(y − t)·dy/dx"),
        ("linear", "absolute_error", "sign(y − t)"),
        ("relu", "absolute_error", "(sign(y − t))·(1 where x > 0, else 0)"),
    ],
)
def test_the_delta_follows_from_the_loss_and_the_activation(tmp_path: Any, ends: str, loss: str, delta: str) -> None:
    assert f"δ of decoder/out = {delta}, for every example" in explained(tmp_path, spec(ends, loss))


@pytest.mark.parametrize("format", ["markdown", "latex"])
def test_every_format_has_the_objective(tmp_path: Any, format: str) -> None:
    shown = explained(tmp_path, spec("tanh", "squared_error"), "--format", format)
    assert "Objective" in shown
    assert "Activation functions" in shown


def test_one_layer_has_its_own_functions_and_no_objective(tmp_path: Any) -> None:
    shown = explained(tmp_path, spec("tanh", "squared_error"), "--layer", "encoder/code")
    assert "sigmoid: y = " in shown
    assert "tanh" not in shown
    assert "Objective" not in shown


@pytest.mark.parametrize("word", KINDS)
def test_the_page_of_an_activation_has_its_derivative(word: str) -> None:
    assert KINDS[word].derivative in CliRunner().invoke(app, ["kinds", word]).stdout


def test_a_code_whose_means_are_no_shares_is_an_error_of_a_run(tmp_path: Any) -> None:
    text = spec("sigmoid", "squared_error").replace("units: 3, activation: sigmoid", "units: 3, activation: relu")
    path = tmp_path / "s.yaml"
    path.write_text(text)
    result = CliRunner().invoke(app, ["run", str(path)])
    assert result.exit_code != 0
    assert "sparsity needs activations between 0 and 1" in str(result.exception)
    assert parse(text).findings()
