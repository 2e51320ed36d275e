"""The official ONNX node conformance cases, turned into specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import ENGINES
from cnncalc.engine.model import Model

pytestmark = pytest.mark.oracle
onnx = pytest.importorskip("onnx")
from onnx import numpy_helper  # noqa: E402

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
SIMPLE = {
    "Relu": "relu", "Elu": "elu", "Celu": "celu", "Selu": "selu", "Gelu": "gelu", "Mish": "mish", "Sigmoid": "sigmoid",
    "HardSwish": "hard_swish", "Tanh": "tanh", "Softplus": "softplus", "Softsign": "softsign",
    "LeakyRelu": "leaky_relu", "Softmax": "softmax", "LogSoftmax": "log_softmax", "GlobalMaxPool": "global_maxpool",
    "GlobalAveragePool": "global_avgpool",
}  # fmt: skip
PREFIXES = (
    "basic_conv", "conv_", "convtranspose", "maxpool", "averagepool", "batchnorm", "globalaveragepool",
    "globalmaxpool", "relu", "leakyrelu", "elu", "celu", "selu", "gelu", "mish", "sigmoid", "hardswish", "tanh",
    "softplus", "softsign", "softmax", "logsoftmax", "prelu", "instancenorm", "lrn", "lppool",
)  # fmt: skip
#: Cases of another rule than SPEC 2, each with the reason.
OUTSIDE = {
    "softmax over another axis than the channels": (
        "softmax_axis_0", "softmax_default_axis", "softmax_large_number", "softmax_axis_2", "softmax_negative_axis",
        "logsoftmax_axis_0", "logsoftmax_default_axis", "logsoftmax_large_number", "logsoftmax_axis_2",
        "logsoftmax_negative_axis",
    ),
    "whole numbers (uint8)": ("maxpool_2d_uint8",),
}  # fmt: skip
ROUNDED = ("averagepool_2d_ceil_last_window_starts_on_pad",)  # its output is written with four digits


def cases() -> list[str]:
    skipped = {name for names in OUTSIDE.values() for name in names}
    found = []
    for folder in sorted(FOLDER.iterdir()):
        name = folder.name.removeprefix("test_")
        if name.startswith(PREFIXES) and "expanded" not in name and "training" not in name and name not in skipped:
            found.append(name)
    return found


class Case:
    """One node: its operator, attributes, and its inputs and output as arrays (``[batch, C, spatial...]``)."""

    def __init__(self, name: str) -> None:
        folder = FOLDER / f"test_{name}"
        (self.node,) = onnx.load(folder / "model.onnx").graph.node
        self.op = self.node.op_type
        self.attributes = {a.name: onnx.helper.get_attribute_value(a) for a in self.node.attribute}
        data = folder / "test_data_set_0"
        self.arrays = [self.read(data / f"input_{i}.pb") for i in range(len(self.node.input))]
        self.output = self.read(data / "output_0.pb")

    @staticmethod
    def read(path: Path) -> np.ndarray:
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        return numpy_helper.to_array(tensor)

    def get(self, name: str, default: Any = None) -> Any:
        return self.attributes.get(name, default)

    @property
    def padding(self) -> Any:
        word = {b"SAME_UPPER": "same", b"SAME_LOWER": "same_lower", b"VALID": "valid"}.get(self.get("auto_pad"))
        pads = self.get("pads", [0] * 2 * (self.arrays[0].ndim - 2))
        half = len(pads) // 2
        return word or [[pads[i], pads[half + i]] for i in range(half)]

    def layer(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        """The kind, its fields and its weights."""
        if self.op in SIMPLE:
            return self.simple()
        return getattr(self, f"as_{self.op.lower()}")()

    def simple(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        fields: dict[str, Any] = {}
        if self.op == "LeakyRelu":
            fields["slope"] = round(self.get("alpha", 0.01), 6)
        if self.op == "Gelu":
            fields["approximate"] = self.get("approximate") == b"tanh"
        if self.op.startswith("Global"):
            fields["keepdims"] = True
        if self.op in ("Elu", "Celu", "Selu") and self.get("alpha", 1.0) != 1.0 and self.op != "Selu":
            pytest.skip("alpha is 1 here")
        if self.op == "Selu" and "gamma" in self.attributes:
            pytest.skip("alpha and gamma are those of the paper here")
        return SIMPLE[self.op], fields, {}

    def windowed(self, name: str, sizes: Any) -> dict[str, Any]:
        fields = {name: list(sizes), "stride": self.get("strides", [1] * len(sizes)), "padding": self.padding}
        return fields | ({"dilation": self.get("dilations")} if self.get("dilations") else {})

    def as_conv(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        w = self.arrays[1]
        fields = {"filters": len(w), **self.windowed("kernel", w.shape[2:]), "groups": self.get("group", 1)}
        weights = {"kernel": np.moveaxis(w, (0, 1), (-1, -2))}
        return "conv", *self.biased(fields, weights)

    def as_convtranspose(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        if "output_shape" in self.attributes:
            pytest.skip("the output shape follows from the fields here")
        w, groups = self.arrays[1], self.get("group", 1)
        fields = {"filters": w.shape[1] * groups, **self.windowed("kernel", w.shape[2:]), "groups": groups}
        if any(extra := self.get("output_padding", [])):
            fields["output_padding"] = extra
        return "transposed_conv", *self.biased(fields, {"kernel": np.moveaxis(w, (0, 1), (-2, -1))})

    def biased(self, fields: dict[str, Any], weights: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Any]]:
        if len(self.arrays) > 2:
            weights["bias"] = self.arrays[2]
        return {**fields, "bias": len(self.arrays) > 2}, weights

    def pool(self) -> dict[str, Any]:
        return {**self.windowed("size", self.get("kernel_shape")), "ceil_mode": bool(self.get("ceil_mode", 0))}

    def as_maxpool(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        return "maxpool", self.pool(), {}

    def as_averagepool(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        fields = self.pool() | {"count_include_pad": bool(self.get("count_include_pad", 0))}
        if set(fields.pop("dilation", [1])) != {1}:
            pytest.skip("avgpool has no dilation here")
        return "avgpool", fields, {}

    def as_lppool(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        fields = self.pool() | {"p": self.get("p", 2)}
        if set(fields.pop("dilation", [1])) != {1}:
            pytest.skip("lppool has no dilation here")
        return "lppool", fields, {}

    def as_batchnormalization(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        return (
            "batchnorm",
            {"eps": float(np.float32(self.get("epsilon", 1e-5)))},
            dict(zip(names, self.arrays[1:], strict=True)),
        )

    def as_instancenormalization(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        fields = {"eps": float(self.get("epsilon", 1e-5)), "scale": True, "center": True}
        return "instancenorm", fields, {"gamma": self.arrays[1], "beta": self.arrays[2]}

    def as_lrn(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        names = {"size": None, "alpha": 1e-4, "beta": 0.75, "bias": 1.0}
        got = {name: self.get(name, default) for name, default in names.items()}
        return "lrn", {"size": got["size"], "alpha": got["alpha"], "beta": got["beta"], "k": got["bias"]}, {}

    def as_prelu(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        if self.arrays[1].size != 1:
            pytest.skip("a slope for each number")
        return "prelu", {"shared": True}, {"alpha": self.arrays[1].reshape(1)}


def written(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float):
        return f"{value:.12f}"
    return str(value).lower()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", cases())
def test_the_node_puts_out_what_onnx_says(name: str, engine: str) -> None:
    case = Case(name)
    x, wanted = case.arrays[0], case.output
    if x.dtype != np.float32:
        pytest.skip(f"{x.dtype}")
    word, fields, weights = case.layer()
    if x.ndim < 3:  # a vector, without a batch axis
        x, wanted = np.atleast_2d(x), np.atleast_2d(wanted)
    if x.ndim == 3:  # a sequence has its features last
        x, wanted = x.swapaxes(1, 2), wanted.swapaxes(1, 2)
    listed = ", ".join(f"{key}: {written(value)}" for key, value in fields.items())
    text = f"layout: channels_first\ninput: {list(x.shape[1:])}\nlayers: [{{{word}: {{name: n, {listed}}}}}]"
    try:
        summary = cnncalc.parse(text).summary()
    except cnncalc.SpecError as error:
        if "half its window" in str(error):
            pytest.skip("more padding than half the window")
        raise
    arrays = {f"n/{key}": np.ascontiguousarray(array) for key, array in weights.items()}
    got = Model(summary, arrays, cnncalc.Limits(), engine)(x)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=6e-5 if name in ROUNDED else 1e-5)


def test_enough_cases_are_there() -> None:
    assert len(cases()) > 60
