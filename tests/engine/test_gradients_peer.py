"""The backward rules next to PyTorch's autograd, in float64: random layers, cases by hand, and PyTorch's modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytorch_peer import Peer
from test_gradients import CASES, Measured, doubled
from test_peer import DRAWN, MODULES, NO_COUNTERPART, Chooser

import cnncalc
from cnncalc.engine.arrays import outward

pytestmark = pytest.mark.oracle
LIMIT = 1e-7
COMPARED = [param for param in CASES if param.values[0].kind not in MODULES | DRAWN | NO_COUNTERPART.keys()]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def compared(torch: Any, text: str, drawn: Any, seed: int, batch: int = 2) -> None:
    """Every gradient of a layer next to autograd's."""
    summary = cnncalc.parse(text).summary()
    arrays, feeds = map(doubled, drawn(summary, seed, batch))
    measured = Measured(summary, batch)
    weights, inputs = measured.gradients(arrays, feeds)
    wanted = Peer(torch, summary, arrays).gradients(feeds, outward(measured.factors, summary.layout))
    for name, got in {**weights, **inputs}.items():
        if got is None:
            continue
        assert apart(got, wanted[name]) <= LIMIT, f"{name}\n{text}"


def apart(got: np.ndarray, wanted: np.ndarray | None) -> float:
    if wanted is None:
        return float(np.abs(got).max())
    assert got.shape == wanted.shape
    return float(np.abs(got - wanted).max(initial=0) / max(1e-3, np.abs(wanted).max(initial=0)))


@pytest.mark.parametrize("part", range(10))
def test_random_layers_have_the_gradients_of_autograd(part: int, torch: Any, drawn: Any) -> None:
    ran, chooser = 0, Chooser(100 + part)
    while ran < 60:
        rank, spatial, channels, layer = chooser.layer()
        layout = chooser.choice(("channels_last", "channels_first"))
        sizes = [channels, *spatial] if layout == "channels_first" and rank > 2 else [*spatial, channels]
        text = f"layout: {layout}\ninput: {sizes}\nlayers:\n- {layer}\n"
        try:
            cnncalc.parse(text).summary()
        except cnncalc.SpecError:  # the padding crops all of it, or is too much for the pool
            continue
        compared(torch, text, drawn, part * 1000 + ran)
        ran += 1


@pytest.mark.parametrize("case", COMPARED)
@pytest.mark.parametrize("seed", range(2))
def test_cases_by_hand_have_the_gradients_of_autograd(case: Any, seed: int, torch: Any, drawn: Any) -> None:
    compared(torch, case.text, drawn, seed)


def modules(torch: Any, random: np.random.Generator) -> tuple[Any, str, dict[str, Any], Any]:
    """A module of PyTorch with settings drawn, its spec, its inputs, and what it gives for them."""
    import torched_sequence as torched

    nn = torch.nn
    word = random.choice(["rnn", "lstm", "gru", "attention", "transformer_encoder", "transformer_decoder", "embedding"])
    flag = lambda: bool(random.integers(2))  # noqa: E731
    draw = lambda *sizes: torch.randn(*sizes, dtype=torch.float64, requires_grad=True)  # noqa: E731
    if word in ("rnn", "lstm", "gru"):
        sequences, both, bias, layers = flag(), flag(), flag(), int(random.integers(1, 4))
        module = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[word](
            5, 4, num_layers=layers, bias=bias, bidirectional=both, batch_first=True
        )
        torched.stir(module.double()).train()
        x = draw(3, 7, 5)
        states, last = module(x)
        last = last[0] if isinstance(last, tuple) else last
        y = states if sequences else torch.cat([*last[-(1 + both) :]], dim=-1)
        fields = (
            f"units: 4, layers: {layers}, biases: 2, return_sequences: {sequences}, bidirectional: {both}, bias: {bias}"
        )
        text = torched.spec(f"{word}: {{name: r, {fields.lower()}}}", x="7x5")
        return module, text, {"x": x}, (y, lambda m: torched.recurrent(word, m, "r"))
    if word == "attention":
        causal = flag()
        module = torched.stir(nn.MultiheadAttention(12, 3, bias=flag(), batch_first=True).double())
        bias = str(module.in_proj_bias is not None).lower()
        x = draw(2, 5, 12)
        mask = torch.ones(5, 5).triu(1).bool() if causal else None
        text = torched.spec(f"attention: {{name: a, heads: 3, bias: {bias}, causal: {str(causal).lower()}}}", x="5x12")
        return module, text, {"x": x}, (module(x, x, x, attn_mask=mask)[0], lambda m: torched.attention(m, "a"))
    if word == "embedding":
        module, ids = nn.Embedding(9, 4).double(), torch.randint(0, 9, (3, 6))
        text = torched.spec("embedding: {name: e, vocab: 9, dim: 4}", x="6")
        found = lambda m: {"e/embeddings": m.weight.detach().numpy().copy()}  # noqa: E731
        return module, text, {"x": ids}, (module(ids), found)
    pre, bias, decoder = flag(), flag(), word.endswith("decoder")
    made = nn.TransformerDecoderLayer if decoder else nn.TransformerEncoderLayer
    activation = str(random.choice(["relu", "gelu"]))
    module = torched.stir(
        made(12, 3, 20, dropout=0.0, activation=activation, batch_first=True, norm_first=pre, bias=bias).double()
    ).train()
    inputs = {"x": draw(2, 5, 12), **({"m": draw(2, 7, 12)} if decoder else {})}
    fields = f"heads: 3, ff: 20, norm: {'pre' if pre else 'post'}, activation: {activation}, bias: {str(bias).lower()}"
    sizes = {"x": "5x12", **({"m": "7x12"} if decoder else {})}
    text = torched.spec(f"{word}: {{name: t, {fields}, from: [{', '.join(inputs)}]}}", **sizes)
    mask = {"tgt_mask": torch.ones(5, 5).triu(1).bool()} if decoder else {}
    return module, text, inputs, (module(*inputs.values(), **mask), lambda m: torched.transformer(m, "t"))


@pytest.mark.parametrize("seed", range(120))
def test_modules_have_the_gradients_of_autograd(seed: int, torch: Any) -> None:
    torch.manual_seed(seed)
    module, text, inputs, (y, ours) = modules(torch, np.random.default_rng(seed))
    summary = cnncalc.parse(text).summary()
    arrays = ours(module)
    measured = Measured(summary, len(y))
    (y * torch.from_numpy(measured.factors)).sum().backward()
    for parameter in module.parameters():  # the gradients in the place of the weights, to be laid out as ours are
        parameter.data = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    wanted = ours(module)
    feeds = {name: x.detach().numpy() for name, x in inputs.items()}
    weights, found = measured.gradients(arrays, feeds)
    for name, got in weights.items():
        assert apart(got, wanted[name]) <= LIMIT, f"{name}\n{text}"
    for name, got in found.items():
        assert got is None or apart(got, inputs[name].grad.numpy()) <= LIMIT, f"{name}\n{text}"
