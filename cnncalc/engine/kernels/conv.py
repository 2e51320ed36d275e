"""Convolutions: each element of the window meets a shifted view of the input; the products are summed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from cnncalc.engine.arrays import Array, Weights, summed_to
from cnncalc.engine.fast import columns, depthwise, transposed, winograd
from cnncalc.engine.fast import product as products
from cnncalc.engine.fast.job import Job
from cnncalc.engine.kernels import Gradients, Terms, backward, by_hand, fast_form, while_training
from cnncalc.engine.kernels.window import Taps, border, bordered, landing, seen, shape_of, sliding
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.conv import Conv, DepthwiseConv, SeparableConv, TransposedConv


def conv(kind: Conv, weights: Weights, x: Array) -> Array:
    """Kernel ``[spatial..., C/groups, filters]``."""
    counts, taps = sliding(kind, x)
    y = np.zeros((len(x), *counts, kind.filters), x.dtype)
    for tap, view in taps:
        y += grouped(view, weights["kernel"][tap], kind.groups)
    return biased(y, weights)


@backward(Conv)
def conv_backward(kind: Conv, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Each element of the window: ``dkernel = Σ viewᵀ·dy``, and ``dy·kernelᵀ`` is added to the view."""
    (x,) = xs
    dkernel = np.empty_like(weights["kernel"])
    (_, taps), (dx, places) = sliding(kind, x), landing(kind, x)
    for (tap, view), (_, place) in zip(taps, places, strict=True):
        dview, dkernel[tap] = grouped_backward(view, weights["kernel"][tap], kind.groups, dy)
        place += dview
    return [dx], {"kernel": dkernel, **dbias(weights, dy)}


@while_training(Conv)
def conv_while_training(
    kind: Conv, weights: Weights, xs: list[Array], random: np.random.Generator, *, wanted: bool
) -> tuple[Array, Callable[[Array], Gradients], Weights]:
    """The same numbers by large products; with groups, by the reference kernel."""
    (x,) = xs
    if kind.groups > 1:
        y = conv(kind, weights, x)
        return y, lambda dy: conv_backward(kind, weights, xs, y, dy), {}
    shape = shape_of(x)
    windows, counts = kind.windows(shape), kind.positions(shape)
    widths = border(windows, counts)
    sums, products_back = columns.convolve(bordered(x, widths), weights["kernel"], windows, counts)

    def back(dy: Array) -> Gradients:
        dwide, dkernel = products_back(dy, wanted=wanted)
        if dwide is None:
            return [None], {"kernel": dkernel, **dbias(weights, dy)}
        inner = tuple(slice(begin, begin + size) for size, (begin, _) in zip(shape.spatial, widths, strict=True))
        return [dwide[(slice(None), *inner)]], {"kernel": dkernel, **dbias(weights, dy)}

    return biased(sums, weights), back, {}


def depthwise_conv(kind: DepthwiseConv | SeparableConv, weights: Weights, x: Array) -> Array:
    """Kernel ``[spatial..., C, multiplier]``; output channel ``c·multiplier + m``."""
    counts, taps = sliding(kind, x)
    y = np.zeros((len(x), *counts, x.shape[-1], kind.multiplier), x.dtype)
    for tap, view in taps:
        y += view[..., None] * weights["kernel"][tap]
    return biased(y.reshape(*y.shape[:-2], -1), weights)


