"""Transposed convolutions as plain ones: the outputs that lie the same way to the stride see the same taps.

Along an axis of stride S the output splits into S phases, ``o = q, q + S, q + 2S, ...``. Output o is the sum over the
taps ``t ≡ o + crop (mod S)`` of input ``(o + crop − t)/S``, so each phase is a convolution of stride 1 with every S-th
tap, backwards.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from cnncalc.engine.job import POINT, Job
from cnncalc.engine.product import Product
from cnncalc.engine.workers import Together
from cnncalc.kinds.conv import TransposedConv
from cnncalc.shape import Shape


class Phase(NamedTuple):
    """The outputs from ``first`` on, one each stride, ``places`` in number, and the taps of their windows, of which the
    first begins at input ``start`` (negative: in the border).
    """

    first: int
    places: int
    start: int
    taps: list[int]


def phases(kernel: int, stride: int, crop: int, out: int) -> list[Phase]:
    """Those of one axis with an output of ``out``."""
    found = []
    for first in range(min(stride, out)):
        base, least = divmod(first + crop, stride)
        taps = list(range(least, kernel, stride))[::-1]
        found.append(Phase(first, -(-(out - first) // stride), base - len(taps) + 1, taps))
    return found


def along(kind: TransposedConv, x: Shape) -> list[list[Phase]] | None:
    """The phases of each axis; None for groups, volumes, dilations, and strides that leave gaps."""
    found = list(kind._axes(x))
    if kind.groups != 1 or len(found) > 2 or any(d != 1 or f < s for _, f, s, d, _, _ in found):
        return None
    sizes = kind.output(x).spatial
    return [phases(f, s, crop, out) for (_, f, s, *_), (crop, _), out in zip(found, kind.crop(x), sizes, strict=True)]


def border(kind: TransposedConv, x: Shape) -> list[tuple[int, int]] | None:
    """Positions that the windows see before and behind each axis; None where :func:`along` is."""
    found = along(kind, x)
    if found is None:
        return None
    return [
        (
            max(0, *(-phase.start for phase in axis)),
            max(0, *(phase.start + len(phase.taps) + phase.places - 1 - size for phase in axis)),
        )
        for axis, size in zip(found, x.spatial, strict=True)
    ]


def convolution(job: Job) -> Together:
    """Each phase as a product, into its outputs. ``xs[0]`` has the :func:`border`."""
    found, widths = along(job.kind, job.shape), border(job.kind, job.shape)
    assert found is not None
    assert widths is not None
    if len(found) == 1:  # a sequence has one position across
        found, widths = [*found, [Phase(0, 1, 0, [0])]], [*widths, (0, 0)]
    kernel = job.weights["kernel"]
    kernel = kernel.reshape(*kernel.shape[:-2], *(1,) * (4 - kernel.ndim), *kernel.shape[-2:])
    parts = []
    for pair in product(*found):
        seen = [slice(phase.start + before, None) for phase, (before, _) in zip(pair, widths, strict=True)]
        made = (slice(None), *(slice(phase.first, None, len(axis)) for phase, axis in zip(pair, found, strict=True)))
        windows = [POINT._replace(kernel=len(phase.taps)) for phase in pair]
        own = kernel[np.ix_(*(phase.taps for phase in pair))]
        finish = job.finish.part(made, across=slice(0, pair[1].places))
        parts.append(Product(job.xs[0][:, seen[0], seen[1]], windows, own, job.y[made], finish, job.workers))
    return Together(parts)
