"""Parsed spec to summary, in process: VGG-16 and ResNet-50 against torchinfo on the meta device and onnx.

    python tests/benchmarks/bench_summary.py

Peers get their model ready made (torchinfo a module on the meta device, onnx a graph whose weights have sizes only), so
the time is that of the sizes, parameters and multiply-accumulates alone. Of cnncalc there are three: ``spec`` from the
parsed spec, blocks and names resolved each time; ``first`` a network resolved and never worked out before; ``again``
the same network once more, as torchinfo works on the same module.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cnncalc import Limits, load, network
from cnncalc.spec import document, reader, source
from cnncalc.summary import infer
from cnncalc.summary.rows import Row, Summary

SPECS = Path(__file__).parents[2] / "specs"


Work = Callable[[Any], object]


def ours(path: Path) -> dict[str, tuple[Work, Callable[[], Any]]]:
    """What is measured of cnncalc: the work, and what is made for it outside the clock."""
    limits = Limits()
    spec = document.read(reader.read(source.load(str(path), limits), limits), limits)
    resolved = network.build(spec)
    return {
        "cnncalc, spec": (lambda _: numbers(infer.infer(network.build(spec))), lambda: None),
        "cnncalc, first": (lambda fresh: numbers(infer.infer(fresh)), lambda: network.build(spec)),
        "cnncalc, again": (lambda _: numbers(infer.infer(resolved)), lambda: None),
    }


def numbers(summary: Summary) -> tuple[int, int]:
    """The totals that every peer works out too (onnx sizes only)."""
    return summary.totals.params, summary.totals.macs


def torched(summary: Summary) -> Any:
    """The network as a PyTorch module on the meta device."""
    import torch
    from torch import nn

    def activated(row: Row, module: nn.Module) -> nn.Module:
        return nn.Sequential(module, nn.ReLU()) if getattr(row.layer.kind, "activation", None) == "relu" else module

    def made(row: Row) -> nn.Module:
        kind: Any = row.layer.kind
        if row.kind == "conv":
            sizes = (row.xs[0].channels, kind.filters, kind.kernel, kind.stride, kind.padding)
            return activated(row, nn.Conv2d(*sizes, bias=kind.bias))
        if row.kind == "dense":
            flat = nn.Flatten() if row.xs[0].spatial else nn.Identity()
            return activated(row, nn.Sequential(flat, nn.Linear(*row.weights["kernel"])))
        if row.kind == "batchnorm":
            return nn.BatchNorm2d(row.output.channels)
        if row.kind == "maxpool":
            return nn.MaxPool2d(kind.size, kind.stride, kind.padding)
        if row.kind == "global_avgpool":
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.ReLU() if row.kind in ("relu", "add") else nn.Identity()

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList(made(row) for row in summary.rows)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            known = [x]
            for row, part in zip(summary.rows, self.parts, strict=True):
                operands = [known[number] for number in row.layer.sources]
                known.append(part(operands[0] if len(operands) == 1 else operands[0] + operands[1]))
            return known[-1]

    with torch.device("meta"):
        return Model()


def onnxed(summary: Summary) -> Any:
    """The network as an ONNX graph; weights are inputs with their sizes."""
    from onnx import TensorProto, helper

    (x,) = summary.inputs.values()
    inputs = [helper.make_tensor_value_info("v0", TensorProto.FLOAT, [1, x.channels, *x.spatial])]
    nodes = []

    def weight(name: str, sizes: list[int]) -> str:
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
        return name

    def node(operator: str, operands: list[str], output: str, **attributes: Any) -> None:
        nodes.append(helper.make_node(operator, operands, [output], **attributes))

    for index, row in enumerate(summary.rows):
        kind: Any = row.layer.kind
        read, out = [f"v{number}" for number in row.layer.sources], f"v{index + 1}"
        plain = f"{out}_sum" if getattr(kind, "activation", None) == "relu" else out
        if row.kind == "conv":
            *spatial, channels, filters = row.weights["kernel"]
            read.append(weight(f"w{index}", [filters, channels, *spatial]))
            read += [weight(f"b{index}", [filters])] if kind.bias else []
            node("Conv", read, plain, strides=[kind.stride] * 2, pads=[kind.padding] * 4)
        elif row.kind == "dense":
            node("Flatten", read, f"{out}_flat")
            sizes = list(row.weights["kernel"])
            node("Gemm", [f"{out}_flat", weight(f"w{index}", sizes), weight(f"b{index}", sizes[1:])], plain)
        elif row.kind == "batchnorm":
            four = [weight(f"{name}{index}", [row.output.channels]) for name in ("scale", "shift", "mean", "variance")]
            node("BatchNormalization", read + four, plain)
        elif row.kind == "maxpool":
            settings = {"kernel_shape": [kind.size] * 2, "strides": [kind.stride] * 2, "pads": [kind.padding] * 4}
            node("MaxPool", read, plain, **settings)
        elif row.kind == "global_avgpool":
            node("GlobalAveragePool", read, plain)
        else:
            node({"add": "Add", "relu": "Relu"}.get(row.kind, "Identity"), read, plain)
        if plain != out:
            node("Relu", [plain], out)
    result = helper.make_tensor_value_info(out, TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "peer", inputs, [result]))


def peers(summary: Summary) -> dict[str, tuple[Work, Callable[[], Any]]]:
    """The peers that are installed."""
    found: dict[str, tuple[Work, Callable[[], Any]]] = {}
    try:
        import torchinfo

        model, (x,) = torched(summary), summary.inputs.values()
        size = (1, x.channels, *x.spatial)
        result = torchinfo.summary(model, input_size=size, device="meta", verbose=0)
        trainable = summary.totals.trainable_params
        assert result.trainable_params == trainable, (result.trainable_params, trainable)
        work = partial(torchinfo.summary, input_size=size, device="meta", verbose=0)
        found["torchinfo"] = (work, lambda: model)
    except ImportError:
        print("torchinfo is not installed")
    try:
        from onnx import shape_inference

        graph = onnxed(summary)
        inferred = shape_inference.infer_shapes(graph, strict_mode=True)
        sizes = [d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
        assert sizes[1:2] == [summary.rows[-1].output.channels], sizes
        found["onnx.shape_inference"] = (shape_inference.infer_shapes, lambda: graph)
    except ImportError:
        print("onnx is not installed")
    return found


def seconds(work: Work, prepare: Callable[[], Any], least: float = 0.5) -> float:
    """The median time of ``work``, run for at least so many seconds."""
    taken: list[float] = []
    while sum(taken) < least or len(taken) < 5:
        prepared = prepare()
        start = time.perf_counter()
        work(prepared)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print networks a second, and how many times as fast as each peer."""
    for name in ("vgg-16", "resnet-50"):
        path = SPECS / f"{name}.yaml"
        summary = load(str(path)).summary()
        print(f"{name}: {len(summary.rows)} rows, {summary.totals.params:,} parameters")
        others = peers(summary)
        taken = {what: seconds(*work) for what, work in (ours(path) | others).items()}
        for what, time_ in taken.items():
            ratios = [f"{taken[peer] / time_:8.1f}× {peer}" for peer in others if what.startswith("cnncalc")]
            print(f"  {what:22} {1e6 * time_:10.1f} µs  {1 / time_:10.1f} networks/s ", *ratios)


if __name__ == "__main__":
    main()
