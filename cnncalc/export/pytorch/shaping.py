"""Dense layers, and kinds that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.order import differs, flattened, moved
from cnncalc.export.pytorch.said import LAYOUT, axis, axis_of, last
from cnncalc.kinds.pad import ends
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row


def dense(row: Row) -> Said:
    """nn.Linear; an image is flattened in PyTorch's order, and so are the columns of the weight."""
    kind: Any = row.layer.kind
    if row.layer.tie is not None and row.layer.tie.array != "embeddings":
        raise Untranslated("a dense layer whose kernel is another's, transposed")
    shape, arrays = row.xs[0], row.layer.kind.weights(*row.xs)
    flat = flattened(row.summary, LAYOUT).get(row.layer.sources[0])
    call = last(shape, "{m}({0})")
    if kind.flattens(shape):
        call = "{m}({0}.flatten(1))"
        flat = shape if differs(shape, row.summary.layout, LAYOUT) else None
    sizes = ""
    if flat is not None:
        sizes = f", {tuple(flat.written(row.summary.layout))}, {tuple(moved(flat, row.summary.layout, LAYOUT))}"
    inputs, units = arrays["kernel"]
    module = f"nn.Linear({arguments(inputs, units, bias=None if 'bias' in arrays else False)})"
    return Said(module, call, f"dense(w{sizes})")


def _written(shape: Shape, layout: str, x: str = "{0}") -> str:
    """A value with its axes as the spec writes them."""
    return _permuted(x, moved(shape, LAYOUT, layout))


def _read(shape: Shape, layout: str, x: str) -> str:
    return _permuted(x, moved(shape, layout, LAYOUT))


def _permuted(x: str, order: list[int]) -> str:
    if order == sorted(order):
        return x
    return f"{x}.permute(0, {', '.join(str(place + 1) for place in order)})"


def flatten(row: Row) -> Said:
    """nn.Flatten, in the order of the spec if that matters to its readers."""
    shape, layout = row.xs[0], row.summary.layout
    number = len(row.summary.inputs) + row.index
    if shape.rank == 1:
        return Said(call="{0}")
    if number not in flattened(row.summary, LAYOUT) and differs(shape, LAYOUT, layout):
        return Said(call=f"{_written(shape, layout)}.flatten(1)")
    return Said("nn.Flatten()", "{0}.flatten(1)", light=True)


def reshape(row: Row) -> Said:
    """In the order of the spec."""
    layout = row.summary.layout
    sizes = arguments(-1, *row.output.written(layout))
    return Said(call=_read(row.output, layout, f"{_written(row.xs[0], layout)}.reshape({sizes})"))


def permute(row: Row) -> Said:
    """Axes counted as the spec writes them."""
    kind: Any = row.layer.kind
    layout = row.summary.layout
    turned = _permuted(_written(row.xs[0], layout), [place - 1 for place in kind.order])
    return Said(call=_read(row.output, layout, turned))


def pad(row: Row) -> Said:
    """F.pad, the last axis first."""
    kind: Any = row.layer.kind
    widths = [number for pair in reversed(ends(kind.amount, row.xs[0])) for number in pair]
    if row.xs[0].rank == 2:
        widths = [0, 0, *widths]
    value = arguments(value=unless(float(kind.value), 0.0))
    return Said(call=f"F.pad({{0}}, {tuple(widths)}{', ' + value if value else ''})")


def crop(row: Row) -> Said:
    """Slices of the spatial axes."""
    kind: Any = row.layer.kind
    pairs = zip(ends(kind.amount, row.xs[0]), row.output.spatial, strict=True)
    cuts = ", ".join(f"{begin}:{begin + size}" for (begin, _), size in pairs)
    return Said(call=f"{{0}}[:, {cuts}]" if row.xs[0].rank == 2 else f"{{0}}[:, :, {cuts}]")


def _cut(place: int, start: int, stop: int) -> Said:
    return Said(call=f"{{0}}[{':, ' * place}{start}:{stop}]")


def split(row: Row) -> Said:
    """A slice of the channels."""
    kind: Any = row.layer.kind
    return _cut(axis(row.output), *kind.span(row.xs[0]))


def slice(row: Row) -> Said:
    """A slice of an axis."""
    kind: Any = row.layer.kind
    return _cut(axis_of(row.xs[0], kind.axis), kind.start - 1, kind.stop)


