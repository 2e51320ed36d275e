"""The two orders of axes: that of the spec's layout, and channels last, which the engine uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = dict[str, Array]

_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def inward(array: Array, layout: str) -> Array:
    """``[batch, axes in the spec's layout]`` as ``[batch, spatial..., channels]``; a view."""
    return np.moveaxis(array, 1, -1) if layout == "channels_first" and array.ndim > 3 else array


def outward(array: Array, layout: str) -> Array:
    """``[batch, spatial..., channels]`` as ``[batch, axes in the spec's layout]``; a view."""
    return np.moveaxis(array, -1, 1) if layout == "channels_first" and array.ndim > 3 else array


def doubled(array: Array) -> Array:
    """The array as float64, unless it holds whole numbers, which are token ids."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def settled(sums: Array, largest: float) -> Array:
    """``sums`` with 0 in the place of what rounding alone leaves of terms that cancel: 0.1 + 0.2 − 0.3 is not 5.6e−17.

    ``largest`` is the magnitude of the largest term.
    """
    return np.where(np.abs(sums) <= _ROUNDING * largest, 0.0, sums) if np.isfinite(largest) else sums


def largest_term(xs: list[Array], weights: Weights) -> float:
    """The largest magnitude that a number of ``xs`` times a weight has, or a bias by itself."""
    x, w, b = (
        max((float(np.abs(one).max()) for one in arrays if one.size), default=0.0)
        for arrays in (xs, weights.values(), [one for name, one in weights.items() if name.endswith("bias")])
    )
    return max(x * w, b)


def blocks(array: Array, most: int) -> Iterator[Array]:
    """``array`` in views of about ``most`` numbers, in order."""
    if array.size <= most or array.ndim == 0:
        yield array
        return
    if len(array) == 1:
        yield from blocks(array[0], most)
        return
    step = max(1, most * len(array) // array.size)
    for start in range(0, len(array), step):
        yield from blocks(array[start : start + step], most)


def summed_to(array: Array, shape: tuple[int, ...]) -> Array:
    """``array`` summed over the axes along which ``shape`` was broadcast: the gradient of broadcasting."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    spread = tuple(axis for axis, (n, size) in enumerate(zip(array.shape, shape, strict=True)) if size == 1 < n)
    return array.sum(axis=spread, keepdims=True) if spread else array


def along(matrix: Array, array: Array, axis: int) -> Array:
    """``array`` multiplied by ``matrix`` along one axis."""
    return np.moveaxis(np.tensordot(matrix, array, (1, axis)), 0, axis)
