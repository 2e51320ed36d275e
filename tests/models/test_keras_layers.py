"""Every layer of Keras that is read, with drawn settings: sizes, parameters and outputs as Keras has them."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cnncalc

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # Keras's own
DRAWN = int(os.environ.get("CNNCALC_DRAWN", "5"))  # settings of each layer

Shape = tuple[int, ...]
Settings = dict[str, Any]
ACTIVATIONS = (
    None, "relu", "relu6", "gelu", "silu", "hard_sigmoid", "leaky_relu", "elu", "softmax", "hard_swish", "selu", "celu",
    "softplus", "log_softmax", "mish", "softsign", "tanh", "sigmoid",
)  # fmt: skip


class Draw:
    """Sizes and settings by chance."""

    def __init__(self, seed: str) -> None:
        self.of = random.Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.of.choice(choices)

    def sequence(self) -> Shape:
        return self.of.randrange(5, 12), self.one(2, 4, 6)

    def image(self) -> Shape:
        return (self.of.randrange(7, 13), *self.sequence())

    def volume(self) -> Shape:
        return (self.of.randrange(4, 7), *self.image())

    def window(self, **more: Any) -> Settings:
        """A stride or a dilation, as Keras takes not both."""
        stride = self.one(1, 2)
        found = {"kernel_size": self.one(1, 2, 3), "strides": stride, "padding": self.one("valid", "same")}
        found |= {"dilation_rate": 1 if stride > 1 else self.one(1, 2), "activation": self.one(*ACTIVATIONS)}
        return {**found, "use_bias": self.one(True, False), **more}

    def norm(self) -> Settings:
        return {"center": self.one(True, False), "scale": self.one(True, False), "epsilon": self.one(1e-3, 1e-5)}

    def steps(self) -> Settings:
        return {"return_sequences": self.one(True, False), "use_bias": self.one(True, False)}


#: What each layer reads, and its settings.
LAYERS: dict[str, Callable[[Draw], tuple[Shape, Settings]]] = {
    "Conv1D": lambda d: (d.sequence(), d.window(filters=4, padding=d.one("valid", "same", "causal"))),
    "Conv2D": lambda d: (d.image(), d.window(filters=4, groups=d.one(1, 2), kernel_size=d.one(1, 3, (2, 3), (3, 1)))),
    "Conv3D": lambda d: (d.volume(), d.window(filters=3)),
    "DepthwiseConv1D": lambda d: (d.sequence(), d.window(depth_multiplier=d.one(1, 2))),
    "DepthwiseConv2D": lambda d: (d.image(), d.window(depth_multiplier=d.one(1, 2))),
    "SeparableConv1D": lambda d: (d.sequence(), d.window(filters=5, depth_multiplier=d.one(1, 2))),
    "SeparableConv2D": lambda d: (d.image(), d.window(filters=5, depth_multiplier=d.one(1, 2))),
    "Conv1DTranspose": lambda d: (d.sequence(), d.window(filters=3, dilation_rate=1)),
    "Conv2DTranspose": lambda d: (
        d.image(),
        d.window(filters=3, kernel_size=d.one(1, 2, 3, 4, 5), strides=d.one(1, 2, 3), dilation_rate=1),
    ),
    "Conv3DTranspose": lambda d: (d.volume(), d.window(filters=2, dilation_rate=1)),
    "MaxPooling1D": lambda d: (d.sequence(), {"pool_size": d.one(2, 3), "padding": d.one("valid", "same")}),
    "MaxPooling2D": lambda d: (
        d.image(),
        {"pool_size": d.one(2, 3, (2, 3)), "strides": d.one(None, 1, 2), "padding": d.one("valid", "same")},
    ),
    "MaxPooling3D": lambda d: (d.volume(), {"strides": d.one(None, 1), "padding": d.one("valid", "same")}),
    "AveragePooling2D": lambda d: (d.image(), {"pool_size": 3, **d.one({}, {"strides": 1, "padding": "same"})}),
    "GlobalAveragePooling1D": lambda d: (d.sequence(), {"keepdims": d.one(True, False)}),
    "GlobalMaxPooling2D": lambda d: (d.image(), {"keepdims": d.one(True, False)}),
    "GlobalAveragePooling3D": lambda d: (d.volume(), {}),
    "AdaptiveAveragePooling2D": lambda d: (d.image(), {"output_size": d.one(1, 3, (2, 4))}),
    "Dense": lambda d: (d.one(d.image(), d.sequence(), (5,)), {"units": 3, "activation": d.one(*ACTIVATIONS)}),
    "EinsumDense": lambda d: (
        d.sequence(), {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": d.one("d", None)}),
    "BatchNormalization": lambda d: (d.one(d.image(), d.sequence(), d.volume(), (5,)), d.norm()),
    "LayerNormalization": lambda d: (d.one(d.image(), d.sequence(), (5,)), d.norm()),
    "RMSNormalization": lambda d: (d.one(d.image(), d.sequence()), {}),
    "GroupNormalization": lambda d: ((7, 8, 4), {"groups": d.one(1, 2, 4, -1), **d.norm()}),
    "Normalization": lambda d: (
        (6, 6, 3), d.one({}, {"mean": [0.1, 0.2, 1], "variance": [2, 3, 4]}, {"mean": 1, "variance": 2, "axis": None})),
    "Rescaling": lambda d: (d.image(), {"scale": d.one(1 / 255, 2), "offset": d.one(0, -1.5)}),
    "PReLU": lambda d: ((6, 7, 3), {"shared_axes": d.one([1, 2], [1, 2, 3])}),
    "ReLU": lambda d: (d.image(), d.one({}, {"max_value": 6}, {"negative_slope": 0.3})),
    "LeakyReLU": lambda d: (d.image(), {"negative_slope": d.one(0.1, 0.3)}),
    "Activation": lambda d: (d.image(), {"activation": d.one(*ACTIVATIONS[1:])}),
    "Flatten": lambda d: (d.one(d.image(), d.sequence(), d.volume()), {}),
    "Reshape": lambda d: ((4, 6, 2), {"target_shape": d.one((24, 2), (-1, 2), (6, 4, 2), (48,), (8, -1), (2, 2, 12))}),
    "Permute": lambda d: ((4, 6, 2), {"dims": d.one((2, 1, 3), (3, 1, 2), (1, 3, 2))}),
    "RepeatVector": lambda d: ((5,), {"n": 3}),
    "ZeroPadding1D": lambda d: (d.sequence(), {"padding": d.one(1, (2, 1))}),
    "ZeroPadding2D": lambda d: (d.image(), {"padding": d.one(1, (1, 2), ((1, 0), (2, 3)))}),
    "ZeroPadding3D": lambda d: (d.volume(), {"padding": d.one(1, (1, 0, 2))}),
    "Cropping1D": lambda d: (d.sequence(), {"cropping": d.one(1, (2, 1))}),
    "Cropping2D": lambda d: (d.image(), {"cropping": d.one(1, (1, 2), ((1, 0), (2, 1)))}),
    "UpSampling1D": lambda d: (d.sequence(), {"size": d.one(2, 3)}),
    "UpSampling2D": lambda d: (d.image(), {"size": d.one(2, (1, 3)), "interpolation": d.one("nearest", "bilinear")}),
    "UpSampling3D": lambda d: (d.volume(), {"size": 2}),
    "Resizing": lambda d: ((6, 5, 2), d.one({"height": 12, "width": 10}, {"height": 9, "width": 8})),
    "CenterCrop": lambda d: ((9, 8, 2), {"height": d.one(4, 5), "width": d.one(3, 4)}),
    "LSTM": lambda d: (d.sequence(), {"units": 3, **d.steps()}),
    "GRU": lambda d: (d.sequence(), {"units": 3, "reset_after": d.one(True, False), **d.steps()}),
    "SimpleRNN": lambda d: (d.sequence(), {"units": 3, **d.steps()}),
    "ConvLSTM2D": lambda d: (
        (3, 7, 7, 2),
        {"filters": 2, "kernel_size": 3, "padding": d.one("valid", "same"), "strides": d.one(1, 2), **d.steps()},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def keras() -> Any:
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")


def compare(keras: Any, layer: Any, shape: Shape, seed: int) -> cnncalc.Net:
    """Our network of one layer, or of a function, with Keras's, its weights drawn."""
    x = keras.Input(shape)
    model, draw = keras.Model(x, layer(x)), np.random.default_rng(seed)
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.path else (-1, 1)
        weight.assign(draw.uniform(low, high, weight.shape))
    net, x = cnncalc.from_keras(model), draw.uniform(-1, 1, (2, *shape)).astype(np.float32)
    got, want = net.build()(x), np.asarray(model(x).detach())
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= 2e-5 * max(1, np.abs(want).max())
    assert net.summary().totals.params == model.count_params()
    return net