def select(row: Row) -> Said:
    """One position."""
    kind: Any = row.layer.kind
    return Said(call=f"{{0}}[:, {kind.index - 1}]")


def repeat_vector(row: Row) -> Said:
    """The features at each step."""
    kind: Any = row.layer.kind
    return Said(call=f"{{0}}.unsqueeze(1).expand(-1, {kind.times}, -1)")


def concat(row: Row) -> Said:
    """torch.cat."""
    kind: Any = row.layer.kind
    xs = ", ".join(f"{{{i}}}" for i in range(len(row.xs)))
    return Said(call=f"torch.cat([{xs}], dim={axis_of(row.output, kind.axis)})")


def matmul(row: Row) -> Said:
    """The product of two sequences."""
    kind: Any = row.layer.kind
    return Said(call="{0} @ {1}.transpose(1, 2)" if kind.transpose else "{0} @ {1}")


def _reduction(call: str) -> Callable[[Row], Said]:
    def reduce(row: Row) -> Said:
        kind: Any = row.layer.kind
        shape = row.xs[0]
        keep = ", keepdim=True" if kind.keepdims else ""
        if kind.keepdims or shape.rank < 3 or (kind.axis == "channels" and row.output.rank < 3):
            return Said(call=f"{{0}}.{call}(dim={axis_of(shape, kind.axis)}{keep})")
        made = f"{{0}}.movedim(1, -1).{call}(dim={shape.axes.index(kind.axis) + 1})"
        return Said(call=made + (".movedim(-1, 1)" if row.output.rank > 2 else ""))

    return reduce


def pixel_shuffle(row: Row) -> Said:
    """nn.PixelShuffle for an image; its steps for others."""
    kind: Any = row.layer.kind
    shape, r = row.xs[0], kind.factor
    if shape.rank == 3:
        return Said(f"nn.PixelShuffle({r})")
    axes, x = len(shape.spatial), "{0}.transpose(1, 2)" if shape.rank == 2 else "{0}"
    order = [0, 1, *(place for i in range(axes) for place in (2 + axes + i, 2 + i))]
    sizes = arguments(-1, row.output.channels, *[r] * axes, *shape.spatial)
    made = f"{x}.reshape({sizes}).permute({arguments(*order)})"
    made += f".reshape({arguments(-1, row.output.channels, *row.output.spatial)})"
    return Said(call=made + (".transpose(1, 2)" if shape.rank == 2 else ""))


def pixel_unshuffle(row: Row) -> Said:
    """nn.PixelUnshuffle for an image; its steps for others."""
    kind: Any = row.layer.kind
    shape, r = row.xs[0], kind.factor
    if shape.rank == 3:
        return Said(f"nn.PixelUnshuffle({r})")
    axes, x = len(shape.spatial), "{0}.transpose(1, 2)" if shape.rank == 2 else "{0}"
    apart = [size for w in row.output.spatial for size in (w, r)]
    order = [0, 1, *range(3, 3 + 2 * axes, 2), *range(2, 2 + 2 * axes, 2)]
    made = f"{x}.reshape({arguments(-1, shape.channels, *apart)}).permute({arguments(*order)})"
    made += f".reshape({arguments(-1, row.output.channels, *row.output.spatial)})"
    return Said(call=made + (".transpose(1, 2)" if shape.rank == 2 else ""))


def channel_shuffle(row: Row) -> Said:
    """nn.ChannelShuffle for an image; its steps for others."""
    kind: Any = row.layer.kind
    if row.output.rank > 2:
        return Said(f"nn.ChannelShuffle({kind.groups})")
    return Said(call=f"{{0}}.unflatten(-1, ({kind.groups}, -1)).transpose(-1, -2).flatten(-2)")


KINDS: dict[str, Callable[[Row], Said]] = {
    "dense": dense, "flatten": flatten, "reshape": reshape, "permute": permute, "pad": pad, "crop": crop,
    "split": split, "slice": slice, "select": select, "repeat_vector": repeat_vector, "concat": concat,
    "matmul": matmul, "sum": _reduction("sum"), "mean": _reduction("mean"), "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle, "channel_shuffle": channel_shuffle,
}  # fmt: skip
