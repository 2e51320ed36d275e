"""Normalisation: biased variance, eps inside the root."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.engine.fast.job import Job
from cnncalc.engine.fast.rowwise import Rowwise
from cnncalc.engine.kernels import fast_form
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.norm import Batchnorm, Groupnorm, Instancenorm, Layernorm, Rmsnorm


def batchnorm(kind: Batchnorm, weights: Weights, x: Array) -> Array:
    """With the moving mean and variance, as used after training."""
    root = np.sqrt(weights["moving_variance"] + x.dtype.type(kind.eps))
    return _learned(weights, (x - weights["moving_mean"]) / root)


def layernorm(kind: Layernorm, weights: Weights, x: Array) -> Array:
    """Over the channels at each position, or over the whole example."""
    return _learned(_last(kind, weights), normalised(x, _axes(kind, x), kind.eps))


def rmsnorm(kind: Rmsnorm, weights: Weights, x: Array) -> Array:
    """``x / √(mean of squares + eps)``."""
    squares = np.mean(x * x, axis=_axes(kind, x), keepdims=True)
    return _learned(_last(kind, weights), x / np.sqrt(squares + x.dtype.type(kind.eps)))


def groupnorm(kind: Groupnorm, weights: Weights, x: Array) -> Array:
    """Over all positions of a group of channels."""
    groups = x.reshape(*x.shape[:-1], kind.groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    return _learned(weights, normalised(groups, axes, kind.eps).reshape(x.shape))


def instancenorm(kind: Instancenorm, weights: Weights, x: Array) -> Array:
    """Each channel of each example over its positions."""
    return _learned(weights, normalised(x, tuple(range(1, x.ndim - 1)), kind.eps))


def normalised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """``(x − mean) / √(variance + eps)`` over ``axes``."""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + x.dtype.type(eps))


def _axes(kind: Layernorm | Rmsnorm, x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim)) if kind.axes == "all" else (x.ndim - 1,)


def _last(kind: Layernorm | Rmsnorm, weights: Weights) -> Weights:
    """The weights, which ``axes: all`` writes in the spec's layout, with channels last."""
    return {name: inward(array[None], kind.layout)[0] for name, array in weights.items()}


def _learned(weights: Weights, x: Array) -> Array:
    """gamma · x + beta, where the layer has them."""
    if "gamma" in weights:
        x = x * weights["gamma"]
    return x + weights["beta"] if "beta" in weights else x


@fast_form(Batchnorm)
def fast_batchnorm(job: Job) -> list[Work]:
    """One factor and one shift a channel."""
    w, eps = job.weights, np.float32(job.kind.eps)
    factor = w.get("gamma", np.float32(1)) / np.sqrt(w["moving_variance"] + eps)
    shift = w.get("beta", np.float32(0)) - w["moving_mean"] * factor

    def compute(x: Array, out: Array) -> None:
        np.multiply(x, factor, out=out)
        np.add(out, shift, out=out)

    return [Rowwise(job, compute)]
