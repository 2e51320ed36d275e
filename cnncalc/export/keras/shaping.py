"""Dense layers, and kinds that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments
from cnncalc.export.keras.pointwise import LAYOUT
from cnncalc.export.keras.windows import ended
from cnncalc.export.missing import Untranslated
from cnncalc.export.order import differs, flattened, moved
from cnncalc.kinds.pad import ends
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row


def dense(row: Row) -> Said:
    """layers.Dense; an image is flattened in Keras's order, and so are the rows of the kernel."""
    kind: Any = row.layer.kind
    if kind.weight_norm or row.layer.tie is not None:
        raise Untranslated("dense with weight_norm" if kind.weight_norm else "a dense layer with another's kernel")
    shape = row.xs[0]
    flat = flattened(row.summary, LAYOUT).get(row.layer.sources[0])
    call = "{m}({0})"
    if kind.flattens(shape):
        call = "layers.Flatten()({0})\n{m}({0})"
        flat = shape if differs(shape, row.summary.layout, LAYOUT) else None
    loads = ""
    if flat is not None:
        order = tuple(moved(flat, row.summary.layout, LAYOUT))
        loads = f"flattened(w, {tuple(flat.written(row.summary.layout))}, {order})"
    return Said(f"layers.Dense({arguments(kind.units, **ended(row))})", call, loads)


def _permuted(x: str, order: list[int]) -> str:
    if order == sorted(order):
        return x
    return f"layers.Permute({tuple(place + 1 for place in order)})({x})"


def _written(shape: Shape, layout: str) -> str:
    """A value with its axes as the spec writes them."""
    return _permuted("{0}", moved(shape, LAYOUT, layout))


def flatten(row: Row) -> Said:
    """layers.Flatten, in the order of the spec if that matters to its readers."""
    number = len(row.summary.inputs) + row.index
    if number not in flattened(row.summary, LAYOUT) and differs(row.xs[0], LAYOUT, row.summary.layout):
        return Said("layers.Flatten()", f"{{m}}({_written(row.xs[0], row.summary.layout)})")
    return Said("layers.Flatten()")


def reshape(row: Row) -> Said:
    """layers.Reshape, in the order of the spec."""
    layout = row.summary.layout
    sizes = ", ".join(map(str, row.output.written(layout)))
    sizes += "," * (row.output.rank == 1)
    made = f"{{m}}({_written(row.xs[0], layout)})"
    return Said(f"layers.Reshape(({sizes}))", _permuted(made, moved(row.output, layout, LAYOUT)))


def permute(row: Row) -> Said:
    """layers.Permute, its axes counted as the spec writes them."""
    kind: Any = row.layer.kind
    layout = row.summary.layout
    if layout != LAYOUT:
        made = _permuted(_written(row.xs[0], layout), [place - 1 for place in kind.order])
        return Said(call=_permuted(made, moved(row.output, layout, LAYOUT)))
    order = ", ".join(map(str, kind.order)) + "," * (len(kind.order) == 1)
    return Said(f"layers.Permute(({order}))")


def pad(row: Row) -> Said:
    """layers.ZeroPadding, or ops.pad with another number."""
    kind: Any = row.layer.kind
    pairs = tuple(ends(kind.amount, row.xs[0]))
    if kind.value:
        return Said(call=f"ops.pad({{0}}, {((0, 0), *pairs, (0, 0))}, constant_values={float(kind.value)!r})")
    return Said(f"layers.ZeroPadding{len(pairs)}D({pairs[0] if len(pairs) == 1 else pairs})")


def crop(row: Row) -> Said:
    """layers.Cropping."""
    kind: Any = row.layer.kind
    pairs = tuple(ends(kind.amount, row.xs[0]))
    return Said(f"layers.Cropping{len(pairs)}D({pairs[0] if len(pairs) == 1 else pairs})")


def split(row: Row) -> Said:
    """A slice of the channels."""
    kind: Any = row.layer.kind
    start, stop = kind.span(row.xs[0])
    return Said(call=f"{{0}}[..., {start}:{stop}]")


