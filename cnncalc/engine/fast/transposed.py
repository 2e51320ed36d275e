"""Transposed convolutions as plain ones: outputs with the same index modulo the stride use the same taps.

By its definition a transposed convolution spreads each input over the output: it writes each output many times, and
most of that is traffic with memory. Seen from the output (which inputs does it come from?) it is a plain convolution
with a smaller kernel, which runs as a product of matrices and writes each output once.

Along an axis of stride S the output splits by residues, ``o = q, q + S, q + 2S, ...``. Output o is the sum over the
taps ``t ≡ o + crop (mod S)`` of input ``(o + crop − t)/S``, so each residue is a convolution of stride 1 with every
S-th tap, backwards.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from cnncalc.engine.fast.job import POINT, Job
from cnncalc.engine.fast.product import Gemm
from cnncalc.engine.parallel.work import Together
from cnncalc.kinds.conv import TransposedConv
from cnncalc.shape import Shape


class Residue(NamedTuple):
    """The outputs ``first``, ``first + S``, ...: ``places`` of them. ``taps`` are the elements of the kernel that they
    see, and the first window begins at input ``start`` (negative: in the border).
    """

    first: int
    places: int
    start: int
    taps: list[int]


ACROSS = [Residue(0, 1, 0, [0])]  # along the axis that a sequence lacks


def residues(kind: TransposedConv, x: Shape) -> list[list[Residue]] | None:
    """Those of each axis; None for groups, dilations, and strides that leave gaps."""
    axes = list(kind._axes(x))
    if kind.groups != 1 or any(d != 1 or f < s for _, f, s, d, _, _ in axes):
        return None
    sizes = kind.output(x).spatial
    return [_along(f, s, crop, out) for (_, f, s, *_), (crop, _), out in zip(axes, kind.crop(x), sizes, strict=True)]


def _along(kernel: int, stride: int, crop: int, out: int) -> list[Residue]:
    """Those of one axis with an output of ``out``."""
    found = []
    for first in range(min(stride, out)):
        base, least = divmod(first + crop, stride)
        taps = list(range(least, kernel, stride))[::-1]
        found.append(Residue(first, -(-(out - first) // stride), base - len(taps) + 1, taps))
    return found


def border(axes: list[list[Residue]], sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Positions that the windows see before and behind each axis of an input with those sizes."""
    return [
        (
            max(0, *(-residue.start for residue in axis)),
            max(0, *(residue.start + len(residue.taps) + residue.places - 1 - size for residue in axis)),
        )
        for axis, size in zip(axes, sizes, strict=True)
    ]


def convolution(job: Job) -> Together:
    """Each residue as a product, into its outputs. ``xs[0]`` has the :func:`border`."""
    axes = residues(job.kind, job.shape)
    assert axes is not None
    widths = border(axes, job.shape.spatial) + [(0, 0)] * (2 - len(axes))
    axes = axes + [ACROSS] * (2 - len(axes))
    kernel = job.weights["kernel"]
    kernel = kernel.reshape(*kernel.shape[:-2], *(1,) * (4 - kernel.ndim), *kernel.shape[-2:])
    parts = []
    for pair in product(*axes):
        seen = [slice(residue.start + before, None) for residue, (before, _) in zip(pair, widths, strict=True)]
        made = (slice(None), *(slice(residue.first, None, len(axis)) for residue, axis in zip(pair, axes, strict=True)))
        windows = [POINT._replace(kernel=len(residue.taps)) for residue in pair]
        own = kernel[np.ix_(*(residue.taps for residue in pair))]
        finish = job.finish.part(made, across=slice(0, pair[1].places))
        parts.append(Gemm(job.xs[0][:, seen[0], seen[1]], windows, own, job.y[made], finish, job.workers))
    return Together(parts)