@backward(DepthwiseConv)
def depthwise_conv_backward(
    kind: DepthwiseConv | SeparableConv, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    """As for a convolution, each channel by itself."""
    (x,) = xs
    dkernel, each = np.empty_like(weights["kernel"]), dy.reshape(*dy.shape[:-1], x.shape[-1], kind.multiplier)
    (_, taps), (dx, places) = sliding(kind, x), landing(kind, x)
    for (tap, view), (_, place) in zip(taps, places, strict=True):
        place += (each * weights["kernel"][tap]).sum(axis=-1)
        dkernel[tap] = (view[..., None] * each).sum(axis=tuple(range(x.ndim - 1)))
    return [dx], {"kernel": dkernel, **dbias(weights, dy)}


def separable_conv(kind: SeparableConv, weights: Weights, x: Array) -> Array:
    """Depthwise, then a product over the channels at each position."""
    middle = depthwise_conv(kind, {"kernel": weights["depthwise_kernel"]}, x)
    pointwise = weights["pointwise_kernel"]
    return biased(middle @ pointwise.reshape(pointwise.shape[-2:]), weights)


@backward(SeparableConv)
def separable_conv_backward(kind: SeparableConv, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """The product over the channels, then the depthwise convolution."""
    depthwise, pointwise = {"kernel": weights["depthwise_kernel"]}, weights["pointwise_kernel"]
    middle = depthwise_conv(kind, depthwise, xs[0])
    dmiddle, dpointwise = grouped_backward(middle, pointwise.reshape(pointwise.shape[-2:]), 1, dy)
    dxs, found = depthwise_conv_backward(kind, depthwise, xs, middle, dmiddle)
    kernels = {"depthwise_kernel": found["kernel"], "pointwise_kernel": dpointwise.reshape(pointwise.shape)}
    return dxs, {**kernels, **dbias(weights, dy)}


def transposed_conv(kind: TransposedConv, weights: Weights, x: Array) -> Array:
    """Kernel ``[spatial..., C, filters/groups]``: each input position spreads its window over the output."""
    full, kept, places = _spread(kind, x)
    for tap, place in places:
        place += grouped(x, _by_filter(weights["kernel"][tap], kind.groups), kind.groups)
    return biased(full[kept], weights)


@backward(TransposedConv)
def transposed_conv_backward(kind: TransposedConv, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Each input position gathers the window of ``dy`` that it was spread over."""
    (x,) = xs
    dx, dkernel = np.zeros_like(x), np.empty_like(weights["kernel"])
    full, kept, places = _spread(kind, x)
    full[kept] = dy
    for tap, place in places:
        own = _by_filter(weights["kernel"][tap], kind.groups)
        part, found = grouped_backward(x, own, kind.groups, place)
        dx += part
        dkernel[tap] = found.reshape(len(own), kind.groups, -1).swapaxes(0, 1).reshape(dkernel[tap].shape)
    return [dx], {"kernel": dkernel, **dbias(weights, dy)}


def _spread(kind: TransposedConv, x: Array) -> tuple[Array, tuple[slice, ...], Taps]:
    """Zeros as large as the output before it is cropped, the part that is kept, and for each element of the window the
    view of the zeros that it is added to.
    """
    shape = shape_of(x)
    sizes, crop = kind.output(shape).spatial, kind.crop(shape)
    axes = [(f, s, d) for _, f, s, d, _, _ in kind._axes(shape)]
    full = np.zeros(
        (len(x), *(max((n - 1) * s + d * (f - 1) + 1, begin + size)
                   for n, (f, s, d), (begin, _), size in zip(shape.spatial, axes, crop, sizes, strict=True)),
         kind.filters), x.dtype,
    )  # fmt: skip
    kept = (slice(None), *(slice(begin, begin + size) for (begin, _), size in zip(crop, sizes, strict=True)))

    def places() -> Taps:
        for tap in product(*(range(f) for f, _, _ in axes)):
            cuts = [
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, n, (_, s, d) in zip(tap, shape.spatial, axes, strict=True)
            ]
            yield tap, full[(slice(None), *cuts)]

    return full, kept, places()


def _by_filter(kernel: Array, groups: int) -> Array:
    """``[C, filters/groups]``, one group below the other, as ``[C/groups, filters]``."""
    channels, filters = kernel.shape
    return kernel.reshape(groups, channels // groups, filters).swapaxes(0, 1).reshape(channels // groups, -1)


def grouped(x: Array, kernel: Array, groups: int) -> Array:
    """``[..., C]`` times ``[C/groups, filters]``: each group of channels with its own filters."""
    if groups == 1:
        return x @ kernel
    parts = x.reshape(*x.shape[:-1], groups, -1)
    kernels = kernel.reshape(len(kernel), groups, -1)
    return np.einsum("...gc,cgk->...gk", parts, kernels).reshape(*x.shape[:-1], -1)


def grouped_backward(x: Array, kernel: Array, groups: int, dy: Array) -> tuple[Array, Array]:
    """The gradient of :func:`grouped` by ``x`` and by ``kernel``: ``dy·kernelᵀ`` and ``xᵀ·dy``, group by group."""
    if groups == 1:
        return dy @ kernel.T, x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])
    parts, changes = (each.reshape(-1, groups, each.shape[-1] // groups) for each in (x, dy))
    kernels = kernel.reshape(len(kernel), groups, -1)
    dx = np.einsum("ngk,cgk->ngc", changes, kernels).reshape(x.shape)
    return dx, np.einsum("ngc,ngk->cgk", parts, changes).reshape(kernel.shape)


def biased(y: Array, weights: Weights) -> Array:
    """``y`` with the bias, if any, added in place."""
    if "bias" in weights:
        y += weights["bias"]
    return y


def dbias(weights: Weights, dy: Array) -> Weights:
    """The gradient by the bias, if any: ``Σ dy`` over examples and positions."""
    return {"bias": summed_to(dy, weights["bias"].shape)} if "bias" in weights else {}


@by_hand(Conv)
def conv_by_hand(kind: Conv, weights: Weights, x: Array) -> Callable[[tuple[int, ...]], Terms]:
    """Each number of the window in the channels of its group, times its weight."""
    window, share, filters = seen(kind, x), x.shape[-1] // kind.groups, kind.filters // kind.groups

    def terms(place: tuple[int, ...]) -> Terms:
        first = place[-1] // filters * share
        return Terms(window(place)[..., first : first + share], weights["kernel"][..., place[-1]])

    return terms


@by_hand(DepthwiseConv)
def depthwise_conv_by_hand(kind: DepthwiseConv, weights: Weights, x: Array) -> Callable[[tuple[int, ...]], Terms]:
    """Each number of the window in its one channel, times its weight."""
    window = seen(kind, x)

    def terms(place: tuple[int, ...]) -> Terms:
        channel, number = divmod(place[-1], kind.multiplier)
        return Terms(window(place)[..., channel], weights["kernel"][..., channel, number])

    return terms


@fast_form(Conv)
def fast_conv(job: Job) -> list[Work] | None:
    """The algorithm of a convolution by its shape; None leaves it to the reference."""
    kind: Conv = job.kind
    channels = job.xs[0].shape[-1]
    if job.tile:
        return winograd.Winograd(job).works(job.workers, job.common)
    if kind.groups == 1:
        return [products.convolution(job)]
    if kind.groups == channels == kind.filters:
        return [depthwise.Depthwise(job)]
    return None if job.finish.whole else [products.groups(job)]


@fast_form(Conv, volumes=True)
def fast_conv_volume(job: Job) -> list[Work] | None:
    """As :func:`fast_conv`."""
    return [products.volumes(job)] if job.kind.groups == 1 else None


@fast_form(DepthwiseConv)
def fast_depthwise_conv(job: Job) -> list[Work] | None:
    """As :func:`fast_conv`."""
    return [depthwise.Depthwise(job)] if job.kind.multiplier == 1 else None


@fast_form(SeparableConv)
def fast_separable_conv(job: Job) -> list[Work] | None:
    """As :func:`fast_conv`."""
    return [depthwise.Separable(job)] if job.kind.multiplier == 1 else None


@fast_form(TransposedConv)
def fast_transposed_conv(job: Job) -> list[Work] | None:
    """As :func:`fast_conv`."""
    return [transposed.convolution(job)]
