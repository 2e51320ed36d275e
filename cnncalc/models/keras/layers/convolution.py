"""Convolutions. Kernels have our layout, except the transposed one: ``[..., filters, C]``."""

from __future__ import annotations

from typing import Any

from cnncalc.models.importer import Importer
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import Array, add, image
from cnncalc.models.keras.settings import flag, many, one, usual, whole, word, wrong

RANKS = {"1D": 2, "2D": 3, "3D": 4}  # axes of a layer's input, by the end of its name


def window(node: Called, rank: int) -> dict[str, Any]:
    """Kernel, stride, padding and dilation, if not at their defaults, over ``rank`` spatial axes.

    At each step of a sequence the window has one more axis, the time, and sees one step.
    """
    own = rank - node.timed
    kernel = many(node, "kernel_size", own, None)
    stride, dilation = many(node, "strides", own), many(node, "dilation_rate", own)
    padding = word(node, "padding", "valid", "valid", "same", "causal")
    time = [1] if node.timed else []
    found: dict[str, Any] = {"kernel": one(time + kernel)}
    if set(stride) != {1}:
        found["stride"] = one(time + stride)
    if padding == "same":
        found["padding"] = "same"
    elif padding == "causal":
        if own != 1 or node.timed:
            raise wrong(node, "padding", padding)
        found["padding"] = [[dilation[0] * (kernel[0] - 1), 0]]
    if set(dilation) != {1}:
        found["dilation"] = one(time + dilation)
    return found


def _bias(node: Called) -> dict[str, Any]:
    return {} if flag(node, "use_bias", usual=True) else {"bias": False}


def _ranks(node: Called) -> tuple[int, ...]:
    rank = RANKS[node.op[-2:]] if node.op[-2:] in RANKS else RANKS[node.op.removesuffix("Transpose")[-2:]]
    return (rank + 1,) if node.timed else (rank,)


def _kernel(node: Called, *last: int, name: str = "kernel", number: int = 0) -> dict[str, Array]:
    """The kernel in Keras's layout, without the time axis."""
    if not node.timed:
        return {}
    return {name: Array(number, shape=(*many(node, "kernel_size", len(_kernel_axes(node))), *last))}


def _kernel_axes(node: Called) -> range:
    return range(RANKS[node.op[-2:]] - 1)


def conv(importer: Importer, node: Called) -> None:
    """Conv1D, Conv2D, Conv3D."""
    x = image(importer, node, _ranks(node))
    filters, groups = whole(node, "filters"), many(node, "groups", 1)[0]
    fields = {"filters": filters, **window(node, len(x.shape.spatial)), **({"groups": groups} if groups > 1 else {})}
    add(importer, node, "conv", fields | _bias(node), _kernel(node, x.shape.channels // groups, filters))


def depthwise(importer: Importer, node: Called) -> None:
    """DepthwiseConv1D, DepthwiseConv2D."""
    x = image(importer, node, _ranks(node))
    multiplier = many(node, "depth_multiplier", 1)[0]
    fields = {**window(node, len(x.shape.spatial)), **({"multiplier": multiplier} if multiplier > 1 else {})}
    add(importer, node, "depthwise_conv", fields | _bias(node), _kernel(node, x.shape.channels, multiplier))


def separable(importer: Importer, node: Called) -> None:
    """SeparableConv1D, SeparableConv2D."""
    x = image(importer, node, _ranks(node))
    filters, multiplier = whole(node, "filters"), many(node, "depth_multiplier", 1)[0]
    fields = {"filters": filters, **window(node, len(x.shape.spatial))}
    fields |= {"multiplier": multiplier} if multiplier > 1 else {}
    channels = x.shape.channels
    arrays = _kernel(node, channels, multiplier, name="depthwise_kernel")
    if node.timed:
        pointwise = (1,) * len(_kernel_axes(node))
        arrays["pointwise_kernel"] = Array(1, shape=(*pointwise, channels * multiplier, filters))
    add(importer, node, "separable_conv", fields | _bias(node), arrays)


def transposed(importer: Importer, node: Called) -> None:
    """Conv1DTranspose, Conv2DTranspose, Conv3DTranspose; ``valid`` with a kernel below the stride gives W·S."""
    x = image(importer, node, _ranks(node))
    rank = len(x.shape.spatial)
    fields = {"filters": whole(node, "filters"), **window(node, rank)}
    usual(node, groups=1)
    extra = node.settings.get("output_padding")
    if extra is not None:
        fields["output_padding"] = one(many(node, "output_padding", rank, least=0))
    elif "padding" not in fields:
        axes = zip(*(many(node, name, rank) for name in ("strides", "kernel_size", "dilation_rate")), strict=True)
        more = [max(0, s - d * (f - 1) - 1) for s, f, d in axes]
        fields |= {"output_padding": one(more)} if any(more) else {}
    arrays = {"kernel": Array(0, axes=(*range(rank), rank + 1, rank))}
    add(importer, node, "transposed_conv", fields | _bias(node), arrays)


def local(importer: Importer, node: Called) -> None:
    """LocallyConnected1D and 2D of Keras 2: its kernel is ``[positions, window · C, filters]``."""
    x = image(importer, node, _ranks(node))
    rank = len(x.shape.spatial)
    usual(node, implementation=1)
    filters = whole(node, "filters")
    fields = {"filters": filters, **window(node, rank)}
    kernel, stride = many(node, "kernel_size", rank), many(node, "strides", rank)
    positions = cells = 1
    for size, f, s in zip(x.shape.spatial, kernel, stride, strict=True):
        positions, cells = positions * ((size - f) // s + 1), cells * f
    arrays = {"kernel": Array(0, shape=(positions, cells * x.shape.channels, filters))}
    add(importer, node, "locally_connected", fields | _bias(node), arrays)


LAYERS = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), conv),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), separable),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), transposed),
    **dict.fromkeys(("LocallyConnected1D", "LocallyConnected2D"), local),
}
