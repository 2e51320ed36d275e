"""PyTorch is the peer of drawn problems: sizes that its layers give, parameters that its modules hold."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cnncalc.check.papers.generate import generate
from cnncalc.check.papers.paper import Item
from cnncalc.check.papers.topics import LEVELS, TOPICS

torch = pytest.importorskip("torch")
nn = torch.nn

pytestmark = pytest.mark.oracle

#: What has no module of its own in PyTorch, or another one: transformers beyond an encoder, shared key heads.
BESIDE = ("patch_embedding", "embedding")
QUESTIONS = 2016


class Peer:
    """A network of PyTorch's own modules on the meta device; sizes channels first, with a batch axis of 1."""

    def __init__(self, input: str, layers: list[Any]) -> None:
        *spatial, channels = [int(size) for size in input.split("x")]
        shape = (1, channels, *spatial) if spatial else (1, channels)
        self.x = self.input = torch.empty(shape, device="meta")
        self.found: dict[str, Any] = {}
        self.params = 0
        self.run(layers, "")
        self.found["total.params"] = self.params
        self.found["total.weight_bytes"] = 4 * self.params

    def run(self, layers: list[Any], parent: str) -> int:
        counts: dict[str, int] = {}
        total = 0
        for layer in layers:
            ((kind, fields),) = layer.items() if isinstance(layer, dict) else ((layer, {}),)
            counts[kind] = counts.get(kind, 0) + 1
            name = parent + str(fields.get("name", f"{kind}{counts[kind]}"))
            if fields.get("from") == "input":
                self.x = self.input
            learned = getattr(self, f"_{kind}")(fields)
            total += learned
            if kind not in ("residual", "parallel"):
                self.params += learned
            size = self.x.shape
            self.found |= {
                f"{name}.params": learned, f"{name}.weight_bytes": 4 * learned,
                f"{name}.output": [*size[2:], size[1]], f"{name}.activation_bytes": 4 * self.x.numel(),
            }  # fmt: skip
        return total

    def _apply(self, module: Any) -> int:
        module = module.to("meta")
        self.x = module(self.x)
        return sum(one.numel() for one in module.parameters())

    def _window(self, word: str, *sizes: Any, **fields: Any) -> Any:
        return getattr(nn, f"{word}{self.x.dim() - 2}d")(*sizes, **fields)

    def _padded(self, fields: dict[str, Any]) -> Any:
        """The padding; “same” and causal zeros are put in by hand."""
        pad, stride, dilation = fields.get("padding", 0), fields.get("stride", 1), fields.get("dilation", 1)
        if not isinstance(pad, str):
            return pad
        around = []
        for size in reversed(self.x.shape[2:]):
            wide = dilation * (fields["kernel"] - 1) + 1
            both = max(0, (-(-size // stride) - 1) * stride + wide - size) if pad == "same" else wide - 1
            around += [both // 2, both - both // 2] if pad == "same" else [both, 0]
        self.x = nn.functional.pad(self.x, around)
        return 0

    def _conv(self, fields: dict[str, Any], groups: int | None = None, filters: int | None = None) -> int:
        kernel = fields["kernel"] if isinstance(fields["kernel"], int) else tuple(fields["kernel"])
        settings = {name: fields[name] for name in ("stride", "dilation", "bias") if name in fields}
        pad, channels = self._padded(fields), self.x.shape[1]
        settings["groups"] = groups or fields.get("groups", 1)
        return self._apply(
            self._window("Conv", channels, filters or fields["filters"], kernel, padding=pad, **settings)
        )

    def _depthwise_conv(self, fields: dict[str, Any]) -> int:
        return self._conv(fields, self.x.shape[1], self.x.shape[1])

    def _separable_conv(self, fields: dict[str, Any]) -> int:
        depthwise = self._conv({**fields, "bias": False}, self.x.shape[1], self.x.shape[1])
        pointwise = {"filters": fields["filters"], "kernel": 1, "bias": fields.get("bias", True)}
        return depthwise + self._conv(pointwise)

    def _transposed_conv(self, fields: dict[str, Any]) -> int:
        settings = {name: fields[name] for name in ("stride", "padding", "output_padding") if name in fields}
        module = self._window("ConvTranspose", self.x.shape[1], fields["filters"], fields["kernel"], **settings)
        return self._apply(module)

    def _maxpool(self, fields: dict[str, Any], word: str = "MaxPool") -> int:
        size = fields["size"] if isinstance(fields["size"], int) else tuple(fields["size"])
        settings = {name: fields[name] for name in ("stride", "padding", "ceil_mode") if name in fields}
        return self._apply(self._window(word, size, **settings))

    def _avgpool(self, fields: dict[str, Any]) -> int:
        return self._maxpool(fields, "AvgPool")

    def _global_maxpool(self, fields: dict[str, Any]) -> int:
        return self._apply(self._window("AdaptiveMaxPool", 1))

    _global_avgpool = _global_maxpool

    def _dense(self, fields: dict[str, Any]) -> int:
        self.x = self.x.flatten(1)
        return self._apply(nn.Linear(self.x.shape[1], fields["units"]))

    def _batchnorm(self, fields: dict[str, Any]) -> int:
        module = nn.BatchNorm2d(self.x.shape[1]).to("meta")
        learned = sum(one.numel() for one in module.parameters())
        kept = sum(one.numel() for name, one in module.named_buffers() if name.startswith("running"))
        self.found |= {"batchnorm1.non_trainable_params": kept, "total.trainable_params": self.params + learned}
        return learned + kept

    def _residual(self, fields: dict[str, Any]) -> int:
        before = self.x
        total = self.run(fields["body"], "body/")
        after, self.x = self.x, before
        total += self.run(fields.get("shortcut", []), "shortcut/")
        self.x = after + self.x
        return total

    def _parallel(self, fields: dict[str, Any]) -> int:
        before, total, outputs = self.x, 0, []
        for place, branch in enumerate(fields["branches"]):
            self.x = before
            total += self.run(branch, f"{place}/")
            outputs.append(self.x)
        self.x = torch.cat(outputs, 1)
        return total

    def _recurrent(self, fields: dict[str, Any], word: str) -> int:
        """PyTorch has two bias vectors for each gate: one of them is left out of the count."""
        ways = fields.get("bidirectional", False)
        module = getattr(nn, word)(self.x.shape[1], fields["units"], batch_first=True, bidirectional=ways).to("meta")
        out, _ = module(self.x.transpose(1, 2))
        self.x = out.transpose(1, 2) if fields.get("return_sequences") else out[:, -1]
        return sum(one.numel() for name, one in module.named_parameters() if not name.startswith("bias_hh"))

    def _rnn(self, fields: dict[str, Any]) -> int:
        return self._recurrent(fields, "RNN")

    def _gru(self, fields: dict[str, Any]) -> int:
        return self._recurrent(fields, "GRU")

    def _lstm(self, fields: dict[str, Any]) -> int:
        return self._recurrent(fields, "LSTM")

    def _attention(self, fields: dict[str, Any]) -> int:
        module = nn.MultiheadAttention(self.x.shape[1], fields["heads"], bias=fields.get("bias", True))
        return sum(one.numel() for one in module.parameters())

    def _transformer_encoder(self, fields: dict[str, Any]) -> int:
        layer = nn.TransformerEncoderLayer(self.x.shape[1], fields["heads"], fields["ff"], device="meta")
        return fields.get("layers", 1) * sum(one.numel() for one in layer.parameters())


def by_hand(layers: list[Any], values: dict[str, Any]) -> Any:
    """The output of the last layer, by PyTorch's functions on the numbers of the question."""
    functional = nn.functional
    x = torch.tensor(values["input"], dtype=torch.float64)
    x = x[None, None] if x.dim() == 2 else x[None]
    for layer in layers:
        ((kind, fields),) = layer.items()
        arrays = {
            name.partition(".")[2]: torch.tensor(array, dtype=torch.float64)
            for name, array in values.items()
            if name.startswith(f"{fields['name']}.")
        }
        kernel, bias, stride = arrays.get("kernel"), arrays.get("bias"), fields.get("stride")
        if kind == "conv":
            x = functional.conv2d(x, kernel[None, None], bias, stride or 1, fields.get("padding", 0))
        elif kind == "transposed_conv":
            x = functional.conv_transpose2d(x, kernel[None, None], bias, stride)
        elif kind == "dense":
            x = functional.linear(x, kernel.T, bias)
        elif kind == "maxpool":
            x = functional.max_pool2d(x, fields["size"], stride)
        elif kind == "avgpool":
            x = functional.avg_pool2d(x, fields["size"], stride)
        if kind == "relu" or fields.get("activation") == "relu":
            x = functional.relu(x)
    return (x[0].permute(1, 2, 0) if x.dim() == 4 else x[0]).tolist()


def peer(item: Item) -> dict[str, Any] | None:
    """What PyTorch gives; None where it has no such module."""
    layers = yaml.safe_load(item.stated["layers"])
    if "values" in item.stated:
        return {str(item.parts[0].key): by_hand(layers, yaml.safe_load(item.stated["values"]))}
    if any(kind in item.stated["layers"] for kind in BESIDE) or "kv_heads" in item.stated["layers"]:
        return None
    letters = {str(part.key): part.answer for part in item.parts if not part.key.quantity}
    input = item.stated["input"]
    for letter, number in letters.items():
        input = input.replace(letter, str(number)) if letter in input.split("x") else input
        layers = yaml.safe_load(
            item.stated["layers"].replace(f": {letter},", f": {number},").replace(f": {letter}}}", f": {number}}}")
        )
    found = Peer(input, layers).found
    for key, wanted in yaml.safe_load(item.stated.get("given", "{}")).items():
        got = found[key][:-1] if key.endswith("output") else found[key]
        assert got == ([int(size) for size in wanted.split("x")] if isinstance(wanted, str) else wanted), item.text
    return found | letters


@pytest.mark.parametrize("level", LEVELS)
def test_pytorch_agrees_with_the_keys(level: str) -> None:
    """2,016 problems over all topics, 672 of a level."""
    compared = asked = 0
    for item in generate(list(TOPICS), level, QUESTIONS // 3, 29).items:
        found = peer(item)
        for part in item.parts:
            asked += 1
            if found is not None and str(part.key) in found:
                compared += 1
                assert part.answer == found[str(part.key)], (item.text, part.key)
    assert compared > asked // 2, (compared, asked)
