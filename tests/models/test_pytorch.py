"""PyTorch modules become networks: learned and moving numbers are exact, outputs equal."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def _recorder() -> Any:
    place = importlib.util.spec_from_file_location("models_record", Path(__file__).with_name("record.py"))
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


RECORDER = _recorder()
NAMES = sorted(RECORDER.MODULES)


def stirred(module: Any) -> Any:
    """The module with no two numbers alike in its normalisations."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.uniform_(part.bias, -0.3, 0.3)
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_outputs_are_those_of_the_module(name: str) -> None:
    module, x = stirred(RECORDER.MODULES[name]()), torch.randn(2, 3, 16, 12)
    net = cnncalc.from_torch(module, x[:1])
    totals = net.summary().totals
    assert totals.trainable_params == sum(p.numel() for p in module.parameters())
    assert totals.non_trainable_params == sum(b.numel() for n, b in module.named_buffers() if "running" in n)
    with torch.no_grad():
        wanted = module(x).numpy()
    assert np.abs(net.build()(x.numpy()) - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["tokens", "windows", "last-axis", "causal"])
def test_a_batch_of_examples_gives_the_same_network(name: str) -> None:
    module, x = stirred(RECORDER.MODULES[name]()), torch.randn(3, 3, 16, 12)
    assert cnncalc.from_torch(module, x).to_yaml() == cnncalc.from_torch(module, x[:1]).to_yaml()


def test_layers_are_named_after_the_modules() -> None:
    net = cnncalc.from_torch(RECORDER.MODULES["residual"](), torch.zeros(1, 3, 16, 12))
    assert [row.name for row in net.summary().rows[:3]] == ["0", "1.conv1", "1.bn1"]


def test_the_module_is_left_as_it_was() -> None:
    module = RECORDER.MODULES["residual"]().train()
    cnncalc.from_torch(module, torch.zeros(1, 3, 16, 12))
    assert module.training


def test_what_is_no_module_or_cannot_be_traced_is_said() -> None:
    with pytest.raises(cnncalc.UsageError, match=r"takes a torch.nn.Module"):
        cnncalc.from_torch(42, torch.zeros(1, 3, 16, 12))
    with pytest.raises(cnncalc.UsageError, match="cannot trace"):
        cnncalc.from_torch(torch.nn.Linear(4, 2), torch.zeros(1, 3))


def test_an_operator_that_is_not_read_is_listed_or_kept_as_opaque() -> None:
    class Odd(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.cumsum(x, 1)

    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), Odd(), torch.nn.Flatten(), torch.nn.Linear(560, 2))
    with pytest.raises(cnncalc.SpecError, match="the operator cumsum is not read"):
        cnncalc.from_torch(module, torch.zeros(1, 3, 16, 12))
    net = cnncalc.from_torch(module, torch.zeros(1, 3, 16, 12), partial=True)
    assert [row.kind for row in net.summary().rows] == ["conv", "opaque", "flatten", "dense"]
    assert net.summary().totals.params == sum(p.numel() for p in module.parameters())


class Twice(torch.nn.Module):
    """The same convolution two times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Any) -> Any:
        return self.conv(torch.relu(self.conv(x)))


class Standardised(torch.nn.Module):
    """A convolution whose kernel is worked out, with a learned gain or without."""

    def __init__(self, gain: bool) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.gain = torch.nn.Parameter(torch.ones(4, 1, 1, 1)) if gain else 1.0

    def forward(self, x: Any) -> Any:
        kernel = self.conv.weight - self.conv.weight.mean((1, 2, 3), keepdim=True)
        return torch.nn.functional.conv2d(x, kernel * self.gain, self.conv.bias)


class Unprojected(torch.nn.Module):
    """Attention whose mixed values no dense layer reads."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.qkv, self.heads = torch.nn.Linear(6, 18), heads

    def forward(self, x: Any) -> Any:
        q, k, v = self.qkv(x).chunk(3, -1)
        if self.heads > 1:
            q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in (q, k, v))
        y = torch.relu((q @ k.transpose(-2, -1) * 0.4).softmax(-1) @ v)
        return y.transpose(1, 2).flatten(2) if self.heads > 1 else y


