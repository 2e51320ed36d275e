"""Activation functions. Each takes its kind, which may have fields, and returns a new array."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from cnncalc.engine import kernels
from cnncalc.engine.arrays import Array, Weights, blocks
from cnncalc.engine.fast.job import Activate, Job
from cnncalc.engine.fast.rowwise import Rowwise
from cnncalc.engine.kernels import Gradients, Kernel, backward, fast_form
from cnncalc.engine.parallel.work import Work
from cnncalc.kinds.activation import KINDS, Activation, Gelu, LogSoftmax, Relu, Relu6, Softmax
from cnncalc.kinds.base.activated import ending
from cnncalc.kinds.base.function import Function

BLOCK = 1 << 15  # numbers per block of gelu
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017)

#: The derivative of a function: (kind, x, y) -> dy/dx, computed from its input or from its output.
Derivative = Callable[[Any, Array, Array], Array]

_derivatives: dict[str, Derivative] = {}


def derived(rule: Derivative) -> Callable[[Kernel], Kernel]:
    """Register ``rule`` as the derivative of the function below, number by number."""

    def register(function: Kernel) -> Kernel:
        _derivatives[function.__name__] = rule
        backward(KINDS[function.__name__])(chained)
        return function

    return register


def chained(kind: Function, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dL/dx = dL/dy · dy/dx``."""
    return [dy * derivative(kind, xs[0], y).astype(dy.dtype, copy=False)], {}


def derivative(function: Function, x: Array, y: Array) -> Array:
    """dy/dx of an elementwise activation function; softmax and log_softmax are not elementwise."""
    return _derivatives[function.word()](function, x, y)


def activate_backward(function: Function, x: Array, y: Array, dy: Array) -> Array:
    """dL/dx of :func:`activate`."""
    (dx,), _ = kernels.find_backward(function)(function, {}, [x], y, dy)
    return np.asarray(dx)


def activate(function: Function, x: Array) -> Array:
    """The activation function of ``x``, in a new array."""
    y: Array = kernels.find(function)(function, {}, x)
    return y


def activation(kind: Activation, weights: Weights, x: Array) -> Array:
    """The function that the kind names, with the kind's own fields."""
    return activate(kind.chosen, x)


