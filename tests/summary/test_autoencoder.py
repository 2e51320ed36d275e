"""The code of an autoencoder, and its objective."""

from __future__ import annotations

import pytest

from cnncalc import SpecError, parse
from cnncalc.render.data import summary_data
from cnncalc.summary.autoencoder import code, watched

TEXT = """
input: 64
encoder:
  - dense: {name: code, units: UNITS, activation: ACTIVATION}
decoder:
  - dense: 64
OBJECTIVE
"""
SPARSE = "objective: {loss: squared_error, sparsity: {layer: code, target: 0.05, weight: 0.1}}"


def _net(units: object = 16, activation: str = "relu", objective: str = ""):  # type: ignore[no-untyped-def]
    return parse(TEXT.replace("UNITS", str(units)).replace("ACTIVATION", activation).replace("OBJECTIVE", objective))


def test_the_size_of_the_code_and_the_compression() -> None:
    found = code(_net(16).summary())
    assert found
    assert (found.row.name, found.numbers, found.inputs, found.ratio) == ("encoder/code", 16, 64, 4.0)
    summary = _net(24).summary()
    assert summary_data(summary, [])["code"] == {
        "layer": "encoder/code", "output": [24], "activations": 24, "inputs": 64, "compression_ratio": 64 / 24,
    }  # fmt: skip
    assert "code" not in summary_data(parse("input: 4\nlayers: [dense: 2]").summary(), [])


def test_a_layer_called_encoder_makes_no_autoencoder() -> None:
    net = parse("input: 4x6\nlayers: [transformer_encoder: {name: encoder, heads: 2, ff: 4}]")
    assert code(net.summary()) is None
    assert net.findings() == []


@pytest.mark.parametrize(
    ("units", "activation", "objective", "quantities"),
    [
        (63, "relu", "", []),
        (64, "relu", "", ["activations"]),
        (100, "relu", "objective: {loss: squared_error}", ["activations"]),
        (100, "sigmoid", SPARSE, []),
        (100, "relu", SPARSE, ["activation"]),
        ("u", "relu", "", []),
    ],
)
def test_a_code_that_may_copy_its_input_is_a_finding(
    units: object, activation: str, objective: str, quantities: list[str]
) -> None:
    findings = _net(units, activation, objective).findings()
    assert [finding.quantity for finding in findings] == quantities
    for finding in findings:
        assert finding.layer == "encoder/code"
        assert finding.mark.line == 4


def test_sparsity_says_what_its_layer_ends_in() -> None:
    (finding,) = _net(16, "linear", SPARSE).findings()
    assert finding.message.endswith("it ends in linear")
    plain = parse("input: 8\nencoder: [dense: {name: code, units: 3}]\ndecoder: [dense: 8]\n" + SPARSE)
    assert [found.got for found in plain.findings()] == ["linear"]


def test_the_objective_is_read() -> None:
    objective = _net(objective=SPARSE).network.objective
    assert objective.loss == "squared_error"
    assert objective.sparsity[:3] == ("code", 0.05, 0.1)
    assert watched(_net(objective=SPARSE).summary()).name == "encoder/code"
    assert _net(objective="objective: {}").network.objective == ("squared_error", "mean", None)


@pytest.mark.parametrize(
    ("objective", "says"),
    [
        ("objective: 3", "objective must be a mapping of loss, reduction, sparsity"),
        ("objective: {los: squared_error}", 'did you mean "loss"'),
        ("objective: {loss: squared}", "squared_error"),
        ("objective: {sparsity: {target: 0.1}}", "sparsity needs the name of a layer"),
        ("objective: {sparsity: {layer: code, target: 1}}", "between 0 and 1"),
        ("objective: {sparsity: {layer: code, weight: -1}}", "a number of 0 or more"),
        ("objective: {sparsity: {layer: code, wait: 1}}", 'did you mean "weight"'),
        ("objective: {sparsity: {layer: cod}}", 'no layer is called "cod"'),
    ],
)
def test_what_is_wrong_with_an_objective(objective: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        _net(objective=objective).findings()
    (problem,) = caught.value.problems
    assert says in f"{problem.text} {problem.help}"
    assert problem.mark.line == 7
