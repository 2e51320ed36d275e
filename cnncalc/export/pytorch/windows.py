"""Convolutions and pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, even, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.padding import around, cropped
from cnncalc.export.pytorch.said import first, padded
from cnncalc.kinds.base.kind import per_axis
from cnncalc.summary.rows import Row


def _window(row: Row) -> tuple[dict[str, Any], str]:
    """Stride, padding and dilation if not at their defaults, and the input, padded if PyTorch cannot do it."""
    kind: Any = row.layer.kind
    windows, ends = kind.windows(row.xs[0]), around(kind, row.xs[0])
    found = {
        "stride": unless([w.stride for w in windows], 1),
        "padding": unless([end.begin for end in ends], 0) if even(ends) else None,
        "dilation": unless([w.dilation for w in windows], 1),
    }
    return found, "{0}" if even(ends) else padded(ends)


def _kernel(row: Row) -> list[int]:
    kind: Any = row.layer.kind
    return [w.kernel for w in kind.windows(row.xs[0])]


def _no_bias(row: Row) -> bool | None:
    return None if "bias" in row.layer.kind.weights(*row.xs) else False


def _rank(row: Row) -> int:
    return len(row.xs[0].spatial)


def conv(row: Row) -> Said:
    """nn.Conv; a sequence is transposed to have its features first."""
    kind: Any = row.layer.kind
    settings, x = _window(row)
    sizes = arguments(row.xs[0].channels, kind.filters, _kernel(row), **settings, groups=unless(kind.groups, 1),
                      bias=_no_bias(row))  # fmt: skip
    return Said(f"nn.Conv{_rank(row)}d({sizes})", first(row.xs[0], f"{{m}}({x})"), "conv(w)")


def depthwise_conv(row: Row) -> Said:
    """nn.Conv with a group for each channel."""
    settings, x = _window(row)
    channels = row.xs[0].channels
    sizes = arguments(channels, row.output.channels, _kernel(row), **settings, groups=channels, bias=_no_bias(row))
    return Said(f"nn.Conv{_rank(row)}d({sizes})", first(row.xs[0], f"{{m}}({x})"), "depthwise(w)")


def separable_conv(row: Row) -> Said:
    """Two nn.Conv: a group for each channel, then a window of one position."""
    kind: Any = row.layer.kind
    settings, x = _window(row)
    channels = row.xs[0].channels
    middle, rank = channels * kind.multiplier, _rank(row)
    deep = arguments(channels, middle, _kernel(row), **settings, groups=channels, bias=False)
    wide = arguments(middle, kind.filters, 1, bias=_no_bias(row))
    module = f"nn.Sequential(nn.Conv{rank}d({deep}), nn.Conv{rank}d({wide}))"
    return Said(module, first(row.xs[0], f"{{m}}({x})"), "separable(w)")


def transposed_conv(row: Row) -> Said:
    """nn.ConvTranspose; its padding is symmetric, so the surplus is cut off at the end."""
    kind: Any = row.layer.kind
    shape = row.xs[0]
    crop = cropped(kind, shape)
    added = [max(0, c.begin - c.end) + c.added for c in crop]
    sizes = arguments(
        shape.channels, kind.filters, list(per_axis(kind.kernel, shape, "kernel")),
        stride=unless(per_axis(kind.stride, shape, "stride"), 1), padding=unless([c.begin for c in crop], 0),
        output_padding=unless(added, 0), groups=unless(kind.groups, 1), bias=_no_bias(row),
        dilation=unless(per_axis(kind.dilation, shape, "dilation"), 1),
    )  # fmt: skip
    cut = "".join(f", :{size}" for size in row.output.spatial) if any(c.end > c.begin for c in crop) else ""
    call = first(shape, "{m}({0})" + (f"[:, :{cut}]" if cut else ""))
    return Said(f"nn.ConvTranspose{_rank(row)}d({sizes})", call, "transposed(w)")


def locally_connected(row: Row) -> Said:
    """A helper module in the file."""
    kind: Any = row.layer.kind
    windows, ends = kind.windows(row.xs[0]), around(kind, row.xs[0])
    x = padded(ends) if any(map(any, ends)) else "{0}"
    steps = f"{tuple(w.kernel for w in windows)}, {tuple(w.stride for w in windows)}"
    bias = arguments(bias=_no_bias(row))
    spatial = f"{tuple(row.output.spatial)}"
    module = f"LocallyConnected({row.xs[0].channels}, {kind.filters}, {spatial}, {steps}{', ' + bias if bias else ''})"
    return Said(module, first(row.xs[0], f"{{m}}({x})"), "local(w)")


def maxpool(row: Row) -> Said:
    """nn.MaxPool; asymmetric padding becomes a step before."""
    kind: Any = row.layer.kind
    ends = around(kind, row.xs[0])
    settings, x = _window(row)
    size = _kernel(row)
    settings["stride"] = _stride(row)
    if even(ends):
        settings["ceil_mode"] = any(end.extra for end in ends) or None
    else:
        x = padded(ends, ', value=float("-inf")')
    module = f"nn.MaxPool{_rank(row)}d({arguments(size, **settings)})"
    return Said(module, first(row.xs[0], f"{{m}}({x})"))


def _stride(row: Row) -> Any:
    """The stride of a pool if it is not its size."""
    kind: Any = row.layer.kind
    strides = [w.stride for w in kind.windows(row.xs[0])]
    return None if strides == _kernel(row) else strides


def avgpool(row: Row) -> Said:
    """nn.AvgPool; with padding that it lacks, means with zeros divided by the share of real numbers."""
    kind: Any = row.layer.kind
    shape, ends, rank = row.xs[0], around(kind, row.xs[0]), _rank(row)
    extra = any(end.extra for end in ends)
    if even(ends):
        settings = {
            "stride": _stride(row), "padding": unless([end.begin for end in ends], 0),
            "ceil_mode": True if extra else None,
            "count_include_pad": None if kind.count_include_pad or not any(map(any, ends)) else False,
        }  # fmt: skip
        return Said(f"nn.AvgPool{rank}d({arguments(_kernel(row), **settings)})", first(shape, "{m}({0})"))
    if extra:
        raise Untranslated("avgpool that rounds up over asymmetric padding")
    pool = f"F.avg_pool{rank}d({padded(ends)}, {arguments(_kernel(row), _stride(row) or _kernel(row))})"
    if kind.count_include_pad:
        return Said(call=first(shape, pool))
    ones = pool.replace("{0}", "torch.ones_like({0}[:1, :1])")
    if shape.rank == 2:
        raise Untranslated("avgpool of a sequence that leaves out asymmetric padding")
    return Said(call=f"{pool} / {ones}")


def lppool(row: Row) -> Said:
    """F.lp_pool of absolute values."""
    kind: Any = row.layer.kind
    ends = around(kind, row.xs[0])
    x = padded(ends).replace("{0}", "{0}.abs()") if any(map(any, ends)) else "{0}.abs()"
    steps = arguments(float(kind.p), _kernel(row), _stride(row) or _kernel(row))
    return Said(call=first(row.xs[0], f"F.lp_pool{_rank(row)}d({x}, {steps})"))


def _global(call: str, module: str) -> Callable[[Row], Said]:
    def pool(row: Row) -> Said:
        kind: Any = row.layer.kind
        rank = row.xs[0].rank
        axes = "1" if rank == 2 else str(tuple(range(2, rank + 1)))
        keep = ", keepdim=True" if kind.keepdims else ""
        if kind.keepdims and rank > 2:
            return Said(f"nn.{module}{rank - 1}d(1)")
        return Said(call=f"{{0}}.{call}(dim={axes}{keep})")

    return pool


def _adaptive(module: str) -> Callable[[Row], Said]:
    def pool(row: Row) -> Said:
        return Said(f"nn.{module}{_rank(row)}d({arguments(list(row.output.spatial))})", first(row.xs[0], "{m}({0})"))

    return pool


def patch_embedding(row: Row) -> Said:
    """nn.Conv whose windows do not overlap, and its positions as a sequence."""
    kind: Any = row.layer.kind
    shape = row.xs[0]
    patch = list(per_axis(kind.patch, shape, "patch"))
    sizes = arguments(shape.channels, kind.dim, patch, stride=unless(patch, 1), bias=_no_bias(row))
    x = "{0}.transpose(1, 2)" if shape.rank == 2 else "{0}"
    return Said(f"nn.Conv{_rank(row)}d({sizes})", f"{{m}}({x}).flatten(2).transpose(1, 2)", "conv(w)")


def upsample(row: Row) -> Said:
    """nn.Upsample."""
    kind: Any = row.layer.kind
    shape, sizes = row.xs[0], list(row.output.spatial)
    steps = [new // old for new, old in zip(sizes, shape.spatial, strict=True)]
    whole = all(new == old * step for new, old, step in zip(sizes, shape.spatial, steps, strict=True))
    given = {"scale_factor": tuple(steps)} if whole else {"size": tuple(sizes)}
    mode = kind.mode if kind.mode == "nearest" else ("linear", "bilinear", "trilinear")[_rank(row) - 1]
    corners = True if kind.align_corners else None
    settings = arguments(**given, mode=unless(mode, "nearest"), align_corners=corners)
    return Said(f"nn.Upsample({settings})", first(shape, "{m}({0})"))


KINDS: dict[str, Callable[[Row], Said]] = {
    "conv": conv, "depthwise_conv": depthwise_conv, "separable_conv": separable_conv,
    "transposed_conv": transposed_conv, "locally_connected": locally_connected, "maxpool": maxpool, "avgpool": avgpool,
    "lppool": lppool, "global_maxpool": _global("amax", "AdaptiveMaxPool"),
    "global_avgpool": _global("mean", "AdaptiveAvgPool"), "adaptive_maxpool": _adaptive("AdaptiveMaxPool"),
    "adaptive_avgpool": _adaptive("AdaptiveAvgPool"), "patch_embedding": patch_embedding, "upsample": upsample,
}  # fmt: skip
