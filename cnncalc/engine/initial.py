"""Initial weights, drawn by seed and name (He et al. 2015 and Glorot & Bengio 2010)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.weights import Wanted, given, lengths, load, stated_by, wanted
from cnncalc.errors import UsageError
from cnncalc.kinds.base.activated import added, ending

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Row, Summary

ONES = frozenset(("gamma", "moving_variance"))
SMALL = 0.02  # standard deviation of embeddings and tokens (Radford et al. 2018)


def generator(seed: int, name: str) -> np.random.Generator:
    """Random numbers for the array called ``name``."""
    return np.random.Generator(np.random.SFC64([seed, crc32(name.encode())]))


def arrays(summary: Summary, weights: str | Mapping[str, Any] | None, seed: int, limits: Limits) -> dict[str, Array]:
    """The learned arrays: those of an ``.npz`` file, arrays by name (``Conv1/kernel``), or drawn by seed.

    Raises UsageError, LimitError, or SpecError with everything that does not fit.
    """
    if seed < 0:
        raise UsageError(f"the seed {seed} is negative", help="a whole number of 0 or more")
    if weights is None:
        return initial(summary, seed)
    return load(summary, weights, limits) if isinstance(weights, str) else given(summary, weights)


def initial(summary: Summary, seed: int) -> dict[str, Array]:
    """Every learned array before training, float32: as the spec states it, or drawn."""
    rectified, stated = _rectified(summary), stated_by(summary)
    found = {
        name: _drawn(want, generator(seed, name), rectified=want.row.index in rectified)
        for name, want in wanted(summary).items()
    }
    found |= stated
    gains = {name: lengths(found[f"{name[:-4]}kernel"]) for name in found if name.endswith("/gain")}
    return found | gains | stated  # so that training begins with the kernels as they were drawn


def _drawn(want: Wanted, random: np.random.Generator, *, rectified: bool) -> Array:
    kind, sizes = want.row.layer.kind, want.sizes
    if want.weight in ("embeddings", "token"):
        return random.standard_normal(sizes, np.float32) * np.float32(SMALL)
    if not want.weight.endswith("kernel"):
        value = getattr(kind, "initial", 1.0) if want.weight in ONES else 0.25 if want.weight == "alpha" else 0.0
        return np.full(sizes, value, np.float32)
    fan_in, fan_out = _fans(want)
    if rectified:
        array = random.standard_normal(sizes, np.float32)
        array *= np.float32(math.sqrt(2 / fan_in))
    else:
        array = random.random(sizes, np.float32)
        array -= np.float32(0.5)
        array *= np.float32(2 * math.sqrt(6 / (fan_in + fan_out)))
    return array


def _fans(want: Wanted) -> tuple[int, int]:
    """How many numbers each output of a kernel sums over, and how many outputs each input contributes to."""
    *window, inputs, outputs = want.sizes
    if want.row.kind == "locally_connected":
        window = window[len(window) // 2 :]
    if want.weight == "depthwise_kernel" or want.row.kind == "depthwise_conv":
        inputs = 1
    return math.prod(window) * inputs, math.prod(window) * outputs


def _rectified(summary: Summary) -> set[int]:
    """The rows whose output goes through a rectifier before anything else that learns."""
    first = len(summary.inputs)
    readers: dict[int, Row] = {}
    for row in summary.rows:
        for source in row.layer.sources:
            readers.setdefault(source, row)
    found = set()
    for row in reversed(summary.rows):
        own, reader = added(row.layer.kind), readers.get(first + row.index)
        if own is not None or reader is None:
            follows = own is not None and own.rectifies
        else:
            kind = reader.layer.kind
            follows = (ending(kind) or kind).rectifies or (kind.rescales and reader.index in found)
        if follows:
            found.add(row.index)
    return found