@pytest.mark.parametrize("name", LAYERS)
def test_layers_alone(name: str, keras: Any) -> None:
    for seed in range(DRAWN):
        shape, settings = LAYERS[name](Draw(f"{name} {seed}"))
        compare(keras, getattr(keras.layers, name)(**settings), shape, seed)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_layers_in_both_directions(name: str, keras: Any) -> None:
    for seed, merge in enumerate(("concat", "sum", "ave", "mul")):
        shape, settings = LAYERS[name](Draw(f"both {name} {seed}"))
        inner = getattr(keras.layers, name)(**settings)
        compare(keras, keras.layers.Bidirectional(inner, merge_mode=merge), shape, seed)


TIMED = (
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "GlobalMaxPooling2D", "Flatten", "ZeroPadding2D",
    "Cropping2D", "UpSampling2D", "BatchNormalization", "LayerNormalization", "Dense", "Activation",
)  # fmt: skip


@pytest.mark.parametrize("name", TIMED)
def test_layers_at_each_step(name: str, keras: Any) -> None:
    for seed in range(DRAWN):
        _, settings = LAYERS[name](Draw(f"timed {name} {seed}"))
        compare(keras, keras.layers.TimeDistributed(getattr(keras.layers, name)(**settings)), (3, 9, 8, 4), seed)


