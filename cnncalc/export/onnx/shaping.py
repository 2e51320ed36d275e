"""Dense layers, and kinds that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.onnx.builder import LAYOUT, Builder, axis_of, channel_axis
from cnncalc.export.order import differs, moved, rows_brought
from cnncalc.kinds.pad import ends
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row


def dense(out: Builder, row: Row, x: str) -> str:
    """Gemm of features, MatMul at each position. Flattened images and kernel rows are in ONNX's order."""
    kind: Any = row.layer.kind
    shape, arrays = row.xs[0], out.weights(row)
    kernel, flat = arrays["kernel"], out.flattened.get(row.layer.sources[0])
    if kind.flattens(shape):
        x, flat, shape = out.add("Flatten", x, axis=1), shape, Shape((), kernel.shape[0])
    if flat is not None:
        kernel = rows_brought(kernel, flat, out.summary.layout, LAYOUT)
    name = out.learned(row, "kernel", kernel)
    added = [out.learned(row, "bias")] if "bias" in arrays else []
    if shape.rank == 1:
        return str(out.add("Gemm", x, name, *added))
    y = out.add("MatMul", out.last(x, shape), name)
    return out.native(out.add("Add", y, *added) if added else y, row.output)


def _written(out: Builder, x: str, shape: Shape) -> str:
    """``x`` with its axes as the spec writes them."""
    return out.transpose(x, [0, *(axis + 1 for axis in moved(shape, LAYOUT, out.summary.layout))])


def _read(out: Builder, x: str, shape: Shape) -> str:
    """``x``, whose axes are as the spec writes them, as a value."""
    return out.transpose(x, [0, *(axis + 1 for axis in moved(shape, out.summary.layout, LAYOUT))])


def flatten(out: Builder, row: Row, x: str) -> str:
    """Flatten, in the order of the spec if that matters to its readers."""
    number = len(out.summary.inputs) + row.index
    if number not in out.flattened and differs(row.xs[0], LAYOUT, out.summary.layout):
        x = _written(out, x, row.xs[0])
    return str(out.add("Flatten", x, axis=1))


def reshape(out: Builder, row: Row, x: str) -> str:
    """Reshape, in the order of the spec."""
    y = out.reshape(_written(out, x, row.xs[0]), *row.output.written(out.summary.layout))
    return _read(out, y, row.output)


def permute(out: Builder, row: Row, x: str) -> str:
    """Transpose, its axes counted as the spec writes them."""
    kind: Any = row.layer.kind
    y = out.transpose(_written(out, x, row.xs[0]), [0, *kind.order])
    return _read(out, y, row.output)


def pad(out: Builder, row: Row, x: str) -> str:
    """Pad of the spatial axes."""
    kind: Any = row.layer.kind
    pairs = ends(kind.amount, row.xs[0])
    (begins, last), axes = zip(*pairs, strict=True), _spatial(row.xs[0])
    value = out.constant(float(kind.value))
    return str(out.add("Pad", x, out.constant([*begins, *last]), value, out.constant(axes)))


def crop(out: Builder, row: Row, x: str) -> str:
    """Slice of the spatial axes."""
    kind: Any = row.layer.kind
    for axis, (begin, _), size in zip(
        _spatial(row.xs[0]), ends(kind.amount, row.xs[0]), row.output.spatial, strict=True
    ):
        x = out.cut(x, axis, begin, begin + size)
    return x


def _spatial(shape: Shape) -> list[int]:
    return [axis_of(shape, axis) for axis in shape.axes[:-1]]


def split(out: Builder, row: Row, x: str) -> str:
    """Slice of the channels."""
    kind: Any = row.layer.kind
    return out.cut(x, channel_axis(row.output), *kind.span(row.xs[0]))


def slice(out: Builder, row: Row, x: str) -> str:
    """Slice of an axis."""
    kind: Any = row.layer.kind
    return out.cut(x, axis_of(row.xs[0], kind.axis), kind.start - 1, kind.stop)


