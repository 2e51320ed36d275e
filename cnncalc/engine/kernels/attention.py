"""Multi-head attention: four products for the projections, two for each head."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import CACHE, Job, largest, pieces
from cnncalc.engine.kernels.activation import softmax
from cnncalc.engine.parallel.work import Phase, Work
from cnncalc.kinds.attention import Attention

BLOCK = 1 << 21  # scores that are held at one time


def attention(kind: Attention, weights: Weights, query: Array, memory: Array | None = None) -> Array:
    """``[batch, T, F]`` and ``[batch, S, F_memory]`` (the query itself where there is none) to ``[batch, T, F]``."""
    read = query if memory is None else memory
    q, k, v = (_projected(weights, name, x) for name, x in (("query", query), ("key", read), ("value", read)))
    mixed = np.empty_like(q)
    _mix(kind, *(_heads(kind, x) for x in (q, k, v, mixed)))
    return _projected(weights, "output", mixed)


def _projected(weights: Weights, name: str, x: Array, out: Array | None = None) -> Array:
    y = np.matmul(x, weights[f"{name}_kernel"], out=out)
    if f"{name}_bias" in weights:
        y += weights[f"{name}_bias"]
    return y


def _heads(kind: Attention, x: Array) -> Array:
    """``[batch, T, heads·key_dim]`` as ``[batch, heads, T, key_dim]``, a view."""
    return x.reshape(*x.shape[:2], kind.heads, -1).swapaxes(1, 2)


def _mix(kind: Attention, q: Array, k: Array, v: Array, out: Array) -> None:
    """The weighted sums of ``v`` ``[..., S, key_dim]`` for each ``q`` ``[..., T, key_dim]``, into ``out``."""
    scale = q.dtype.type(q.shape[-1] ** -0.5)
    rows = max(1, BLOCK // (math.prod(q.shape[:-2]) * k.shape[-2]))
    for start in range(0, q.shape[-2], rows):
        part = slice(start, start + rows)
        scores = (q[..., part, :] * scale) @ k.swapaxes(-1, -2)
        if kind.causal:
            scores[..., ~np.tri(scores.shape[-2], scores.shape[-1], start, dtype=bool)] = -np.inf
        out[..., part, :] = softmax(kind, {}, scores) @ v


def fast_attention(job: Job) -> list[Work]:
    """Three phases: pieces of the projections, a head each, pieces of the output. What is between is common."""
    kind, weights, query, memory = job.kind, job.weights, job.xs[0], job.xs[-1]
    read = {"query": query, "key": memory, "value": memory, "mixed": query}
    width = weights["query_kernel"].shape[1]
    ends = np.cumsum([0, *(x.shape[0] * x.shape[1] * width for x in read.values())])
    job.common.take(int(ends[-1]))
    places = dict(zip(read, map(slice, ends[:-1], ends[1:]), strict=True))

    def between(name: str) -> Array:
        """``[batch, positions, heads·key_dim]`` of the common array."""
        return job.common.array[places[name]].reshape(*read[name].shape[:2], width)

    def parts(x: Array) -> list[tuple[slice, slice]]:
        return pieces(x.shape[0], x.shape[1], CACHE // (x.shape[-1] + width), job.workers)

    seen = [(name, part) for name in ("query", "key", "value") for part in parts(read[name])]
    made = parts(job.y)

    def project(block: int, scratch: Array) -> None:
        name, part = seen[block]
        x = read[name][part]
        _projected(weights, name, x.reshape(*x.shape[:2], -1), between(name)[part])

    def mix(block: int, scratch: Array) -> None:
        _mix(kind, *(_heads(kind, between(name))[divmod(block, kind.heads)] for name in read))

    def put_out(block: int, scratch: Array) -> None:
        examples, rows = made[block]
        target = job.y[examples, rows]
        total = scratch[: target.size].reshape(*target.shape[:2], -1)
        _projected(weights, "output", between("mixed")[examples, rows], total)
        job.finish(total.reshape(target.shape), target, (examples, rows, slice(None), slice(None)))

    return [
        Phase(len(seen), project),
        Phase(len(query) * kind.heads, mix),
        Phase(len(made), put_out, largest(made) * job.y.shape[-1]),
    ]
