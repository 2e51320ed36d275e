"""Convolutions and pools. Keras knows only ``valid`` and ``same``; other padding becomes a layer before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.padding import Ends, around, cropped
from cnncalc.kinds.base.activated import ending
from cnncalc.kinds.base.kind import per_axis
from cnncalc.rules import same, same_padding
from cnncalc.summary.rows import Row


def _rank(row: Row) -> int:
    return len(row.xs[0].spatial)


def _is_same(row: Row, ends: list[Ends]) -> bool:
    """Whether the padding is the same as Keras's ``same``."""
    kind: Any = row.layer.kind
    for w, end, size in zip(kind.windows(row.xs[0]), ends, row.output.spatial, strict=True):
        total = same_padding(w.size, w.kernel, w.stride, w.dilation)
        wanted = (total // 2, total - total // 2)
        if (end.begin, end.end + end.extra) != wanted or size != same(w.size, w.stride):
            return False
    return True


def padded(ends: Iterable[Ends], rank: int) -> str:
    """A layer that puts zeros around ``{0}``."""
    pairs = [(end.begin, end.end + end.extra) for end in ends]
    if rank == 1:
        return f"layers.ZeroPadding1D({pairs[0]})({{0}})"
    alike = len({number for pair in pairs for number in pair}) == 1
    return f"layers.ZeroPadding{rank}D({pairs[0][0] if alike else tuple(pairs)})({{0}})"


def _window(row: Row) -> tuple[dict[str, Any], str]:
    """Strides, padding and dilation if not at their defaults, and the call."""
    kind: Any = row.layer.kind
    windows, ends = kind.windows(row.xs[0]), around(kind, row.xs[0])
    found: dict[str, Any] = {
        "strides": unless([w.stride for w in windows], 1), "dilation_rate": unless([w.dilation for w in windows], 1),
    }  # fmt: skip
    if not any(map(any, ends)):
        return found, "{m}({0})"
    if _is_same(row, ends):
        return {**found, "padding": "same"}, "{m}({0})"
    return found, padded(ends, _rank(row)) + "\n{m}({0})"


def _kernel(row: Row) -> list[int]:
    kind: Any = row.layer.kind
    return [w.kernel for w in kind.windows(row.xs[0])]


def ended(row: Row) -> dict[str, Any]:
    """``use_bias`` and ``activation`` if not at their defaults."""
    kind: Any = row.layer.kind
    names = {"hard_swish": "hard_silu", "linear": None, "leaky_relu": None, "abs": None}
    word = kind.__dict__["activation"]
    return {"use_bias": None if kind.bias else False, "activation": names.get(word, word)}


def conv(row: Row) -> Said:
    """layers.Conv."""
    kind: Any = row.layer.kind
    if kind.weight_norm:
        raise Untranslated("conv with weight_norm")
    settings, call = _window(row)
    sizes = arguments(kind.filters, _kernel(row), **settings, groups=unless(kind.groups, 1), **ended(row))
    return Said(f"layers.Conv{_rank(row)}D({sizes})", call)


def depthwise_conv(row: Row) -> Said:
    """layers.DepthwiseConv; of a volume, layers.Conv3D with a group for each channel."""
    kind: Any = row.layer.kind
    settings, call = _window(row)
    if _rank(row) == 3:
        sizes = arguments(row.output.channels, _kernel(row), **settings, groups=row.xs[0].channels, **ended(row))
        return Said(f"layers.Conv3D({sizes})", call, "grouped(w)")
    more = arguments(_kernel(row), **settings, depth_multiplier=unless(kind.multiplier, 1), **ended(row))
    _same_steps(row)
    return Said(f"layers.DepthwiseConv{_rank(row)}D({more})", call)


def _same_steps(row: Row) -> None:
    """Refuse depthwise windows that Keras lacks: unequal strides, or a stride together with a dilation."""
    kind: Any = row.layer.kind
    windows = kind.windows(row.xs[0])
    if len({w.stride for w in windows}) > 1 or (
        any(w.dilation > 1 for w in windows) and any(w.stride > 1 for w in windows)
    ):
        raise Untranslated(f"{row.kind} with strides or dilations that differ between axes or meet each other")


def separable_conv(row: Row) -> Said:
    """layers.SeparableConv."""
    kind: Any = row.layer.kind
    settings, call = _window(row)
    if _rank(row) == 3:
        raise Untranslated("separable_conv of a volume")
    _same_steps(row)
    multiplier = unless(kind.multiplier, 1)
    more = arguments(kind.filters, _kernel(row), **settings, depth_multiplier=multiplier, **ended(row))
    return Said(f"layers.SeparableConv{_rank(row)}D({more})", call)


def transposed_conv(row: Row) -> Said:
    """layers.ConvTranspose without padding, cropped or padded to the sizes of our rule."""
    kind: Any = row.layer.kind
    shape, rank = row.xs[0], _rank(row)
    if kind.groups != 1:
        raise Untranslated("transposed_conv in groups")
    windows = [per_axis(getattr(kind, name), shape, name) for name in ("kernel", "stride", "dilation")]
    sizes = arguments(
        kind.filters, list(windows[0]), strides=unless(windows[1], 1), dilation_rate=unless(windows[2], 1), **ended(row)
    )
    if any(f < s or (s > 1 and d > 1) for f, s, d in zip(*windows, strict=True)):
        raise Untranslated("transposed_conv whose kernel is smaller than its stride, or that is strided and dilated")
    crop = cropped(kind, shape)
    if any(c.added for c in crop):
        raise Untranslated("transposed_conv that ends after its last window")
    pairs = tuple((c.begin, c.end) for c in crop)
    call = "{m}({0})"
    if any(map(any, pairs)):
        alike = len({number for pair in pairs for number in pair}) == 1
        amount = pairs[0][0] if alike else pairs[0] if rank == 1 else pairs
        call = f"{call}\nlayers.Cropping{rank}D({amount})({{0}})"
    return Said(f"layers.Conv{rank}DTranspose({sizes})", call, "transposed(w)")


def _stride(row: Row) -> Any:
    """The strides of a pool if they are not its size."""
    kind: Any = row.layer.kind
    strides = [w.stride for w in kind.windows(row.xs[0])]
    return None if strides == _kernel(row) else strides


def maxpool(row: Row) -> Said:
    """layers.MaxPooling; padding other than ``same`` becomes a layer before: −∞, or 0 if no input is negative."""
    kind: Any = row.layer.kind
    if any(w.dilation > 1 for w in kind.windows(row.xs[0])):
        raise Untranslated("maxpool with a dilation")
    if _at_least_0(row):
        return _pool(row, "MaxPooling", padded(around(kind, row.xs[0]), _rank(row)))
    return _pool(row, "MaxPooling", f'{_bare(row)}, constant_values=-float("inf"))')


def _at_least_0(row: Row) -> bool:
    """Whether a layer reads the output of a function that is never negative."""
    number = row.layer.sources[0] - len(row.summary.inputs)
    function = ending(row.summary.rows[number].layer.kind) if number >= 0 else None
    return function is not None and function.bounds[0] >= 0


def _bare(row: Row) -> str:
    """``ops.pad`` of ``{0}``, open at its end."""
    pairs = [(0, 0), *((end.begin, end.end + end.extra) for end in around(row.layer.kind, row.xs[0])), (0, 0)]  # type: ignore[arg-type]
    return f"ops.pad({{0}}, {tuple(pairs)}"


def _pool(row: Row, module: str, outside: str) -> Said:
    """A pool; padding that is not ``same`` is ``outside``."""
    ends = around(row.layer.kind, row.xs[0])  # type: ignore[arg-type]
    padding, before = None, ""
    if any(map(any, ends)):
        padding, before = ("same", "") if _is_same(row, ends) else (None, f"{outside}\n")
    sizes = arguments(_kernel(row), strides=_stride(row), padding=padding)
    return Said(f"layers.{module}{_rank(row)}D({sizes})", f"{before}{{m}}({{0}})")


def avgpool(row: Row) -> Said:
    """layers.AveragePooling, whose ``same`` leaves padding out of the mean."""
    kind: Any = row.layer.kind
    ends = around(kind, row.xs[0])
    if any(end.extra for end in ends):
        raise Untranslated("avgpool that rounds up")
    if kind.count_include_pad and any(map(any, ends)):
        sizes = arguments(_kernel(row), strides=_stride(row))
        call = f"{padded(ends, _rank(row))}\n{{m}}({{0}})"
        return Said(f"layers.AveragePooling{_rank(row)}D({sizes})", call)
    if any(map(any, ends)) and not _is_same(row, ends):
        raise Untranslated("avgpool that leaves out padding other than same")
    return _pool(row, "AveragePooling", "{0}")


def lppool(row: Row) -> Said:
    """The mean of powers, times the size of the window."""
    kind: Any = row.layer.kind
    size = 1
    for edge in _kernel(row):
        size *= edge
    sizes = arguments(_kernel(row), strides=_stride(row))
    x = f"ops.abs({_bare(row)}))" if any(map(any, around(kind, row.xs[0]))) else "ops.abs({0})"
    mean = f"layers.AveragePooling{_rank(row)}D({sizes})({x} ** {kind.p})"
    return Said(call=f"({size} * {mean}) ** {1 / kind.p!r}")


def _global(module: str) -> Callable[[Row], Said]:
    def pool(row: Row) -> Said:
        kind: Any = row.layer.kind
        return Said(f"layers.{module}{_rank(row)}D({arguments(keepdims=kind.keepdims or None)})")

    return pool


def _adaptive(module: str) -> Callable[[Row], Said]:
    """A pool if the sizes divide, else layers.Adaptive."""

    def pool(row: Row) -> Said:
        steps = [old // new for old, new in zip(row.xs[0].spatial, row.output.spatial, strict=True)]
        if all(o == n * s for o, n, s in zip(row.xs[0].spatial, row.output.spatial, steps, strict=True)):
            return Said(f"layers.{module}{_rank(row)}D({arguments(steps)})")
        raise Untranslated("adaptive pool whose windows differ in size")

    return pool


def patch_embedding(row: Row) -> Said:
    """layers.Conv whose windows do not overlap, and its positions as a sequence."""
    kind: Any = row.layer.kind
    patch = list(per_axis(kind.patch, row.xs[0], "patch"))
    sizes = arguments(kind.dim, patch, strides=unless(patch, 1), use_bias=None if kind.bias else False)
    return Said(f"layers.Conv{_rank(row)}D({sizes})", f"{{m}}({{0}})\nlayers.Reshape((-1, {kind.dim}))({{0}})")


def upsample(row: Row) -> Said:
    """layers.UpSampling."""
    kind: Any = row.layer.kind
    shape = row.xs[0]
    steps = [new // old for new, old in zip(row.output.spatial, shape.spatial, strict=True)]
    whole = all(new == old * step for new, old, step in zip(row.output.spatial, shape.spatial, steps, strict=True))
    if not whole or kind.align_corners or (kind.mode != "nearest" and shape.rank != 3):
        raise Untranslated("upsample by a factor that is not whole, with align_corners, or bilinear except on images")
    mode = None if kind.mode == "nearest" else kind.mode
    return Said(f"layers.UpSampling{_rank(row)}D({arguments(steps, interpolation=mode)})")


def conv_lstm(row: Row) -> Said:
    """layers.ConvLSTM2D."""
    kind: Any = row.layer.kind
    if kind.padding not in ("same", "valid", 0):
        raise Untranslated("conv_lstm with padding other than same")
    settings = arguments(
        kind.filters, kind.kernel, strides=unless(kind.stride, 1), padding="same" if kind.padding == "same" else None,
        use_bias=None if kind.bias else False, return_sequences=kind.return_sequences or None,
    )  # fmt: skip
    return Said(f"layers.ConvLSTM2D({settings})")


KINDS: dict[str, Callable[[Row], Said]] = {
    "conv": conv, "depthwise_conv": depthwise_conv, "separable_conv": separable_conv,
    "transposed_conv": transposed_conv, "maxpool": maxpool, "avgpool": avgpool, "lppool": lppool,
    "global_maxpool": _global("GlobalMaxPooling"), "global_avgpool": _global("GlobalAveragePooling"),
    "adaptive_maxpool": _adaptive("MaxPooling"), "adaptive_avgpool": _adaptive("AveragePooling"),
    "patch_embedding": patch_embedding, "upsample": upsample, "conv_lstm": conv_lstm,
}  # fmt: skip
