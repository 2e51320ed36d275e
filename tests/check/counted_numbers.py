"""Outputs of small networks worked out in loops over lists: it knows what is drawn with numbers, and no arrays."""

from __future__ import annotations

from typing import Any

Map = list[list[int]]


def windows(x: Map, size: int, stride: int, pad: int = 0) -> list[list[Map]]:
    """Every window of a map with zeros around it."""
    wide = len(x[0]) + 2 * pad
    padded = [[0] * wide for _ in range(pad)] + [[0] * pad + row + [0] * pad for row in x] + [[0] * wide] * pad
    tops, lefts = range(0, len(padded) - size + 1, stride), range(0, wide - size + 1, stride)
    return [[[row[left : left + size] for row in padded[top : top + size]] for left in lefts] for top in tops]


def summed(window: Map, kernel: Map, bias: int = 0) -> int:
    return bias + sum(
        n * k for row, weights in zip(window, kernel, strict=True) for n, k in zip(row, weights, strict=True)
    )


def spread(x: Map, kernel: Map, stride: int) -> Map:
    """Each number times the kernel, put down at its place."""
    side = (len(x) - 1) * stride + len(kernel)
    y = [[0] * side for _ in range(side)]
    for top, row in enumerate(x):
        for left, number in enumerate(row):
            for i, weights in enumerate(kernel):
                for j, weight in enumerate(weights):
                    y[top * stride + i][left * stride + j] += number * weight
    return y


def output(layers: list[Any], values: dict[str, Any]) -> Any:
    """What the last layer puts out."""
    x = values["input"]
    for layer in layers:
        ((kind, fields),) = layer.items()
        name = fields["name"]
        kernel, bias = values.get(f"{name}.kernel"), values.get(f"{name}.bias", [0])
        if kind == "conv":
            found = windows(x, fields["kernel"], fields.get("stride", 1), fields.get("padding", 0))
            x = [[summed(window, kernel, bias[0]) for window in row] for row in found]
        elif kind == "transposed_conv":
            x = spread(x, kernel, fields["stride"])
        elif kind == "dense":
            x = [sum(n * row[unit] for n, row in zip(x, kernel, strict=True)) + b for unit, b in enumerate(bias)]
        elif kind in ("maxpool", "avgpool"):
            size = fields["size"]
            found = windows(x, size, fields.get("stride", size))
            flat = [[[n for line in window for n in line] for window in row] for row in found]
            x = [[max(w) if kind == "maxpool" else sum(w) / len(w) for w in row] for row in flat]
        if kind == "relu" or fields.get("activation") == "relu":
            x = [max(0, n) if isinstance(n, int) else [max(0, m) for m in n] for n in x]
    return x
