"""Writes small models of Keras with what Keras gives for them: ``python tests/models/record_keras.py`` (needs Keras).

Each is a ``.keras`` file with seeded weights; ``<name>-keras.npz`` holds its inputs, its outputs and, of each layer,
the sizes of its output and its parameters. ``branches.json`` and ``specs/models/digits.json`` are
configs alone.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers as L

HERE = Path(__file__).with_name("recorded")


def image() -> Any:
    """Every layer with a window, one after the other."""
    return keras.Sequential([
        keras.Input((16, 12, 3)), L.Conv2D(6, 3, strides=2, padding="same", activation="relu6"),
        L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False), L.BatchNormalization(),
        L.PReLU(shared_axes=[1, 2]), L.SeparableConv2D(8, 3, padding="same", activation="silu"),
        L.MaxPooling2D(3, strides=2, padding="same"), L.Conv2DTranspose(6, 3, strides=2, padding="same"),
        L.LeakyReLU(0.2), L.Conv2DTranspose(4, 2, strides=3), L.AveragePooling2D(3, strides=1, padding="same"),
        L.UpSampling2D(2, interpolation="bilinear"), L.ZeroPadding2D(((1, 0), (0, 2))), L.Cropping2D(1),
        L.Conv2D(8, 3, dilation_rate=2, groups=2, activation="leaky_relu"), L.GroupNormalization(4),
        L.SpatialDropout2D(0.2), L.Flatten(), L.Dense(7, trainable=False), L.RepeatVector(5), L.Permute((2, 1)),
        L.Conv1D(4, 3, padding="causal", activation="gelu"), L.GlobalMaxPooling1D(), L.Softmax(),
    ])  # fmt: skip


def branches() -> Any:
    """Two inputs, two outputs one of which is read on, a layer called twice, a model inside, functions of numbers."""
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    shared = L.Conv2D(4, 3, padding="same", activation="swish", name="shared")
    inner = keras.Sequential([L.Conv2D(4, 1, name="c"), L.BatchNormalization(name="n")], name="inner")
    a, b = shared(left), shared(L.Rescaling(1 / 127.5, -1.0)(right))
    a, b = inner(a), inner(b)
    x = L.Add(name="sum")([a, b * 2.0 + 1.0])
    gate = L.GlobalAveragePooling2D(keepdims=True)(x)
    gate = L.ReLU(6.0)(L.Conv2D(4, 1)(gate) + 3.0) * (1 / 6)
    x = L.Multiply(name="gated")([x, gate])
    x = L.Concatenate()([x, keras.ops.relu(a), L.Normalization(mean=[0.1] * 3, variance=[0.5, 1, 2])(left)])
    y = keras.ops.reshape(x, (-1, 8, 88))
    first = L.Dense(3, activation="tanh", name="first")(L.GlobalAveragePooling1D()(y))
    return keras.Model([left, right], [first, L.Dense(2, name="second")(first)], name="branches")


def sequence() -> Any:
    """Tokens through recurrent layers and attention."""
    tokens = keras.Input((9,), dtype="int32")
    x = L.Embedding(11, 6)(tokens)
    x = L.Bidirectional(L.LSTM(4, return_sequences=True))(x)
    x = L.TimeDistributed(L.Dense(6, activation="relu"))(x)
    x = L.LayerNormalization()(x + L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True))
    x = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum")(x)
    x = L.SimpleRNN(5, return_sequences=True)(x)
    x = L.GRU(5, reset_after=False, use_bias=False)(x)
    return keras.Model(tokens, L.Dense(2, activation="softmax")(x), name="sequence")


def video() -> Any:
    """Images in time."""
    conv = L.Conv2D(4, 3, strides=2, padding="same", activation="relu")
    each = keras.Sequential([conv, L.MaxPooling2D(2), L.Flatten()], name="each")
    x = frames = keras.Input((4, 8, 8, 2))
    x = L.ConvLSTM2D(3, 3, padding="same", return_sequences=True)(x)
    x = L.Conv3D(3, (2, 3, 3), padding="same")(x)
    x = L.TimeDistributed(L.SeparableConv2D(3, 3))(x)
    x = L.LSTM(5)(L.TimeDistributed(each)(x))
    return keras.Model(frames, L.Dense(2)(x), name="video")


def first() -> Any:
    """Channels first."""
    form: dict[str, Any] = {"data_format": "channels_first"}
    return keras.Sequential([
        keras.Input((3, 10, 8)), L.Conv2D(4, 3, **form), L.BatchNormalization(axis=1), L.ReLU(),
        L.MaxPooling2D(2, **form), L.Flatten(), L.Dense(3)], name="first")  # fmt: skip


MODELS: dict[str, Callable[[], Any]] = {
    "image": image, "branches": branches, "sequence": sequence, "video": video, "first": first,
}  # fmt: skip


def rows(model: Any, path: str = "") -> dict[str, tuple[list[int], int]]:
    """The sizes of what each layer gives, and its parameters; models inside are written out."""
    found = {}
    for layer in model.layers:
        inner = layer.layer if isinstance(layer, L.TimeDistributed) else layer
        if isinstance(inner, keras.Model):
            found |= rows(inner, f"{path}{layer.name}.")
        elif not isinstance(layer, L.InputLayer) and not path:
            several = len(layer._inbound_nodes) > 1
            found[layer.name] = [] if several else list(layer.output.shape[1:]), layer.count_params()
        elif not isinstance(layer, L.InputLayer):
            found[path + layer.name] = [], layer.count_params()
    return found


def digits() -> Any:
    """The network of keras.io/examples/vision/mnist_convnet, of 34,826 parameters."""
    return keras.Sequential([
        keras.Input((28, 28, 1)), L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(), L.Dropout(0.5),
        L.Dense(10, activation="softmax")], name="digits")  # fmt: skip


def pack(path: Path) -> None:
    """Compress what Keras puts into the zip as it is: empty places of HDF5."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def main() -> None:
    """Weights are drawn so that no two are equal."""
    keras.utils.clear_session()
    (HERE.parents[2] / "specs" / "models" / "digits.json").write_text(digits().to_json() + "\n")
    for name, make in MODELS.items():
        keras.utils.clear_session()
        model, draw = make(), np.random.default_rng(len(name))
        for weight in model.weights:
            low, high = (0.5, 1.5) if weight.path.endswith(("variance", "gamma")) else (-0.4, 0.4)
            weight.assign(draw.uniform(low, high, weight.shape))
        inputs = {
            x.name: draw.integers(0, 11, (2, *x.shape[1:])) if x.dtype == "int32" else draw.random((2, *x.shape[1:]))
            for x in model.inputs
        }
        values = [x.astype("int32" if x.dtype == np.int64 else "float32") for x in inputs.values()]
        found = model(values if len(values) > 1 else values[0])
        outputs = [np.asarray(y.detach()) for y in (found if isinstance(found, list) else [found])]
        counts = [model.count_params(), sum(int(np.prod(w.shape)) for w in model.trainable_weights)]
        arrays = {f"input {key}": x for key, x in zip(inputs, values, strict=True)}
        arrays |= {f"output {number}": y for number, y in enumerate(outputs)}
        np.savez_compressed(HERE / f"{name}-keras.npz", rows=json.dumps(rows(model)), counts=counts, **arrays)
        model.save(HERE / f"{name}.keras")
        if name == "branches":
            (HERE / f"{name}.json").write_text(model.to_json() + "\n")
        else:
            pack(HERE / f"{name}.keras")


if __name__ == "__main__":
    main()