def select(out: Builder, row: Row, x: str) -> str:
    """Gather of one position."""
    kind: Any = row.layer.kind
    return str(out.add("Gather", x, out.constant(kind.index - 1), axis=1))


def repeat_vector(out: Builder, row: Row, x: str) -> str:
    """Expand along a new axis."""
    kind: Any = row.layer.kind
    return str(out.add("Expand", out.add("Unsqueeze", x, out.constant([1])), out.constant([1, kind.times, 1])))


def concat(out: Builder, row: Row, *xs: str) -> str:
    """Concat."""
    kind: Any = row.layer.kind
    return str(out.add("Concat", *xs, axis=axis_of(row.output, kind.axis)))


def matmul(out: Builder, row: Row, a: str, b: str) -> str:
    """MatMul of two sequences."""
    kind: Any = row.layer.kind
    return str(out.add("MatMul", a, out.transpose(b, [0, 2, 1]) if kind.transpose else b))


def _reduction(op: str) -> Callable[..., str]:
    def reduce(out: Builder, row: Row, x: str) -> str:
        kind: Any = row.layer.kind
        shape = row.xs[0]
        axis = out.constant([shape.axes.index(kind.axis) + 1])
        return out.native(out.add(op, out.last(x, shape), axis, keepdims=int(kind.keepdims)), row.output)

    return reduce


def pixel_shuffle(out: Builder, row: Row, x: str) -> str:
    """DepthToSpace for an image; its steps for others."""
    kind: Any = row.layer.kind
    shape, r = row.xs[0], kind.factor
    if shape.rank == 3:
        return str(out.add("DepthToSpace", x, blocksize=r, mode="CRD"))
    axes = len(shape.spatial)
    blocks = out.reshape(out.first(x, shape), row.output.channels, *[r] * axes, *shape.spatial)
    pairs = [place for axis in range(axes) for place in (2 + axes + axis, 2 + axis)]
    together = out.transpose(blocks, [0, 1, *pairs])
    return out.back(out.reshape(together, row.output.channels, *row.output.spatial), row.output)


def pixel_unshuffle(out: Builder, row: Row, x: str) -> str:
    """Blocks split off, and their positions moved into the channels."""
    kind: Any = row.layer.kind
    shape, r = row.xs[0], kind.factor
    axes = len(shape.spatial)
    apart = [size for w in row.output.spatial for size in (w, r)]
    blocks = out.reshape(out.first(x, shape), shape.channels, *apart)
    order = [0, 1, *range(3, 3 + 2 * axes, 2), *range(2, 2 + 2 * axes, 2)]
    y = out.reshape(out.transpose(blocks, order), row.output.channels, *row.output.spatial)
    return out.back(y, row.output)


def channel_shuffle(out: Builder, row: Row, x: str) -> str:
    """Channels in groups, groups and places swapped, and flat again."""
    kind: Any = row.layer.kind
    shape = row.xs[0]
    x = out.first(x, shape)
    parts = out.reshape(x, kind.groups, shape.channels // kind.groups, *shape.spatial)
    swapped = out.transpose(parts, [0, 2, 1, *range(3, 3 + len(shape.spatial))])
    return out.back(out.reshape(swapped, shape.channels, *shape.spatial), shape)


KINDS: dict[str, Callable[..., str]] = {
    "dense": dense, "flatten": flatten, "reshape": reshape, "permute": permute, "pad": pad, "crop": crop,
    "split": split, "slice": slice, "select": select, "repeat_vector": repeat_vector, "concat": concat,
    "matmul": matmul, "sum": _reduction("ReduceSum"), "mean": _reduction("ReduceMean"),
    "pixel_shuffle": pixel_shuffle, "pixel_unshuffle": pixel_unshuffle, "channel_shuffle": channel_shuffle,
}  # fmt: skip
