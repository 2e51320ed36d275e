"""Convolutions and pools."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from cnncalc.export.missing import Untranslated
from cnncalc.export.onnx.builder import Builder
from cnncalc.export.padding import Ends, around, cropped, shares
from cnncalc.kinds.base.kind import per_axis
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row


def _settings(row: Row, *, dilated: bool = True) -> dict[str, Any]:
    """kernel_shape, strides, pads and dilations of the window of a row."""
    kind: Any = row.layer.kind
    windows, ends = kind.windows(row.xs[0]), around(kind, row.xs[0])
    found: dict[str, Any] = {
        "kernel_shape": [w.kernel for w in windows],
        "strides": [w.stride for w in windows],
        "pads": _pads(ends),
    }
    return {**found, "dilations": [w.dilation for w in windows]} if dilated else found


def _pads(ends: list[Ends]) -> list[int]:
    return [end.begin for end in ends] + [end.end + end.extra for end in ends]


def _filters_first(kernel: Any) -> Any:
    """``[spatial..., C, filters]`` as ``[filters, C, spatial...]``."""
    return kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def _of_channels(kernel: Any) -> Any:
    """``[spatial..., C, multiplier]`` as ``[C·multiplier, 1, spatial...]``."""
    *window, channels, multiplier = kernel.shape
    apart = kernel.transpose(len(window), len(window) + 1, *range(len(window)))
    return apart.reshape(channels * multiplier, 1, *window)


def _bias(out: Builder, row: Row) -> list[str]:
    return [out.learned(row, "bias")] if "bias" in out.weights(row) else []


def conv(out: Builder, row: Row, x: str) -> str:
    """Conv; a sequence is transposed to ``[N, F, T]`` first."""
    kind: Any = row.layer.kind
    kernel = out.learned(row, "kernel", _filters_first(out.weights(row)["kernel"]))
    x = out.first(x, row.xs[0])
    y = out.add("Conv", x, kernel, *_bias(out, row), **_settings(row), group=kind.groups)
    return out.back(y, row.output)


def depthwise_conv(out: Builder, row: Row, x: str) -> str:
    """Conv with a group for each channel."""
    kernel = out.learned(row, "kernel", _of_channels(out.weights(row)["kernel"]))
    x = out.first(x, row.xs[0])
    y = out.add("Conv", x, kernel, *_bias(out, row), **_settings(row), group=row.xs[0].channels)
    return out.back(y, row.output)


def separable_conv(out: Builder, row: Row, x: str) -> str:
    """Two Conv: a group for each channel, then a window of one position."""
    arrays = out.weights(row)
    deep = out.learned(row, "depthwise_kernel", _of_channels(arrays["depthwise_kernel"]))
    wide = out.learned(row, "pointwise_kernel", _filters_first(arrays["pointwise_kernel"]))
    middle = out.add("Conv", out.first(x, row.xs[0]), deep, **_settings(row), group=row.xs[0].channels)
    return out.back(out.add("Conv", middle, wide, *_bias(out, row)), row.output)


def transposed_conv(out: Builder, row: Row, x: str) -> str:
    """ConvTranspose, cropped to the sizes of our rule."""
    kind: Any = row.layer.kind
    shape = row.xs[0]
    kernel = out.weights(row)["kernel"]
    turned = kernel.transpose(kernel.ndim - 2, kernel.ndim - 1, *range(kernel.ndim - 2))
    crop = cropped(kind, shape)
    y = out.add(
        "ConvTranspose", out.first(x, shape), out.learned(row, "kernel", turned), *_bias(out, row),
        strides=list(per_axis(kind.stride, shape, "stride")),
        dilations=list(per_axis(kind.dilation, shape, "dilation")),
        pads=[c.begin for c in crop] + [c.end for c in crop], output_padding=[c.added for c in crop],
        group=kind.groups, kernel_shape=list(kernel.shape[:-2]),
    )  # fmt: skip
    return out.back(y, row.output)


def locally_connected(out: Builder, row: Row, x: str) -> str:
    """The window of each position in one row, and a product with the position's own kernel."""
    kind: Any = row.layer.kind
    shape, y = row.xs[0], row.output
    axes = range(2, 2 + len(shape.spatial))
    windows, ends = kind.windows(shape), around(kind, shape)
    x = out.first(x, shape)
    if any(map(any, ends)):
        x = out.add("Pad", x, out.constant([0, 0, *(e.begin for e in ends), 0, 0, *(e.end for e in ends)]))
    views = []
    for tap in product(*(range(w.kernel) for w in windows)):
        view = x
        for axis, t, w, count in zip(axes, tap, windows, y.spatial, strict=True):
            view = out.cut(view, axis, t, t + (count - 1) * w.stride + 1, w.stride)
        views.append(view)
    seen = out.transpose(out.add("Concat", *views, axis=1), [0, *axes, 1])
    kernel = out.weights(row)["kernel"]
    each = kernel.reshape(*y.spatial, -1, kernel.shape[-1])
    last = len(y.spatial) + 1
    made = out.add("MatMul", out.add("Unsqueeze", seen, out.constant([last])), out.learned(row, "kernel", each))
    made = out.add("Squeeze", made, out.constant([last]))
    return out.native(out.add("Add", made, *bias) if (bias := _bias(out, row)) else made, y)