def test_weights_that_are_used_twice_are_counted_once() -> None:
    module, x = Twice(), torch.randn(1, 3, 8, 8)
    net = cnncalc.from_torch(module, x)
    assert net.summary().totals.params == sum(p.numel() for p in module.parameters())
    assert net.summary().totals.macs == 2 * 3 * 3 * 9 * 64
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-5)


def test_weights_that_are_worked_out_have_their_own_numbers_or_none() -> None:
    x = torch.randn(1, 3, 8, 8)
    module = Standardised(gain=False)
    net = cnncalc.from_torch(module, x)
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-5)
    module = Standardised(gain=True)
    with pytest.raises(cnncalc.SpecError, match="worked out from other learned numbers"):
        cnncalc.from_torch(module, x)
    for module in (Standardised(gain=False), Standardised(gain=True)):
        totals = cnncalc.from_torch(module, x, partial=True).summary().totals
        assert totals.params == sum(p.numel() for p in module.parameters())


def test_products_of_sequences_that_are_no_attention_are_products() -> None:
    module, x = Unprojected(heads=1), torch.randn(1, 5, 6)
    net = cnncalc.from_torch(module, x)
    assert [row.kind for row in net.summary().rows].count("matmul") == 2
    assert net.summary().totals.macs == 5 * 6 * 18 + 2 * 5 * 5 * 6
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-5)


def test_a_product_with_heads_that_is_no_attention_is_refused_or_kept_with_its_counts() -> None:
    module, x = Unprojected(heads=2), torch.randn(1, 5, 6)
    with pytest.raises(cnncalc.SpecError, match="a product of two computed values"):
        cnncalc.from_torch(module, x)
    summary = cnncalc.from_torch(module, x, partial=True).summary()
    assert summary.totals.params == sum(p.numel() for p in module.parameters())
    assert summary.totals.macs == 5 * 6 * 18 + 2 * 5 * 5 * 6


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "InstanceNorm2d"])
def test_a_layer_that_is_not_read_is_an_error_of_ours(layer: str) -> None:
    """Recurrent layers read the batch first, as all of a network does."""
    x = torch.zeros((1, 8, 5, 5) if layer == "InstanceNorm2d" else (1, 5, 8))
    module = getattr(torch.nn, layer)(*(8,) if layer == "InstanceNorm2d" else (8, 8))
    with pytest.raises(cnncalc.CnncalcError):
        cnncalc.from_torch(module, x)


class Read(torch.nn.Module):
    """A recurrent layer, and what of its outputs goes on."""

    def __init__(self, word: str, what: str, **settings: Any) -> None:
        super().__init__()
        self.layer, self.what = getattr(torch.nn, word)(5, 4, batch_first=True, **settings), what

    def forward(self, x: Any) -> Any:
        every, last = self.layer(x)
        last = last[0] if isinstance(last, tuple) else last
        return {"every": every, "end": every[:, -1], "last": last.transpose(0, 1).flatten(1)}[self.what]


@pytest.mark.parametrize("word", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("what", ["every", "end", "last"])
@pytest.mark.parametrize(
    "settings", [{}, {"bidirectional": True}, {"bias": False}, {"num_layers": 2, "bidirectional": True}]
)
def test_recurrent_layers_give_what_pytorch_gives(word: str, what: str, settings: dict[str, Any]) -> None:
    if what == "last" and "num_layers" in settings:
        pytest.skip("the last states of all layers of a stack are no output of ours")
    module, x = Read(word, what, **settings).eval(), torch.randn(1, 6, 5)
    net = cnncalc.from_torch(module, x)
    assert net.summary().totals.params == sum(p.numel() for p in module.parameters())
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-6)