def slice(row: Row) -> Said:
    """A slice of an axis."""
    kind: Any = row.layer.kind
    before = ":, " * (row.xs[0].axes.index(kind.axis) + 1)
    return Said(call=f"{{0}}[{before}{kind.start - 1}:{kind.stop}]")


def select(row: Row) -> Said:
    """One position."""
    kind: Any = row.layer.kind
    return Said(call=f"{{0}}[:, {kind.index - 1}]")


def repeat_vector(row: Row) -> Said:
    """layers.RepeatVector."""
    kind: Any = row.layer.kind
    return Said(f"layers.RepeatVector({kind.times})")


def concat(row: Row) -> Said:
    """layers.Concatenate."""
    kind: Any = row.layer.kind
    if len(row.xs) == 1:
        return Said(call="{0}")
    axis = None if kind.axis == "channels" else row.output.axes.index(kind.axis) + 1
    xs = ", ".join(f"{{{i}}}" for i in range(len(row.xs)))
    return Said(f"layers.Concatenate({arguments(axis=axis)})", f"{{m}}([{xs}])")


def matmul(row: Row) -> Said:
    """ops.matmul of two sequences."""
    kind: Any = row.layer.kind
    return Said(call=f"ops.matmul({{0}}, {'layers.Permute((2, 1))({1})' if kind.transpose else '{1}'})")


def _reduction(call: str) -> Callable[[Row], Said]:
    def reduce(row: Row) -> Said:
        kind: Any = row.layer.kind
        axis = row.xs[0].axes.index(kind.axis) + 1
        return Said(call=f"ops.{call}({{0}}, {arguments(axis=axis, keepdims=kind.keepdims or None)})")

    return reduce


def _steps(sizes: list[int], order: list[int], result: tuple[int, ...]) -> Said:
    """Each example in ``sizes``, its axes in another order, and in the sizes of the ``result``."""
    apart = ", ".join(map(str, [-1, *sizes]))
    whole = ", ".join(map(str, [-1, *result]))
    turned = ", ".join(map(str, [0, *order]))
    return Said(call=f"ops.reshape(ops.transpose(ops.reshape({{0}}, ({apart})), ({turned})), ({whole}))")


def pixel_shuffle(row: Row) -> Said:
    """Blocks of the channels beside their positions."""
    kind: Any = row.layer.kind
    shape, axes = row.xs[0], len(row.xs[0].spatial)
    sizes = [*shape.spatial, row.output.channels, *[kind.factor] * axes]
    order = [place for i in range(1, axes + 1) for place in (i, axes + 1 + i)]
    return _steps(sizes, [*order, axes + 1], row.output.sizes)


def pixel_unshuffle(row: Row) -> Said:
    """The inverse."""
    kind: Any = row.layer.kind
    axes = len(row.xs[0].spatial)
    sizes = [*(size for w in row.output.spatial for size in (w, kind.factor)), row.xs[0].channels]
    order = [*range(1, 2 * axes, 2), 2 * axes + 1, *range(2, 2 * axes + 1, 2)]
    return _steps(sizes, order, row.output.sizes)


def channel_shuffle(row: Row) -> Said:
    """Groups and places swapped."""
    kind: Any = row.layer.kind
    rank = row.output.rank
    sizes = [*row.output.spatial, kind.groups, row.output.channels // kind.groups]
    return _steps(sizes, [*range(1, rank), rank + 1, rank], row.output.sizes)


KINDS: dict[str, Callable[[Row], Said]] = {
    "dense": dense, "flatten": flatten, "reshape": reshape, "permute": permute, "pad": pad, "crop": crop,
    "split": split, "slice": slice, "select": select, "repeat_vector": repeat_vector, "concat": concat,
    "matmul": matmul, "sum": _reduction("sum"), "mean": _reduction("mean"), "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle, "channel_shuffle": channel_shuffle,
}  # fmt: skip