def maxpool(out: Builder, row: Row, x: str) -> str:
    """MaxPool."""
    return out.back(out.add("MaxPool", out.first(x, row.xs[0]), **_settings(row)), row.output)


def avgpool(out: Builder, row: Row, x: str) -> str:
    """AveragePool; the part of the last window beyond the padding is never counted."""
    kind: Any = row.layer.kind
    ends = around(kind, row.xs[0])
    settings, counted = _settings(row, dilated=False), int(kind.count_include_pad)
    x = out.first(x, row.xs[0])
    if counted and any(end.extra for end in ends):
        x = out.add("Pad", x, out.constant([0, 0, *(e.begin for e in ends), 0, 0, *(e.end for e in ends)]))
        settings["pads"] = [0] * len(ends) + [end.extra for end in ends]
        counted = 0
    return out.back(out.add("AveragePool", x, **settings, count_include_pad=counted), row.output)


def lppool(out: Builder, row: Row, x: str) -> str:
    """LpPool."""
    kind: Any = row.layer.kind
    settings = _settings(row, dilated=False)
    return out.back(out.add("LpPool", out.first(x, row.xs[0]), **settings, p=kind.p), row.output)


def _global(op: str, reduction: str) -> Callable[..., str]:
    def pool(out: Builder, row: Row, x: str) -> str:
        kind: Any = row.layer.kind
        if row.xs[0].rank == 2:
            return str(out.add(reduction, x, out.constant([1]), keepdims=int(kind.keepdims)))
        y = out.add(op, x)
        return str(y if kind.keepdims else out.add("Flatten", y, axis=1))

    return pool


def _adaptive(op: str, reduction: str) -> Callable[..., str]:
    """A pool if the sizes divide; else window by window along each axis."""

    def pool(out: Builder, row: Row, x: str) -> str:
        shape, sizes = row.xs[0], row.output.spatial
        x = out.first(x, shape)
        steps = [old // new for old, new in zip(shape.spatial, sizes, strict=True)]
        if all(old == new * step for old, new, step in zip(shape.spatial, sizes, steps, strict=True)):
            return out.back(out.add(op, x, kernel_shape=steps, strides=steps), row.output)
        for axis, (old, new) in enumerate(zip(shape.spatial, sizes, strict=True), 2):
            x = _windows(out, x, axis, old, new, reduction)
        return out.back(x, row.output)

    return pool


def _windows(out: Builder, x: str, axis: int, old: int, new: int, reduction: str) -> str:
    parts = [out.add(reduction, out.cut(x, axis, *part), out.constant([axis]), keepdims=1) for part in shares(old, new)]
    return str(out.add("Concat", *parts, axis=axis))


def patch_embedding(out: Builder, row: Row, x: str) -> str:
    """Conv whose windows do not overlap, and its positions as a sequence."""
    kind: Any = row.layer.kind
    shape: Shape = row.xs[0]
    sizes = list(per_axis(kind.patch, shape, "patch"))
    kernel = out.learned(row, "kernel", _filters_first(out.weights(row)["kernel"]))
    y = out.add("Conv", out.first(x, shape), kernel, *_bias(out, row), kernel_shape=sizes, strides=sizes)
    if shape.rank > 2:
        y = out.reshape(y, 0, -1)
    return out.transpose(y, [0, 2, 1])


def upsample(out: Builder, row: Row, x: str) -> str:
    """Resize of the spatial axes; a sequence is treated as an image of one row."""
    kind: Any = row.layer.kind
    shape, sizes = row.xs[0], list(row.output.spatial)
    if kind.mode == "nearest":
        settings: dict[str, Any] = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
    else:
        where = "align_corners" if kind.align_corners else "half_pixel"
        settings = {"mode": "linear", "coordinate_transformation_mode": where}
    if shape.rank > 3 and kind.mode != "nearest":
        raise Untranslated("bilinear upsample of a volume")
    x, flat, old = out.first(x, shape), shape.rank == 2, list(shape.spatial)
    if flat:
        x, sizes, old = out.add("Unsqueeze", x, out.constant([2])), [1, *sizes], [1, *old]
    if any(new % was for new, was in zip(sizes, old, strict=True)):  # a quotient would be rounded
        y = out.add("Resize", x, "", "", out.constant(sizes), **settings, axes=list(range(2, 2 + len(sizes))))
    else:
        scales = [1.0, 1.0, *(float(new // was) for new, was in zip(sizes, old, strict=True))]
        y = out.add("Resize", x, "", out.constant(scales), **settings)
    return out.back(out.add("Squeeze", y, out.constant([2])) if flat else y, row.output)


KINDS: dict[str, Callable[..., str]] = {
    "conv": conv, "depthwise_conv": depthwise_conv, "separable_conv": separable_conv,
    "transposed_conv": transposed_conv, "locally_connected": locally_connected, "maxpool": maxpool, "avgpool": avgpool,
    "lppool": lppool, "global_maxpool": _global("GlobalMaxPool", "ReduceMax"),
    "global_avgpool": _global("GlobalAveragePool", "ReduceMean"),
    "adaptive_maxpool": _adaptive("MaxPool", "ReduceMax"),
    "adaptive_avgpool": _adaptive("AveragePool", "ReduceMean"), "patch_embedding": patch_embedding,
    "upsample": upsample,
}  # fmt: skip