def test_functions(keras: Any) -> None:
    ops, layers = keras.ops, keras.layers
    edges = ((0, 0), (1, 1), (0, 1), (0, 0))
    compare(keras, lambda x: ops.pad(x, edges, constant_values=0.5), (5, 6, 2), 0)
    net = compare(keras, lambda x: layers.MaxPooling2D(3)(ops.pad(x, edges, constant_values=-np.inf)), (5, 6, 2), 0)
    assert "maxpool: {name: max_pooling2d" in net.to_yaml()
    assert "padding: [[1, 1], [0, 1]]" in net.to_yaml()
    compare(keras, lambda x: ops.matmul(x, layers.Permute((2, 1))(x)), (5, 6), 0)
    compare(keras, lambda x: ops.mean(x, axis=(1, 2)) * 2 - 1, (5, 6, 2), 0)
    compare(keras, lambda x: ops.clip(-ops.relu(x + 1), 0, 6), (5, 6, 2), 0)
    compare(keras, lambda x: ops.transpose(ops.gelu(x), (0, 2, 1)), (5, 6), 0)


def test_a_model_that_does_not_say_its_layers(keras: Any) -> None:
    class Mine(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, first: int, *rest: int) -> None:
            super().__init__()

        def call(self, x: Any) -> Any:
            return x

    model = keras.Sequential([keras.Input((3,)), Mine(1, 2)])
    with pytest.raises(cnncalc.UsageError, match="has no config"):
        cnncalc.from_keras(model)
