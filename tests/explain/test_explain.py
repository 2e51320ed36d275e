"""What the working says of attention and of the gates."""

from __future__ import annotations

import pytest

from cnncalc import calc, parse
from cnncalc.symbolic.expr import value
from cnncalc.symbolic.style import typeset


def _inside(layer: str, size: str = "7x3") -> list[tuple[str, list[int]]]:
    (explained,) = calc(size, layer).explain()
    return [(stage.formula, [value(number) for number in stage.sizes]) for stage in explained.stages]


def test_the_steps_of_attention_with_the_sizes_of_each() -> None:
    assert _inside("attention:2,causal=true", "10x16") == [
        ("Q = x W_Q + b_Q", [10, 16]),
        ("K = x W_K + b_K", [10, 16]),
        ("V = x W_V + b_V", [10, 16]),
        ("d_k", [8]),
        ("A_i = softmax(Q_i K_iᵀ/√(d_k) + mask)", [10, 10]),
        ("head_i = A_i V_i", [10, 8]),
        ("y = concat(head_1, ..., head_h) W_O + b_O", [10, 16]),
    ]


def test_cross_attention_takes_keys_and_values_from_the_memory() -> None:
    text = "input: {q: 12x16, m: 10x6}\nlayers: [attention: {heads: 4, bias: false, key_dim: 3, from: [q, m]}]"
    (explained,) = parse(text).explain()
    stages = {stage.formula: [value(number) for number in stage.sizes] for stage in explained.stages}
    assert stages["K = memory W_K"] == [10, 12]
    assert stages["A_i = softmax(Q_i K_iᵀ/√(d_k))"] == [12, 10]
    assert stages["head_i = A_i V_i"] == [12, 3]


def test_the_gates_of_an_lstm() -> None:
    formulas = [formula for formula, sizes in _inside("lstm:4") if sizes == [4]]
    assert formulas == [
        "i = σ(W_i x_t + U_i h_prev + b_i)",
        "f = σ(W_f x_t + U_f h_prev + b_f)",
        "g = tanh(W_g x_t + U_g h_prev + b_g)",
        "o = σ(W_o x_t + U_o h_prev + b_o)",
        "c_t = f ⊙ c_prev + i ⊙ g",
        "h_t = o ⊙ tanh(c_t)",
    ]


@pytest.mark.parametrize(
    ("layer", "candidate"),
    [
        ("gru:4", "candidate = tanh(W_h x_t + U_h (r ⊙ h_prev) + b_h)"),
        ("gru:4,biases=2", "candidate = tanh(W_h x_t + b_h + r ⊙ (U_h h_prev + c_h))"),
        ("gru:4,biases=2,bias=false", "candidate = tanh(W_h x_t + r ⊙ (U_h h_prev))"),
    ],
)
def test_where_a_gru_resets(layer: str, candidate: str) -> None:
    formulas = [formula for formula, _ in _inside(layer)]
    assert candidate in formulas
    assert formulas[-1] == "h_t = z ⊙ h_prev + (1 − z) ⊙ candidate"


@pytest.mark.parametrize(
    ("layer", "params"),
    [
        ("lstm:32", "4·(16 + 32 + 1)·32"),
        ("lstm:32,biases=2", "4·(16 + 32 + 2)·32"),
        ("gru:32", "3·(16 + 32 + 1)·32"),
        ("rnn:32", "(16 + 32 + 1)·32"),
        ("attention:8", "(4·16 + 4)·16"),
    ],
)
def test_parameters_are_factored_as_by_hand(layer: str, params: str) -> None:
    from cnncalc.symbolic.expr import write

    (explained,) = calc("10x16", layer).explain()
    (step,) = [step for step in explained.steps if step.quantity == "params"]
    assert write(step.expression) == params


def test_formulas_in_latex() -> None:
    assert typeset("c_t = f ⊙ c_prev") == r"c_{t} = f \odot  c_{\mathrm{prev}}"
    assert typeset("softmax(Q_i K_iᵀ/√(d_k))") == r"\mathrm{softmax}(Q_{i} K_{i}^T/\sqrt{d_{k}})"
    assert typeset("σ(W_i x_t)") == r"\sigma (W_{i} x_{t})"


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    "fields",
    ["layers=2", "bidirectional=true", "layers=3,bidirectional=true", "layers=2,bidirectional=true,merge=sum,biases=2",
     "layers=2,bias=false"],
)  # fmt: skip
def test_several_recurrent_layers_are_worked_out_one_by_one(kind: str, fields: str) -> None:
    """Each portion has the parameters and MACs of a layer by itself, and their sum is the number of the row."""
    net = calc("6x3", f"{kind}:4,return_sequences=true,{fields}")
    (explained,), (row,) = net.explain(), net.summary().rows
    given = dict(field.split("=") for field in fields.split(","))
    both, layers = "bidirectional" in given, int(given.pop("layers", 1))
    alone = [f"{name}={value}" for name, value in given.items() if name in ("biases", "bias")]
    width = 8 if both and "merge" not in given else 4
    ones = [
        calc(f"6x{3 if layer == 0 else width}", ",".join([f"{kind}:4", *alone])).summary().rows[0]
        for layer in range(layers)
        for _ in range(1 + both)
    ]
    for quantity, letter, total in (("params", "P", row.params), ("macs", "M", row.macs)):
        steps = {step.letter: value(step.expression) for step in explained.steps if step.quantity == quantity}
        found = [number for name, number in steps.items() if name.startswith(f"{letter}_")]
        assert found == [getattr(one, quantity) for one in ones]
        assert list(steps.values())[-1] == sum(found) == total
        assert len([name for name in explained.legend if name.startswith(f"{letter}_")]) == len(ones)


def test_positional_encoding_has_its_formula() -> None:
    formulas = [formula for formula, _ in _inside("positional_encoding", "5x6")]
    assert formulas == ["p(t, 2i) = sin(t/10000^(2i/C))", "p(t, 2i + 1) = cos(t/10000^(2i/C))", "y_t = x_t + p_t"]
    assert typeset(formulas[0]) == r"p(t, 2i) = \mathrm{sin}(t/10000^{2i/C})"