@backward(Activation)
def activation_backward(kind: Activation, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return [activate_backward(kind.chosen, xs[0], y, dy)], {}


@derived(lambda kind, x, y: np.ones_like(y))
def linear(kind: Any, weights: Weights, x: Array) -> Array:
    return x


@derived(lambda kind, x, y: x > 0)
def relu(kind: Any, weights: Weights, x: Array) -> Array:
    return np.maximum(x, 0)


@derived(lambda kind, x, y: (x > 0) & (x < 6))
def relu6(kind: Any, weights: Weights, x: Array) -> Array:
    return np.clip(x, 0, 6)


@derived(lambda kind, x, y: np.where(x > 0, 1, kind.slope))
def leaky_relu(kind: Any, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, x * x.dtype.type(kind.slope))


@derived(lambda kind, x, y: np.where(x > 0, 1, y + 1))
def elu(kind: Any, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


@derived(lambda kind, x, y: np.where(x > 0, 1, y + 1))
def celu(kind: Any, weights: Weights, x: Array) -> Array:
    return elu(kind, weights, x)  # the same at alpha 1


@derived(lambda kind, x, y: np.where(x > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA))
def selu(kind: Any, weights: Weights, x: Array) -> Array:
    number = x.dtype.type
    return number(SELU_SCALE) * np.where(x > 0, x, number(SELU_ALPHA) * np.expm1(np.minimum(x, 0)))


@derived(lambda kind, x, y: y * (1 - y))
def sigmoid(kind: Any, weights: Weights, x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@derived(lambda kind, x, y: sigmoid(kind, {}, x) + y * (1 - sigmoid(kind, {}, x)))
def silu(kind: Any, weights: Weights, x: Array) -> Array:
    return x / (1 + np.exp(-x))


@derived(lambda kind, x, y: ((x > -3) & (x < 3)) / 6)
def hard_sigmoid(kind: Any, weights: Weights, x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


@derived(lambda kind, x, y: np.where(x < -3, 0, np.where(x > 3, 1, x / 3 + 0.5)))
def hard_swish(kind: Any, weights: Weights, x: Array) -> Array:
    return x * hard_sigmoid(kind, weights, x)


@derived(lambda kind, x, y: 1 - y * y)
def tanh(kind: Any, weights: Weights, x: Array) -> Array:
    return np.tanh(x)


@derived(lambda kind, x, y: 1 - np.exp(-y))
def softplus(kind: Any, weights: Weights, x: Array) -> Array:
    return np.logaddexp(x.dtype.type(0), x)


@derived(
    lambda kind, x, y: (
        np.tanh(softplus(kind, {}, x)) + x * (1 - np.tanh(softplus(kind, {}, x)) ** 2) * sigmoid(kind, {}, x)
    )
)
def mish(kind: Any, weights: Weights, x: Array) -> Array:
    return x * np.tanh(softplus(kind, weights, x))


@derived(lambda kind, x, y: (1 - np.abs(y)) ** 2)
def softsign(kind: Any, weights: Weights, x: Array) -> Array:
    return x / (1 + np.abs(x))


@derived(lambda kind, x, y: np.sign(x))
def abs(kind: Any, weights: Weights, x: Array) -> Array:
    return np.abs(x)


def softmax(kind: Any, weights: Weights, x: Array) -> Array:
    axis = kind.softmax_axis
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def log_softmax(kind: Any, weights: Weights, x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@backward(Softmax)
def softmax_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dL/dx_i = y_i·(dL/dy_i − Σ_j dL/dy_j·y_j)``."""
    return [y * (dy - (dy * y).sum(axis=-1, keepdims=True))], {}


@backward(LogSoftmax)
def log_softmax_backward(kind: Any, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dL/dx_i = dL/dy_i − exp(y_i)·Σ_j dL/dy_j``."""
    return [dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)], {}


def _gelu_slope(kind: Gelu, x: Array, y: Array) -> Array:
    """``Φ(x) + x·φ(x)``, or the same of the tanh form."""
    if kind.approximate:
        bend = np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return (1 + bend) / 2 + x * (1 - bend * bend) / 2 * sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x * x)
    return (1 + _erf(x / sqrt(2))) / 2 + x * np.exp(-x * x / 2) / sqrt(2 * np.pi)


@derived(_gelu_slope)
def gelu(kind: Any, weights: Weights, x: Array) -> Array:
    """x · Φ(x), or its tanh form."""
    number = x.dtype.type
    if kind.approximate:
        return x * (1 + np.tanh(number(sqrt(2 / np.pi)) * (x + number(0.044715) * x**3))) / 2
    y = np.empty_like(x)
    for source, target in zip(blocks(x, BLOCK), blocks(y, BLOCK), strict=True):
        target[...] = source * ((1 + _erf(source / sqrt(2))) / 2).astype(x.dtype)
    return y


TAIL_SCALE, TAIL = 0.3275911, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
ERF_END = 6.0  # erf is 1 to the last digit of a float64 from here on


@cache
def _erf_series() -> Array:
    """Chebyshev coefficients of ``erf(√t)/√t`` for t in 0 to ERF_END², interpolated from ``math.erf``.

    The function is entire, so the series ends quickly: 64 terms leave an error below 1e-14.
    """

    def ratio(u: Array) -> Array:
        roots = np.sqrt((u + 1) / 2) * ERF_END
        return np.array([erf(r) / r for r in roots])

    return chebyshev.chebinterpolate(ratio, 64)


def _erf(x: Array) -> Array:
    """The error function, which NumPy does not have; in float64."""
    x = np.clip(x.astype(np.float64), -ERF_END, ERF_END)
    return x * chebyshev.chebval(2 * (x / ERF_END) ** 2 - 1, _erf_series())


def into(function: Function) -> Activate:
    """The activation function from one array into another, or in place."""
    if isinstance(function, Relu):  # clipping is twice as fast as np.maximum with a number
        return lambda x, out: np.clip(x, 0, np.inf, out=out)
    if isinstance(function, Relu6):
        return lambda x, out: np.clip(x, 0, 6, out=out)
    if isinstance(function, Gelu) and not function.approximate:
        return _gelu_into
    return lambda x, out: np.copyto(out, activate(function, x))


def _gelu_into(x: Array, out: Array) -> None:
    """``x·Φ(x)`` in blocks whose intermediate results stay in the cache."""
    for source, target in zip(blocks(x, BLOCK), blocks(out, BLOCK), strict=True):
        np.multiply(source, _normal(source), out=target)


def _normal(x: Array) -> Array:
    """Φ(x) with the rational form of its tail, exact to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26)."""
    z = np.abs(x) * np.float32(sqrt(0.5))
    t = 1 / (1 + np.float32(TAIL_SCALE) * z)
    tail = np.full_like(t, TAIL[0])
    for coefficient in TAIL[1:]:
        tail *= t
        tail += np.float32(coefficient)
    tail *= t
    tail *= np.exp(-z * z)
    tail /= 2
    return np.where(x > 0, 1 - tail, tail)


@fast_form(*KINDS.values(), Activation)
def fast_activation(job: Job) -> list[Work]:
    """Every function is computed piece by piece."""
    function = ending(job.kind)
    assert function is not None
    return [Rowwise(job, into(function))]
