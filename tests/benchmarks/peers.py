"""The networks of ``specs/`` in the peers' own terms, for the engine's benchmark."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.engine import weights
from cnncalc.engine.kernels.window import border

Runner = Callable[[], Any]


class Graph:
    """A network of the common kinds, for the peers: each method gives one row in the peer's own terms."""

    KINDS = ("conv", "depthwise_conv", "batchnorm", "relu", "relu6", "maxpool", "avgpool", "global_avgpool", "dense",
             "add", "concat", "dropout", "lrn", "softmax", "flatten")  # fmt: skip

    def __init__(self, summary: Any, arrays: dict[str, np.ndarray]) -> None:
        unknown = sorted({row.kind for row in summary.rows} - set(self.KINDS))
        if unknown:
            sys.exit(f"the peers are not written for {', '.join(unknown)}")
        self.summary, self.arrays = summary, arrays

    def own(self, row: Any) -> dict[str, np.ndarray]:
        return weights.of(self.summary, row, self.arrays)

    def pads(self, row: Any) -> tuple[list[int], list[int]]:
        """Padding before and behind each axis."""
        before, behind = zip(*border(row.layer.kind.windows(row.xs[0]), row.output.spatial), strict=True)
        return list(before), list(behind)

    def kernel(self, row: Any) -> np.ndarray:
        """``[filters, C/groups, H, W]``."""
        kernel = self.own(row)["kernel"]
        if row.kind == "depthwise_conv":
            kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
        return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))

    def dense_kernel(self, row: Any) -> np.ndarray:
        """``[units, in]`` for an input flattened channels first."""
        kernel, (x,) = self.own(row)["kernel"], row.xs
        if x.spatial and self.summary.layout == "channels_last":
            kernel = kernel.reshape(*x.sizes, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
        return np.ascontiguousarray(kernel.T)

    @staticmethod
    def groups(row: Any) -> int:
        return row.xs[0].channels if row.kind == "depthwise_conv" else row.layer.kind.groups


class Torch(Graph):
    """PyTorch eager: one call of ``torch.nn.functional`` a row, weights in the memory format of the images."""

    def __init__(self, torch: Any, summary: Any, arrays: dict[str, np.ndarray], last: bool) -> None:
        super().__init__(summary, arrays)
        self.torch, self.F = torch, torch.nn.functional
        self.format = {"memory_format": torch.channels_last if last else torch.contiguous_format}
        self.steps = [
            (row.layer.sources, self.with_activation(row, getattr(self, row.kind)(row))) for row in summary.rows
        ]

    def runner(self, x: np.ndarray) -> Runner:
        image = self.torch.from_numpy(np.ascontiguousarray(x)).to(**self.format)

        def run() -> Any:
            with self.torch.inference_mode():
                values = [image]
                for sources, step in self.steps:
                    values.append(step(*(values[s] for s in sources)))
                return values[-1]

        return run

    def with_activation(self, row: Any, step: Any) -> Any:
        act = getattr(row.layer.kind, "activation", None)
        if act is None:
            return step
        function = {"relu": self.F.relu_, "relu6": self.relu6(row)}.get(act) or getattr(self.F, act)
        return lambda *xs: function(step(*xs))

    def tensor(self, array: np.ndarray) -> Any:
        tensor = self.torch.from_numpy(np.ascontiguousarray(array))
        return tensor.to(**self.format) if tensor.ndim == 4 else tensor

    def conv(self, row: Any) -> Any:
        kind, own = row.layer.kind, self.own(row)
        kernel, bias = self.tensor(self.kernel(row)), self.tensor(own["bias"]) if "bias" in own else None
        (top, left), (bottom, right) = self.pads(row)
        groups, even = self.groups(row), (top, left) == (bottom, right)
        padding = (top, left) if even else 0

        def step(x: Any) -> Any:
            x = x if even else self.F.pad(x, (left, right, top, bottom))
            return self.F.conv2d(x, kernel, bias, kind.stride, padding, kind.dilation if groups == 1 else 1, groups)

        return step

    depthwise_conv = conv

    def batchnorm(self, row: Any) -> Any:
        own = {name: self.tensor(array) for name, array in self.own(row).items()}
        return lambda x: self.F.batch_norm(
            x, own["moving_mean"], own["moving_variance"], own.get("gamma"), own.get("beta"), eps=row.layer.kind.eps
        )

    def relu(self, row: Any) -> Any:
        return lambda x: self.F.relu(x, inplace=True)

    def relu6(self, row: Any) -> Any:
        return lambda x: self.F.hardtanh(x, 0.0, 6.0, inplace=True)

    def maxpool(self, row: Any) -> Any:
        kind = row.layer.kind
        return lambda x: self.F.max_pool2d(x, kind.size, kind.stride, kind.padding, ceil_mode=kind.ceil_mode)

    def avgpool(self, row: Any) -> Any:
        kind = row.layer.kind
        return lambda x: self.F.avg_pool2d(x, kind.size, kind.stride, kind.padding)

    def global_avgpool(self, row: Any) -> Any:
        return lambda x: x.mean((2, 3))

    def dense(self, row: Any) -> Any:
        kernel, own = self.tensor(self.dense_kernel(row)), self.own(row)
        bias = self.tensor(own["bias"]) if "bias" in own else None
        return lambda x: self.F.linear(x.flatten(1), kernel, bias)

    def add(self, row: Any) -> Any:
        return lambda a, b: a + b

    def concat(self, row: Any) -> Any:
        return lambda *xs: self.torch.cat(xs, 1)

    def dropout(self, row: Any) -> Any:
        return lambda x: x

    def flatten(self, row: Any) -> Any:
        return lambda x: x.flatten(1)

    def lrn(self, row: Any) -> Any:
        kind = row.layer.kind
        return lambda x: self.F.local_response_norm(x, kind.size, kind.alpha, kind.beta, kind.k)

    def softmax(self, row: Any) -> Any:
        return lambda x: self.F.softmax(x, 1)


class Onnx(Graph):
    """onnxruntime, all of its optimisations."""

    def __init__(self, summary: Any, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(summary, arrays)
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def runner(self, x: np.ndarray, threads: int) -> Runner:
        import onnx
        import onnxruntime

        self.helper, self.numpy = onnx.helper, onnx.numpy_helper
        names = ["x"]
        for number, row in enumerate(self.summary.rows):
            names.append(self.row(row, [names[s] for s in row.layer.sources], f"v{number}"))
        image = self.helper.make_tensor_value_info("x", 1, list(x.shape))
        out = self.helper.make_tensor_value_info(names[-1], 1, None)
        graph = self.helper.make_graph(self.nodes, "g", [image], [out], self.initializers)
        model = self.helper.make_model(graph, opset_imports=[self.helper.make_opsetid("", 17)], ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        feed = {"x": np.ascontiguousarray(x)}
        return lambda: session.run(None, feed)[0]

    def put(self, op: str, inputs: list[str], name: str, **attributes: Any) -> str:
        self.nodes.append(self.helper.make_node(op, inputs, [name], **attributes))
        return name

    def weight(self, name: str, array: np.ndarray) -> str:
        self.initializers.append(self.numpy.from_array(np.ascontiguousarray(array), name))
        return name

    def row(self, row: Any, xs: list[str], name: str) -> str:
        act = getattr(row.layer.kind, "activation", None)
        y = getattr(self, row.kind)(row, xs, name if act is None else f"{name}.a")
        return y if act is None else self.activation(act, y, name)

    def activation(self, word: str, x: str, name: str) -> str:
        if word == "relu6":
            low, high = (self.weight(f"{name}.{n}", np.float32(n)) for n in (0, 6))
            return self.put("Clip", [x, low, high], name)
        return self.put({"relu": "Relu", "softmax": "Softmax"}[word], [x], name)

    def conv(self, row: Any, xs: list[str], name: str) -> str:
        own, (before, behind) = self.own(row), self.pads(row)
        inputs = [*xs, self.weight(f"{name}.w", self.kernel(row))]
        inputs += [self.weight(f"{name}.b", own["bias"])] if "bias" in own else []
        strides = [w.stride for w in row.layer.kind.windows(row.xs[0])]
        return self.put("Conv", inputs, name, strides=strides, pads=before + behind, group=self.groups(row))

    depthwise_conv = conv

    def batchnorm(self, row: Any, xs: list[str], name: str) -> str:
        own, count = self.own(row), row.output.channels
        arrays = (own.get("gamma", np.ones(count, "f4")), own.get("beta", np.zeros(count, "f4")), own["moving_mean"],
                  own["moving_variance"])  # fmt: skip
        inputs = [self.weight(f"{name}.{i}", array) for i, array in enumerate(arrays)]
        return self.put("BatchNormalization", xs + inputs, name, epsilon=row.layer.kind.eps)

    def relu(self, row: Any, xs: list[str], name: str) -> str:
        return self.activation("relu", *xs, name)

    def relu6(self, row: Any, xs: list[str], name: str) -> str:
        return self.activation("relu6", *xs, name)

    def softmax(self, row: Any, xs: list[str], name: str) -> str:
        return self.activation("softmax", *xs, name)

    def maxpool(self, row: Any, xs: list[str], name: str, op: str = "MaxPool") -> str:
        windows, (before, behind) = row.layer.kind.windows(row.xs[0]), self.pads(row)
        return self.put(op, xs, name, kernel_shape=[w.kernel for w in windows], strides=[w.stride for w in windows],
                        pads=before + behind)  # fmt: skip

    def avgpool(self, row: Any, xs: list[str], name: str) -> str:
        return self.maxpool(row, xs, name, "AveragePool")

    def global_avgpool(self, row: Any, xs: list[str], name: str) -> str:
        return self.put("Flatten", [self.put("GlobalAveragePool", xs, f"{name}.g")], name)

    def dense(self, row: Any, xs: list[str], name: str) -> str:
        own = self.own(row)
        inputs = [self.put("Flatten", xs, f"{name}.f"), self.weight(f"{name}.w", self.dense_kernel(row))]
        inputs += [self.weight(f"{name}.b", own["bias"])] if "bias" in own else []
        return self.put("Gemm", inputs, name, transB=1)

    def add(self, row: Any, xs: list[str], name: str) -> str:
        return self.put("Add", xs, name)

    def concat(self, row: Any, xs: list[str], name: str) -> str:
        return self.put("Concat", xs, name, axis=1)

    def dropout(self, row: Any, xs: list[str], name: str) -> str:
        return self.put("Identity", xs, name)

    def flatten(self, row: Any, xs: list[str], name: str) -> str:
        return self.put("Flatten", xs, name)

    def lrn(self, row: Any, xs: list[str], name: str) -> str:
        kind = row.layer.kind
        return self.put("LRN", xs, name, size=kind.size, alpha=kind.alpha, beta=kind.beta, bias=kind.k)