def test_tokens_become_an_embedding_and_an_encoder_layer_its_parts() -> None:
    module = torch.nn.Sequential(
        torch.nn.Embedding(11, 8), torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    ).eval()
    tokens = torch.tensor([[1, 5, 0, 10, 3]])
    net = cnncalc.from_torch(module, tokens)
    summary = net.summary()
    kinds = [row.kind for row in summary.rows]
    assert kinds == ["embedding", "layernorm", "attention", "add", "layernorm", "dense", "dense", "add"]
    assert summary.totals.params == sum(p.numel() for p in module.parameters())
    with torch.no_grad():
        assert np.allclose(net.build()(tokens.numpy()), module(tokens).numpy(), atol=1e-5)


def test_a_sequence_has_its_features_first_before_a_convolution() -> None:
    """With as many steps as features nothing but the order tells them apart."""
    module = torch.nn.Sequential(
        torch.nn.Conv1d(6, 6, 3, padding=1), torch.nn.BatchNorm1d(6), torch.nn.ReLU(), torch.nn.MaxPool1d(2)
    ).eval()
    x = torch.randn(1, 6, 6)
    net = cnncalc.from_torch(module, x)
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-5)
    assert net.summary().totals.macs == 6 * 6 * 6 * 3


def test_a_kernel_that_is_not_learned_is_not_counted() -> None:
    class Blur(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kernel", torch.ones(3, 1, 3, 3) / 9)

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.conv2d(x, self.kernel, groups=3)

    with pytest.raises(cnncalc.SpecError, match="not learned"):
        cnncalc.from_torch(Blur(), torch.zeros(1, 3, 8, 8))
    totals = cnncalc.from_torch(Blur(), torch.zeros(1, 3, 8, 8), partial=True).summary().totals
    assert (totals.params, totals.macs) == (0, 6 * 6 * 3 * 9)


def test_an_operator_with_a_text_or_a_list_is_said_or_kept() -> None:
    class Product(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.einsum("bij,bkj->bik", x, torch.relu(x))

    with pytest.raises(cnncalc.SpecError, match="einsum"):
        cnncalc.from_torch(Product(), torch.zeros(1, 5, 6))
    summary = cnncalc.from_torch(Product(), torch.zeros(1, 5, 6), partial=True).summary()
    assert [row.kind for row in summary.rows] == ["relu", "opaque"]


class Tied(torch.nn.Module):
    """The same dense layer two times on a sequence: a product and a sum in ONNX."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = torch.nn.Linear(8, 8), torch.nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.b(self.a(torch.relu(self.a(x))))


class Bare(Tied):
    """The kernel of a dense layer once more, without its bias."""

    def forward(self, x: Any) -> Any:
        return self.b(torch.relu(self.a(x)) @ self.a.weight.t())


def untrained() -> list[Any]:
    """Modules with equal arrays, which the exporter stores once: in normalisations, and in biases of 0."""
    nn = torch.nn
    dense = [nn.Linear(8, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 8), nn.LayerNorm(8)]
    conv = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 1)]
    norms = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4)]
    for part in conv[::2]:
        nn.init.zeros_(part.bias)
    return [nn.Sequential(*dense), nn.Sequential(*conv), nn.Sequential(*norms), Tied()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", range(4))
def test_equal_arrays_that_the_exporter_stores_once_are_counted_as_the_module_has_them(
    place: int, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    module = untrained()[place].eval()
    x = torch.randn(1, 3, 8, 8) if place in (1, 2) else torch.randn(1, 5, 8)
    torch.onnx.export(module, (x,), str(tmp_path / "m.onnx"), dynamo=False)
    net = cnncalc.from_onnx(tmp_path / "m.onnx")
    assert net.summary().totals.trainable_params == sum(p.numel() for p in module.parameters())
    with torch.no_grad():
        assert np.allclose(net.build()(x.numpy()), module(x).numpy(), atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_kernel_without_the_bias_that_it_had_is_no_dense_layer_used_again(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    torch.onnx.export(Bare(), (torch.randn(1, 5, 8),), str(tmp_path / "m.onnx"), dynamo=False)
    with pytest.raises(cnncalc.SpecError, match="weights that another layer uses in a different way"):
        cnncalc.from_onnx(tmp_path / "m.onnx")
