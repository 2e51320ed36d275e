"""PyTorch as the peer of the engine: a network run layer by layer from the same rows and weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine import weights as learned


class Peer:
    """A network in PyTorch; arrays are ``[batch, channels, spatial...]`` (``[batch, T, F]`` is ``[batch, F, T]``)."""

    def __init__(self, torch: Any, summary: Any, arrays: dict[str, np.ndarray]) -> None:
        self.torch, self.F = torch, torch.nn.functional
        self.summary, self.arrays, self.layout = summary, arrays, summary.layout

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = [self.inward(self.torch.from_numpy(np.asarray(feeds[name]))) for name in self.summary.inputs]
        with self.torch.no_grad():
            for row in self.summary.rows:
                w = {k: self.torch.from_numpy(v) for k, v in learned.of(self.summary, row, self.arrays).items()}
                values.append(self.layer(row, w, [values[s] for s in row.layer.sources]))
        outputs = zip(self.summary.rows, values[len(self.summary.inputs) :], strict=True)
        return {row.name: self.outward(y).contiguous().numpy() for row, y in outputs}

    def layer(self, row: Any, w: Any, xs: list[Any]) -> Any:
        """The output of one layer, its activation included."""
        kind = row.layer.kind
        y = getattr(self, row.kind, self.activation)(kind, w, *xs)
        return self.named(kind.activation, y, None) if getattr(kind, "activation", None) else y

    def gradients(self, feeds: dict[str, np.ndarray], begin: np.ndarray) -> dict[str, np.ndarray | None]:
        """By every array and every input, where ``begin`` is the gradient by the last output, in the spec's layout."""
        torch = self.torch
        leaves = {name: torch.from_numpy(x.copy()) for name, x in {**self.arrays, **feeds}.items()}
        for name, leaf in leaves.items():
            leaf.requires_grad_(leaf.is_floating_point() and "moving_" not in name)
        values = [self.inward(leaves[name]) for name in self.summary.inputs]
        for row in self.summary.rows:
            w = {name: leaves[f"{row.name}/{name}"] for name in row.weights}
            if "gain" in w:
                kernel = w["kernel"]
                w["kernel"] = kernel * w.pop("gain") / kernel.flatten(0, -2).norm(dim=0)
            values.append(self.layer(row, w, [values[s] for s in row.layer.sources]))
        (self.outward(values[-1]) * torch.from_numpy(begin)).sum().backward()
        return {name: None if x.grad is None else x.grad.numpy() for name, x in leaves.items()}

    def inward(self, x: Any) -> Any:
        return x if x.ndim < 3 or (self.layout == "channels_first" and x.ndim > 3) else x.movedim(-1, 1)

    def outward(self, x: Any) -> Any:
        return x if x.ndim < 3 or (self.layout == "channels_first" and x.ndim > 3) else x.movedim(1, -1)

    # activations

    def activation(self, kind: Any, w: Any, x: Any) -> Any:
        return self.named(getattr(kind, "function", kind.word()), x, kind)

    def named(self, name: str, x: Any, kind: Any) -> Any:
        F = self.F
        if name == "linear":
            return x
        if name == "abs":
            return x.abs()
        if name in ("softmax", "log_softmax"):
            return getattr(F, name)(x, dim=1)
        if name == "leaky_relu":
            return F.leaky_relu(x, getattr(kind, "slope", 0.01))
        if name == "gelu":
            return F.gelu(x, approximate="tanh" if getattr(kind, "approximate", False) else "none")
        return getattr(F, {"hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish"}.get(name, name))(x)

    # windows

    def bordered(self, kind: Any, x: Any, fill: float = 0.0) -> Any:
        """``x`` with the padding that the kind states, even where that differs from side to side."""
        shape = self.shape(x)
        widths: list[int] = []
        for w, n in zip(kind.windows(shape), kind.positions(shape), strict=True):
            span = (n - 1) * w.stride + w.dilation * (w.kernel - 1) + 1
            widths = [w.begin, max(0, span - w.size - w.begin), *widths]
        return self.F.pad(x, widths, value=fill)

    @staticmethod
    def shape(x: Any) -> Any:
        from cnncalc.shape import Shape

        return Shape(tuple(x.shape[2:]), x.shape[1])

    def each(self, value: Any, x: Any) -> list[int]:
        return list(value) if isinstance(value, tuple) else [value] * (x.ndim - 2)

    def conv(self, kind: Any, w: Any, x: Any) -> Any:
        kernel = w["kernel"].movedim((-1, -2), (0, 1)).contiguous()
        op = getattr(self.F, f"conv{x.ndim - 2}d")
        return op(self.bordered(kind, x), kernel, w.get("bias"), stride=self.each(kind.stride, x),
                  dilation=self.each(kind.dilation, x), groups=kind.groups)  # fmt: skip

    def depthwise_conv(self, kind: Any, w: Any, x: Any) -> Any:
        kernel = w["kernel"].movedim((-2, -1), (0, 1)).flatten(0, 1).unsqueeze(1).contiguous()
        op = getattr(self.F, f"conv{x.ndim - 2}d")
        return op(self.bordered(kind, x), kernel, w.get("bias"), stride=self.each(kind.stride, x),
                  dilation=self.each(kind.dilation, x), groups=x.shape[1])  # fmt: skip

    def separable_conv(self, kind: Any, w: Any, x: Any) -> Any:
        middle = self.depthwise_conv(kind, {"kernel": w["depthwise_kernel"]}, x)
        kernel = w["pointwise_kernel"].movedim((-1, -2), (0, 1)).contiguous()
        return getattr(self.F, f"conv{x.ndim - 2}d")(middle, kernel, w.get("bias"))

    def transposed_conv(self, kind: Any, w: Any, x: Any) -> Any:
        """PyTorch's full output (no padding), cropped, with zeros where it ends too early."""
        kernel = w["kernel"].movedim((-2, -1), (0, 1)).contiguous()
        op = getattr(self.F, f"conv_transpose{x.ndim - 2}d")
        y = op(x, kernel, stride=self.each(kind.stride, x), dilation=self.each(kind.dilation, x), groups=kind.groups)
        shape = self.shape(x)
        for axis, (size, (begin, _)) in enumerate(
            zip(kind.output(shape).spatial, kind.crop(shape), strict=True), start=2
        ):
            missing = begin + size - y.shape[axis]
            if missing > 0:
                y = self.F.pad(y, [0, 0] * (x.ndim - 1 - axis) + [0, missing])
            y = y.narrow(axis, begin, size)
        return y if "bias" not in w else y + w["bias"].reshape(-1, *(1,) * (x.ndim - 2))

    def locally_connected(self, kind: Any, w: Any, x: Any) -> Any:
        """Each position by itself."""
        wide, shape = self.bordered(kind, x), self.shape(x)
        windows, counts = kind.windows(shape), kind.positions(shape)
        y = self.torch.empty(len(x), kind.filters, *counts, dtype=x.dtype)
        for place in np.ndindex(*counts):
            cut = tuple(slice(i * v.stride, i * v.stride + v.kernel) for i, v in zip(place, windows, strict=True))
            patch = wide[(slice(None), slice(None), *cut)].movedim(1, -1).flatten(1)
            y[(slice(None), slice(None), *place)] = patch @ w["kernel"][place].flatten(0, -2)
        return y if "bias" not in w else y + w["bias"].movedim(-1, 0)

    def maxpool(self, kind: Any, w: Any, x: Any) -> Any:
        op = getattr(self.F, f"max_pool{x.ndim - 2}d")
        return op(self.bordered(kind, x, -np.inf), self.each(kind.size, x), self.each(kind.stride, x), 0,
                  self.each(kind.dilation, x))  # fmt: skip

    def avgpool(self, kind: Any, w: Any, x: Any) -> Any:
        """Natively where PyTorch has the padding and the sizes; else sums over counts of what may count."""
        op = getattr(self.F, f"avg_pool{x.ndim - 2}d")
        size, stride = self.each(kind.size, x), self.each(kind.stride, x)
        if isinstance(kind.padding, int) and all(n >= f for n, f in zip(x.shape[2:], size, strict=True)):
            return op(x, size, stride, kind.padding, kind.ceil_mode, kind.count_include_pad)
        values = self.bordered(kind, x)
        return op(values, size, stride) / op(self.countable(kind, x, values), size, stride)

    def countable(self, kind: Any, x: Any, values: Any) -> Any:
        """1 where a position of the bordered ``values`` counts in a mean, else 0: never beyond the stated padding."""
        widths: list[int] = []
        for w, size, whole in zip(kind.windows(self.shape(x)), x.shape[2:], values.shape[2:], strict=True):
            rest = whole - w.begin - size
            widths = [w.begin, rest if w.padding is None else min(rest, w.padding - w.begin), *widths]
        ones = self.F.pad(self.torch.ones_like(x[:1, :1]), widths, value=1.0 if kind.count_include_pad else 0.0)
        missing = [n for axis in range(x.ndim - 1, 1, -1) for n in (0, values.shape[axis] - ones.shape[axis])]
        return self.F.pad(ones, missing)

    def lppool(self, kind: Any, w: Any, x: Any) -> Any:
        size, stride = self.each(kind.size, x), self.each(kind.stride, x)
        powers = self.bordered(kind, x.double().abs() ** kind.p)
        mean = getattr(self.F, f"avg_pool{x.ndim - 2}d")(powers, size, stride)
        return ((mean * int(np.prod(size))) ** (1 / kind.p)).to(x.dtype)

    def global_maxpool(self, kind: Any, w: Any, x: Any) -> Any:
        return x.amax(dim=list(range(2, x.ndim)), keepdim=kind.keepdims)

    def global_avgpool(self, kind: Any, w: Any, x: Any) -> Any:
        return x.mean(dim=list(range(2, x.ndim)), keepdim=kind.keepdims)

    def adaptive_maxpool(self, kind: Any, w: Any, x: Any) -> Any:
        return getattr(self.F, f"adaptive_max_pool{x.ndim - 2}d")(x, self.each(kind.target, x))

    def adaptive_avgpool(self, kind: Any, w: Any, x: Any) -> Any:
        return getattr(self.F, f"adaptive_avg_pool{x.ndim - 2}d")(x, self.each(kind.target, x))

    # products and norms

    def dense(self, kind: Any, w: Any, x: Any) -> Any:
        if kind.flattens(self.shape(x)):
            x = self.outward(x).flatten(1)
        y = self.F.linear(x.movedim(1, -1), w["kernel"].T, w.get("bias"))
        return y.movedim(-1, 1)

    def batchnorm(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.batch_norm(x, w["moving_mean"], w["moving_variance"], w.get("gamma"), w.get("beta"), eps=kind.eps)

    def layernorm(self, kind: Any, w: Any, x: Any) -> Any:
        last = self.outward(x) if kind.axes == "all" else x.movedim(1, -1)
        sizes = list(last.shape[1:]) if kind.axes == "all" else [x.shape[1]]
        y = self.F.layer_norm(last, sizes, w.get("gamma"), w.get("beta"), kind.eps)
        return self.inward(y) if kind.axes == "all" else y.movedim(-1, 1)

    def rmsnorm(self, kind: Any, w: Any, x: Any) -> Any:
        last = self.outward(x) if kind.axes == "all" else x.movedim(1, -1)
        sizes = list(last.shape[1:]) if kind.axes == "all" else [x.shape[1]]
        y = self.F.rms_norm(last, sizes, w.get("gamma"), kind.eps)
        return self.inward(y) if kind.axes == "all" else y.movedim(-1, 1)

    def groupnorm(self, kind: Any, w: Any, x: Any) -> Any:
        gamma = w.get("gamma", self.torch.ones(x.shape[1], dtype=x.dtype))  # none: it has no gradient in PyTorch 2.13
        return self.F.group_norm(x, kind.groups, gamma, w.get("beta"), kind.eps)

    def instancenorm(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.instance_norm(x, weight=w.get("gamma"), bias=w.get("beta"), eps=kind.eps)

    def lrn(self, kind: Any, w: Any, x: Any) -> Any:
        """PyTorch puts the extra channel of an even size before: the channels are turned round for it."""
        even = kind.size % 2 == 0
        turned = x.flip(1) if even else x
        y = self.F.local_response_norm(turned, kind.size, kind.alpha, kind.beta, kind.k)
        return y.flip(1) if even else y

    def prelu(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.prelu(x, w["alpha"])

    def scale(self, kind: Any, w: Any, x: Any) -> Any:
        if kind.over == "all":
            return self.inward(self.outward(x) * w["gamma"])
        return x * w["gamma"].reshape(-1, *(1,) * (x.ndim - 2))

    # joined and moved numbers

    def spread(self, xs: Any) -> list[Any]:
        most = max(x.ndim for x in xs)
        return [x.reshape(*x.shape, *(1,) * (most - x.ndim)) for x in xs]

    def add(self, kind: Any, w: Any, *xs: Any) -> Any:
        return sum(self.spread(xs))

    def subtract(self, kind: Any, w: Any, *xs: Any) -> Any:
        a, b = self.spread(xs)
        return a - b

    def multiply(self, kind: Any, w: Any, *xs: Any) -> Any:
        product = 1
        for x in self.spread(xs):
            product = product * x
        return product

    def average(self, kind: Any, w: Any, *xs: Any) -> Any:
        return self.torch.stack(self.torch.broadcast_tensors(*self.spread(xs))).mean(0)

    def maximum(self, kind: Any, w: Any, *xs: Any) -> Any:
        return self.torch.stack(self.torch.broadcast_tensors(*self.spread(xs))).amax(0)

    def concat(self, kind: Any, w: Any, *xs: Any) -> Any:
        axes = self.shape(xs[0]).axes
        return self.torch.cat(xs, 1 if kind.axis == "channels" else 2 + axes.index(kind.axis))

    def dropout(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.dropout(x, kind.rate, training=False)

    def stochastic_depth(self, kind: Any, w: Any, x: Any) -> Any:
        return x

    def matmul(self, kind: Any, w: Any, first: Any, second: Any) -> Any:
        return self.torch.bmm(second.mT if kind.transpose else second, first)

    def moe(self, kind: Any, w: Any, router: Any, *experts: Any) -> Any:
        """As Mixtral is published: softmax, the largest of it, shared out anew."""
        chosen, numbers = router.softmax(1).topk(kind.top, 1)
        shares = self.torch.zeros_like(router).scatter(1, numbers, chosen / chosen.sum(1, keepdim=True))
        return sum(shares[:, n : n + 1] * expert for n, expert in enumerate(experts))

    def flatten(self, kind: Any, w: Any, x: Any) -> Any:
        return self.outward(x).flatten(1)

    def reshape(self, kind: Any, w: Any, x: Any) -> Any:
        return self.inward(self.outward(x).reshape(len(x), *kind.shape))

    def permute(self, kind: Any, w: Any, x: Any) -> Any:
        return self.inward(self.outward(x).permute(0, *kind.order))

    def pad(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.pad(x, [n for pair in reversed(self.ends(kind, x)) for n in pair], value=kind.value)

    def crop(self, kind: Any, w: Any, x: Any) -> Any:
        return self.F.pad(x, [-n for pair in reversed(self.ends(kind, x)) for n in pair])

    def ends(self, kind: Any, x: Any) -> list[tuple[int, int]]:
        return [a if isinstance(a, tuple) else (a, a) for a in self.each(kind.amount, x)]

    def upsample(self, kind: Any, w: Any, x: Any) -> Any:
        linear = ("linear", "bilinear", "trilinear")[x.ndim - 3]
        mode = {"mode": "nearest"} if kind.mode == "nearest" else {"mode": linear, "align_corners": kind.align_corners}
        return self.F.interpolate(x, size=list(kind.reached(self.shape(x))), **mode)

    def pixel_shuffle(self, kind: Any, w: Any, x: Any) -> Any:
        """PyTorch has it for images; of a sequence, channels become positions in the same way."""
        if x.ndim == 3:
            return x.unflatten(1, (-1, kind.factor)).transpose(2, 3).flatten(2)
        return self.F.pixel_shuffle(x, kind.factor)

    def pixel_unshuffle(self, kind: Any, w: Any, x: Any) -> Any:
        if x.ndim == 3:
            return x.unflatten(2, (-1, kind.factor)).transpose(2, 3).flatten(1, 2)
        return self.F.pixel_unshuffle(x, kind.factor)

    def channel_shuffle(self, kind: Any, w: Any, x: Any) -> Any:
        y = x.unflatten(1, (kind.groups, -1)).transpose(1, 2)
        return y.flatten(1, 2)

    def split(self, kind: Any, w: Any, x: Any) -> Any:
        sizes = list(kind.sizes or [x.shape[1] // kind.parts] * kind.parts)
        return x.split(sizes, 1)[kind.part - 1]
