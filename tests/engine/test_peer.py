"""Every kind against PyTorch, on random sizes, fields, layouts, weights and both engines."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest

import cnncalc
from cnncalc import kinds
from cnncalc.engine import inputs
from cnncalc.engine.model import Model

pytestmark = pytest.mark.oracle

ACTIVATIONS = (
    "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "sigmoid", "hard_sigmoid",
    "hard_swish", "tanh", "softplus", "softsign", "softmax", "log_softmax", "linear",
)  # fmt: skip
LIMIT = 1e-5


def written(fields: dict) -> str:
    """Fields in YAML's flow style."""
    return "{" + ", ".join(f"{key}: {str(value).lower()}" for key, value in fields.items()) + "}"


class Chooser(random.Random):
    """Random fields that fit a random input of ``rank`` axes."""

    def sizes(self, rank: int, least: int = 1) -> tuple[list[int], int]:
        most = {1: 1, 2: 40, 3: 14, 4: 7}[rank]
        return [self.randint(least, max(least, most)) for _ in range(rank - 1)], self.choice((1, 2, 3, 4, 6, 8, 12, 33))

    def windowed(self, spatial: list[int], word: str, dilations: bool = True) -> dict:
        """kernel (or size), stride, padding and dilation with at least one position."""
        while True:
            kernel = [self.randint(1, 5) for _ in spatial]
            stride, dilation = ([self.choice((1, 1, 2, 3)) for _ in spatial] for _ in range(2))
            dilation = dilation if dilations else [1] * len(spatial)
            pool = word == "size"
            most = [k // 2 if pool else 3 for k in kernel]
            form = self.choice(("none", "one", "pairs", "same", "same_lower", "valid"))
            padding: object = {"none": 0, "one": min(self.randint(0, m) for m in most)}.get(form, form)
            if form == "pairs":
                padding = [[self.randint(0, m), self.randint(0, m)] for m in most]
            fits = all(
                d * (k - 1) < w + (0 if padding == "valid" else 2 * padding if isinstance(padding, int) else 0)
                for k, w, d in zip(kernel, spatial, dilation, strict=True)
            )
            if fits:
                fields = {word: kernel, "stride": stride, "padding": padding}
                return {**fields, "dilation": dilation} if dilations else fields

    def layer(self) -> tuple[int, list[int], int, str]:
        """rank, spatial sizes, channels, and a layer as YAML."""
        rank = self.choice((2, 3, 3, 3, 4))
        spatial, channels = self.sizes(rank)
        kind = self.choice(("conv",) * 6 + ("depthwise_conv", "separable_conv", "transposed_conv", "maxpool", "avgpool",
                           "dense", "locally_connected", "lppool") * 2)  # fmt: skip
        divisors = [d for d in range(1, channels + 1) if channels % d == 0]
        end = {"bias": self.choice((True, False)), "activation": self.choice(ACTIVATIONS)}
        if kind == "conv":
            groups = self.choice(divisors)
            fields = {"filters": groups * self.randint(1, 5), **self.windowed(spatial, "kernel"), "groups": groups}
        elif kind == "depthwise_conv":
            fields = {**self.windowed(spatial, "kernel"), "multiplier": self.randint(1, 3)}
        elif kind == "separable_conv":
            fields = {**self.windowed(spatial, "kernel"), "multiplier": self.randint(1, 2), "filters": 5}
        elif kind == "locally_connected":
            fields = {**self.windowed(spatial, "kernel", False), "filters": self.randint(1, 5)}
        elif kind == "transposed_conv":
            groups, stride = self.choice(divisors), self.randint(1, 3)
            fields = {"filters": groups * self.randint(1, 4), "kernel": self.randint(2, 4), "stride": stride,
                      "padding": self.choice((0, 0, "same", "same_lower", [[0, 1]] * len(spatial))),
                      "output_padding": self.randint(0, stride - 1), "dilation": self.randint(1, 2),
                      "groups": groups}  # fmt: skip
        elif kind == "dense":
            fields = {"units": self.randint(1, 20)}
        else:
            end = {}
            fields = self.windowed(spatial, "size", kind == "maxpool")
            if kind == "avgpool":
                fields |= {"count_include_pad": self.choice((True, False)), "ceil_mode": self.choice((True, False))}
            if kind == "lppool":
                fields["p"] = self.randint(1, 3)
        return rank, spatial, channels, f"{kind}: {written({**fields, **end})}"


def compared(text: str, peer, seed: int, batch: int = 2) -> None:
    """Every layer's output of both engines next to PyTorch's."""
    summary = cnncalc.parse(text).summary()
    rng = np.random.default_rng(seed)
    arrays = {
        f"{row.name}/{name}": rng.uniform(0.5, 1.5, sizes).astype(np.float32)
        if name in ("moving_variance", "gamma")
        else rng.standard_normal(sizes, np.float32) / np.float32(max(1, np.prod(sizes[:-1])) ** 0.5)
        for row in summary.rows
        for name, sizes in row.weights.items()
    }
    feeds = {name: feed.load(batch) for name, feed in inputs.feeds(summary, [], seed).items()}
    wanted = peer(summary, arrays, feeds)
    for engine in ("reference", "fast"):
        outputs = Model(summary, arrays, cnncalc.Limits(), engine).run(feeds)
        assert outputs
        for name, got in outputs.items():
            assert got.dtype == np.float32
            assert got.shape == wanted[name].shape
            error = np.abs(got - wanted[name]).max() / max(1e-3, np.abs(wanted[name]).max())
            assert error <= LIMIT, f"{engine}: {name} differs by {error:.2g}\n{text}"


@pytest.mark.parametrize("part", range(10))
def test_fifty_random_layers_equal_pytorch(part: int, peer) -> None:
    ran = 0
    chooser = Chooser(part)
    while ran < 50:
        rank, spatial, channels, layer = chooser.layer()
        layout = chooser.choice(("channels_last", "channels_first"))
        first = layout == "channels_first" and rank > 2
        sizes = [channels, *spatial] if first else [*spatial, channels]
        text = f"layout: {layout}\ninput: {sizes}\nlayers:\n- {layer}\n"
        try:
            cnncalc.parse(text).summary()
        except cnncalc.SpecError:  # the padding crops all of it, or is too much for the pool
            continue
        compared(text, peer, part * 1000 + ran, chooser.randint(1, 3))
        ran += 1


EVERY_KIND = {
    **{kind: f"- {kind}" for kind in ACTIVATIONS},
    "leaky_relu slope": "- leaky_relu: 0.3",
    "gelu tanh": "- gelu: {approximate: true}",
    "activation": "- activation: {function: leaky_relu, slope: 0.2}",
    "prelu": "- prelu",
    "prelu shared": "- prelu: true",
    "batchnorm": "- batchnorm\n- batchnorm: {scale: false, eps: 0.1}\n- batchnorm: {center: false}",
    "layernorm": "- layernorm",
    "layernorm all": "- layernorm: {axes: all, eps: 0.01}",
    "rmsnorm": "- rmsnorm",
    "rmsnorm all": "- rmsnorm: {axes: all}",
    "groupnorm": "- groupnorm: 4",
    "instancenorm": "- instancenorm: {scale: true, center: true}",
    "lrn": "- lrn",
    "lrn even": "- lrn: {size: 4, alpha: 0.1, beta: 0.6, k: 2}",
    "scale": "- scale",
    "dropout": "- dropout\n- stochastic_depth: 0.2",
    "flatten": "- flatten",
    "reshape": "- reshape: 6x8x8",
    "permute": "- permute: [3, 1, 2]",
    "pad": "- pad: {amount: [[1, 2], [0, 3]], value: 1.5}",
    "crop": "- crop: [[1, 2], [0, 3]]",
    "upsample": "- upsample: [2, 3]",
    "upsample bilinear": "- upsample: {factor: [2, 3], mode: bilinear}",
    "pixel_shuffle": "- pixel_shuffle: 2",
    "pixel_unshuffle": "- pixel_unshuffle: 2",
    "channel_shuffle": "- channel_shuffle: 4",
    "split": "- split: {parts: 4, part: 3}",
    "global_maxpool": "- global_maxpool",
    "global_avgpool": "- global_avgpool: {keepdims: true}",
    "adaptive_maxpool": "- adaptive_maxpool: [3, 5]",
    "adaptive_avgpool": "- adaptive_avgpool: [3, 5]",
    "avgpool ceil": "- avgpool: {size: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false}",
    "maxpool ceil": "- maxpool: {size: 3, stride: 2, ceil_mode: true}",
    **{kind: f"- relu: {{name: a}}\n- conv: {{name: b, filters: 12, kernel: 3, padding: 1, from: input}}\n"
             f"- {kind}: {{from: [a, b]}}" for kind in ("add", "subtract", "multiply", "average", "maximum")},
    "gate": "- global_avgpool: {name: a}\n- dense: {units: 12, activation: sigmoid}\n"
            "- multiply: {from: [dense1, input], activation: relu}",
    "concat": "- relu: {name: a}\n- concat: {from: [a, input]}",
    "concat height": "- relu: {name: a}\n- concat: {from: [a, input], axis: height}",
    "shared": "- conv: {name: a, filters: 12, kernel: 3, padding: 1, activation: relu}\n- use: {layer: a}",
    "blocks": "- residual: {body: [{conv: {filters: 12, kernel: 3, padding: 1}}, batchnorm, relu, {conv: {filters: 12, "
              "kernel: 3, padding: 1}}, batchnorm], activation: relu}\n- parallel: {merge: concat, branches: [[{conv: "
              "{filters: 4, kernel: 1}}], [{maxpool: {size: 3, stride: 1, padding: 1}}, {conv: {filters: 6, kernel: 5, "
              "padding: 2}}], []]}",
}  # fmt: skip


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("case", EVERY_KIND)
def test_every_kind_equals_pytorch(case: str, layout: str, peer) -> None:
    size = "4x8x12" if layout == "channels_last" else "12x4x8"
    if case == "reshape":
        size = "4x8x12"
    compared(f"layout: {layout}\ninput: {size}\nlayers:\n{EVERY_KIND[case]}\n", peer, 7)


FEATURE_MAPS = (
    "conv", "depthwise_conv", "separable_conv", "transposed_conv", "locally_connected", "maxpool", "avgpool",
    "lppool", "global_maxpool", "global_avgpool", "adaptive_maxpool", "adaptive_avgpool", "dense", "batchnorm",
    "layernorm", "rmsnorm", "groupnorm", "instancenorm", "lrn", "activation", "prelu", "dropout", "stochastic_depth",
    "flatten", "reshape", "permute", "pad", "crop", "upsample", "pixel_shuffle", "pixel_unshuffle",
    "channel_shuffle", "split", "scale", "add", "subtract", "multiply", "average", "maximum", "concat",
)  # fmt: skip


def test_no_kind_of_feature_maps_is_left_out() -> None:
    compared_here = "\n".join(EVERY_KIND.values()) + inspect.getsource(Chooser.layer)
    for word in (*FEATURE_MAPS, *ACTIVATIONS):
        assert word in kinds.every()
        assert word in compared_here
