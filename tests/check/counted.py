"""Networks counted by plain arithmetic, in a way of its own: windows place by place, weights array by array.

It knows what questions are drawn from, and nothing of the package.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

CEIL = "ceil"


def places(size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1, rounded: str = "") -> int:
    """Places of a window, one by one; rounded up, one that reaches over the end counts too if it begins inside."""
    last = size + before + after - dilation * (kernel - 1) - 1
    if last < 0:
        raise ValueError("the window is too large")
    starts = list(range(0, last + 1, stride))
    if rounded == CEIL and starts[-1] < last and starts[-1] + stride < size + before:
        starts.append(starts[-1] + stride)
    return len(starts)


def spread(size: int, kernel: int, stride: int, pad: int, more: int) -> int:
    """Places that a transposed convolution reaches, marked one by one."""
    reached = {start * stride + offset for start in range(size) for offset in range(kernel)}
    return len(range(max(reached) + 1)[pad : max(reached) + 1 - pad]) + more


class Counted:
    """What comes out of a network: of each layer, each block and the whole, by key."""

    def __init__(self, input: str, layers: list[Any], letters: dict[str, int] | None = None) -> None:
        self.letters = letters or {}
        self.found: dict[str, Any] = {}
        self.totals: dict[str, int] = {}
        *spatial, channels = [self.number(size) for size in str(input).split("x")]
        self.sizes, self.sees = (tuple(spatial), channels), [(1, Fraction(1))] * len(spatial)
        self.input = self.sizes
        self.run(layers, "")
        for name, value in self.totals.items():
            self.found[f"total.{name}"] = value

    def number(self, value: Any) -> Any:
        """A number, also where a letter stands for it."""
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        return self.letters.get(value, value) if isinstance(value, str) else value

    def run(self, layers: list[Any], parent: str) -> dict[str, int]:
        """The layers one after the other; the sums of their counts."""
        counts: dict[str, int] = {}
        sums: dict[str, int] = {}
        for layer in layers:
            ((kind, given),) = layer.items() if isinstance(layer, dict) else ((layer, {}),)
            fields = given if isinstance(given, dict) else {{"maxpool": "size"}[kind]: given}
            fields = {name: self.number(value) for name, value in fields.items()}
            counts[kind] = counts.get(kind, 0) + 1
            name = parent + str(fields.get("name", f"{kind}{counts[kind]}"))
            if fields.get("from") == "input":
                self.sizes = self.input
            learned = getattr(self, f"_{kind}")(fields)
            if isinstance(learned, dict):  # a block
                numbers = learned
            else:
                weights, biases, fixed, macs = learned
                params = weights + biases + fixed
                numbers = {
                    "params": params, "trainable_params": weights + biases, "non_trainable_params": fixed, "macs": macs,
                    "weight_bytes": 4 * params, "activation_bytes": 4 * prod(self.sizes[0]) * self.sizes[1],
                }  # fmt: skip
                self.totals = {key: self.totals.get(key, 0) + value for key, value in numbers.items()}
            spatial, channels = self.sizes
            self.found |= {f"{name}.{key}": value for key, value in numbers.items()}
            self.found[f"{name}.output"] = [*spatial, channels]
            if self.sees and len({size for size, _ in self.sees}) == 1:
                self.found[f"{name}.receptive_field"] = int(self.sees[0][0])
                self.found[f"{name}.effective_stride"] = int(self.sees[0][1])
            sums = {key: sums.get(key, 0) + value for key, value in numbers.items()}
        return sums

    def axes(self, value: Any) -> list[int]:
        return list(value) if isinstance(value, list) else [value] * len(self.sizes[0])

    def _slide(self, fields: dict[str, Any], kernel: Any, stride: Any, channels: int) -> list[int]:
        """Moves a window over the map; the sides of the window."""
        spatial, _ = self.sizes
        kernels, strides = self.axes(kernel), self.axes(stride)
        dilation, pad = fields.get("dilation", 1), fields.get("padding", 0)
        sizes = []
        for size, k, s in zip(spatial, kernels, strides, strict=True):
            wide = dilation * (k - 1) + 1
            if pad == "same":
                sizes.append(len(range(0, size, s)))
                continue
            before, after = (wide - 1, 0) if pad == "causal" else (pad, pad)
            rounded = CEIL if fields.get("ceil_mode") else ""
            sizes.append(places(size, k, s, before, after, dilation, rounded))
        self.sees = [
            (size + (k - 1) * dilation * step, step * s)
            for (size, step), k, s in zip(self.sees, kernels, strides, strict=True)
        ]
        self.sizes = (tuple(sizes), channels)
        return kernels

    def _conv(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        channels, filters = self.sizes[1], fields["filters"]
        kernel = self._slide(fields, fields["kernel"], fields.get("stride", 1), filters)
        each = sum(1 for _ in range(prod(kernel)) for _ in range(channels // fields.get("groups", 1)))
        return each * filters, filters * fields.get("bias", True), 0, each * filters * prod(self.sizes[0])

    def _depthwise_conv(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        channels = self.sizes[1]
        weights = prod(self._slide(fields, fields["kernel"], fields.get("stride", 1), channels)) * channels
        return weights, channels, 0, weights * prod(self.sizes[0])

    def _separable_conv(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        channels, filters = self.sizes[1], fields["filters"]
        weights = prod(self._slide(fields, fields["kernel"], 1, filters)) * channels + channels * filters
        return weights, filters * fields.get("bias", True), 0, weights * prod(self.sizes[0])

    def _transposed_conv(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        spatial, channels = self.sizes
        kernel, filters, pad = fields["kernel"], fields["filters"], fields.get("padding", 0)
        more = fields.get("output_padding", 0)
        self.sizes = (tuple(spread(size, kernel, fields.get("stride", 1), pad, more) for size in spatial), filters)
        self.sees = []
        weights = kernel ** len(spatial) * channels * filters
        return weights, filters, 0, weights * prod(spatial)

    def _maxpool(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        self._slide(fields, fields["size"], fields.get("stride", fields["size"]), self.sizes[1])
        return 0, 0, 0, 0

    _avgpool = _maxpool

    def _global_maxpool(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        self.sizes, self.sees = ((1,) * len(self.sizes[0]), self.sizes[1]), []
        return 0, 0, 0, 0

    _global_avgpool = _global_maxpool

    def _dense(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        spatial, channels = self.sizes
        inputs, units = prod(spatial) * channels, fields["units"]
        self.sizes, self.sees = ((), units), []
        return inputs * units, units, 0, inputs * units

    def _batchnorm(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        return self.sizes[1], self.sizes[1], 2 * self.sizes[1], 0

    def _residual(self, fields: dict[str, Any]) -> dict[str, int]:
        before = self.sizes, self.sees
        sums = self.run(fields["body"], "body/")
        after = self.sizes
        self.sizes, self.sees = before
        for key, value in self.run(fields.get("shortcut", []), "shortcut/").items():
            sums[key] += value
        assert self.sizes == after
        return sums

    def _parallel(self, fields: dict[str, Any]) -> dict[str, int]:
        before, sums, channels = (self.sizes, self.sees), {}, 0
        for place, branch in enumerate(fields["branches"]):
            self.sizes, self.sees = before
            for key, value in self.run(branch, f"{place}/").items():
                sums[key] = sums.get(key, 0) + value
            assert self.sizes[0] == before[0][0]
            channels += self.sizes[1]
        self.sizes = (before[0][0], channels)
        return sums

    def _gates(self, fields: dict[str, Any], gates: int) -> tuple[int, int, int, int]:
        (steps,), features = self.sizes
        units, ways = fields["units"], 2 if fields.get("bidirectional") else 1
        weights = sum(features * units + units * units for _ in range(gates)) * ways
        self.sizes = ((steps,), units * ways) if fields.get("return_sequences") else ((), units * ways)
        self.sees = []
        return weights, gates * units * ways, 0, weights * steps

    def _rnn(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        return self._gates(fields, 1)

    def _gru(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        return self._gates(fields, 3)

    def _lstm(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        return self._gates(fields, 4)

    def _attention(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        (steps,), width = self.sizes
        head = width // fields["heads"]
        shared = fields.get("kv_heads", fields["heads"]) * head
        weights = width * width + width * shared + width * shared + width * width
        biases = 2 * width + 2 * shared if fields.get("bias", True) else 0
        scores = sum(head for _ in range(fields["heads"])) * steps * steps
        return weights, biases, 0, steps * weights + 2 * scores

    def _transformer_encoder(self, fields: dict[str, Any]) -> dict[str, int]:
        _, width = self.sizes
        ff = fields["ff"]
        one = 4 * (width * width + width) + (width * ff + ff) + (ff * width + width) + 2 * (2 * width)
        params = one * fields.get("layers", 1)
        self.totals["params"] = self.totals.get("params", 0) + params
        return {"params": params}

    def _patch_embedding(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        (height, width), channels = self.sizes
        patch, dim = fields["patch"], fields["dim"]
        self.sizes = (((height // patch) * (width // patch),), dim)
        return patch * patch * channels * dim, dim, 0, 0

    def _class_token(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        (steps,), dim = self.sizes
        self.sizes = ((steps + 1,), dim)
        return dim, 0, 0, 0

    def _positional_encoding(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        (steps,), dim = self.sizes
        return steps * dim, 0, 0, 0

    def _embedding(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        _, steps = self.sizes
        self.sizes = ((steps,), fields["dim"])
        return fields["vocab"] * fields["dim"], 0, 0, 0

    def _select(self, fields: dict[str, Any]) -> tuple[int, int, int, int]:
        self.sizes = ((), self.sizes[1])
        return 0, 0, 0, 0
