"""Normalisation: biased variance, eps inside the root."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward, outward, summed_to
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.rowwise import Rowwise
from cnncalc.engine.kernels import Gradients, backward, fast_form, while_training
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.norm import Batchnorm, Groupnorm, Instancenorm, Layernorm, Rmsnorm

MOVED = 0.1  # momentum: how far the moving mean and variance go towards the batch's, as in PyTorch


def batchnorm(kind: Batchnorm, weights: Weights, x: Array) -> Array:
    """With the moving mean and variance, as used after training."""
    root = np.sqrt(weights["moving_variance"] + x.dtype.type(kind.eps))
    return _learned(weights, (x - weights["moving_mean"]) / root)


@backward(Batchnorm)
def batchnorm_backward(kind: Batchnorm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """The moving mean and variance are constants here."""
    root = np.sqrt(weights["moving_variance"] + kind.eps)
    dz, found = _learned_backward(weights, (xs[0] - weights["moving_mean"]) / root, dy)
    return [dz / root], found


@while_training(Batchnorm)
def batchnorm_while_training(
    kind: Batchnorm, weights: Weights, xs: list[Array], random: np.random.Generator, *, wanted: bool
) -> tuple[Array, Callable[[Array], Gradients], Weights]:
    """With the mean and variance of the batch; the moving ones go towards these (with the unbiased variance)."""
    (x,), axes = xs, tuple(range(xs[0].ndim - 1))
    count = x.size // x.shape[-1]
    z = normalised(x, axes, kind.eps)

    def back(dy: Array) -> Gradients:
        dz, found = _learned_backward(weights, z, dy)
        return [normalised_backward(x, axes, kind.eps, dz)], found

    reached = {"moving_mean": x.mean(axis=axes), "moving_variance": x.var(axis=axes) * count / max(1, count - 1)}
    moved = {name: weights[name] + MOVED * (new - weights[name]) for name, new in reached.items()}
    return _learned(weights, z), back, moved


def layernorm(kind: Layernorm, weights: Weights, x: Array) -> Array:
    """Over the channels at each position, or over the whole example."""
    return _learned(_last(kind, weights), normalised(x, _axes(kind, x), kind.eps))


@backward(Layernorm)
def layernorm_backward(kind: Layernorm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    (x,), axes = xs, _axes(kind, xs[0])
    dz, found = _learned_backward(_last(kind, weights), normalised(x, axes, kind.eps), dy)
    return [normalised_backward(x, axes, kind.eps, dz)], _written(kind, found)


def rmsnorm(kind: Rmsnorm, weights: Weights, x: Array) -> Array:
    """``x / √(mean of squares + eps)``."""
    squares = np.mean(x * x, axis=_axes(kind, x), keepdims=True)
    return _learned(_last(kind, weights), x / np.sqrt(squares + x.dtype.type(kind.eps)))


@backward(Rmsnorm)
def rmsnorm_backward(kind: Rmsnorm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dx = (dz − z·mean(dz·z))/√(mean of squares + eps)``, z the factor of gamma."""
    (x,), axes = xs, _axes(kind, xs[0])
    root = np.sqrt(np.mean(x * x, axis=axes, keepdims=True) + kind.eps)
    dz, found = _learned_backward(_last(kind, weights), x / root, dy)
    return [(dz - x / root * np.mean(dz * x / root, axis=axes, keepdims=True)) / root], _written(kind, found)


def groupnorm(kind: Groupnorm, weights: Weights, x: Array) -> Array:
    """Over all positions of a group of channels."""
    groups = x.reshape(*x.shape[:-1], kind.groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    return _learned(weights, normalised(groups, axes, kind.eps).reshape(x.shape))


@backward(Groupnorm)
def groupnorm_backward(kind: Groupnorm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    (x,) = xs
    groups = x.reshape(*x.shape[:-1], kind.groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    dz, found = _learned_backward(weights, normalised(groups, axes, kind.eps).reshape(x.shape), dy)
    return [normalised_backward(groups, axes, kind.eps, dz.reshape(groups.shape)).reshape(x.shape)], found


def instancenorm(kind: Instancenorm, weights: Weights, x: Array) -> Array:
    """Each channel of each example over its positions."""
    return _learned(weights, normalised(x, tuple(range(1, x.ndim - 1)), kind.eps))


@backward(Instancenorm)
def instancenorm_backward(kind: Instancenorm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    (x,), axes = xs, tuple(range(1, xs[0].ndim - 1))
    dz, found = _learned_backward(weights, normalised(x, axes, kind.eps), dy)
    return [normalised_backward(x, axes, kind.eps, dz)], found


def normalised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """``(x − mean) / √(variance + eps)`` over ``axes``."""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + x.dtype.type(eps))


def normalised_backward(x: Array, axes: tuple[int, ...], eps: float, dz: Array) -> Array:
    """``dx = (dz − mean(dz) − z·mean(dz·z))/√(variance + eps)``, z the normalised x."""
    centred = x - x.mean(axis=axes, keepdims=True)
    root = np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + x.dtype.type(eps))
    z = centred / root
    return (dz - dz.mean(axis=axes, keepdims=True) - z * np.mean(dz * z, axis=axes, keepdims=True)) / root


def _axes(kind: Layernorm | Rmsnorm, x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim)) if kind.axes == "all" else (x.ndim - 1,)


def _last(kind: Layernorm | Rmsnorm, weights: Weights) -> Weights:
    """The weights, which ``axes: all`` writes in the spec's layout, with channels last."""
    return {name: inward(array[None], kind.layout)[0] for name, array in weights.items()}


def _learned(weights: Weights, x: Array) -> Array:
    """gamma · x + beta, if the layer has them."""
    if "gamma" in weights:
        x = x * weights["gamma"]
    return x + weights["beta"] if "beta" in weights else x


def _learned_backward(weights: Weights, z: Array, dy: Array) -> tuple[Array, Weights]:
    """``dz = gamma·dy``; ``dgamma = Σ dy·z`` and ``dbeta = Σ dy``."""
    found = {name: summed_to(dy * z if name == "gamma" else dy, array.shape)
             for name, array in weights.items() if name in ("gamma", "beta")}  # fmt: skip
    return dy * weights["gamma"] if "gamma" in weights else dy, found


def _written(kind: Layernorm | Rmsnorm, found: Weights) -> Weights:
    """The inverse of :func:`_last`."""
    return {name: outward(array[None], kind.layout)[0] for name, array in found.items()}


@fast_form(Batchnorm)
def fast_batchnorm(job: Job) -> list[Work]:
    """One factor and one shift for each channel."""
    w, eps = job.weights, np.float32(job.kind.eps)
    factor = w.get("gamma", np.float32(1)) / np.sqrt(w["moving_variance"] + eps)
    shift = w.get("beta", np.float32(0)) - w["moving_mean"] * factor

    def compute(x: Array, out: Array) -> None:
        np.multiply(x, factor, out=out)
        np.add(out, shift, out=out)

    return [Rowwise(job, compute)]
