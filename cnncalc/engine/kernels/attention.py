"""Multi-head attention: four products for the projections, two for each head."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import CACHE, Job, largest, pieces
from cnncalc.engine.kernels import fast_form
from cnncalc.engine.kernels.activation import softmax
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Phase, Work
from cnncalc.engine.relative import Relative, cut, joined, mask, turned
from cnncalc.kinds.attention import Attention

BLOCK = 1 << 21  # scores that are held at one time


def attention(kind: Attention, weights: Weights, query: Array, memory: Array | None = None) -> Array:
    """``[batch, T, F]`` and ``[batch, S, F_memory]`` (by default the query itself) to ``[batch, T, F]``.

    An image ``[batch, H, W, F]`` is a sequence of its positions, or of those of a window each.
    """
    read = query if memory is None else memory
    relative = Relative(kind, weights, shape_of(query), shape_of(read))
    hidden = mask(kind, shape_of(query))
    x, read = (cut(kind, each) for each in (query, read))
    q, k, v = (_projected(weights, name, each) for name, each in (("query", x), ("key", read), ("value", read)))
    if kind.rotary:
        q, k = (turned(_heads(heads, each)) for heads, each in ((kind.heads, q), (_kv_heads(kind), k)))
    else:
        q, k = _heads(kind.heads, q), _heads(_kv_heads(kind), k)
    k, v = (np.repeat(each, kind.heads // _kv_heads(kind), axis=-3) for each in (k, _heads(_kv_heads(kind), v)))
    mixed = np.empty((*x.shape[:-1], kind.heads * v.shape[-1]), x.dtype)
    _mix(kind, q, k, v, _heads(kind.heads, mixed), relative, hidden)
    return joined(kind, _projected(weights, "output", mixed), shape_of(query))


def _kv_heads(kind: Attention) -> int:
    return int(kind.heads if kind.kv_heads is None else kind.kv_heads)


def _projected(weights: Weights, name: str, x: Array, out: Array | None = None) -> Array:
    y = np.matmul(x, weights[f"{name}_kernel"], out=out)
    if f"{name}_bias" in weights:
        y += weights[f"{name}_bias"]
    return y


def _heads(heads: int, x: Array) -> Array:
    """``[..., T, heads·dim]`` as ``[..., heads, T, dim]``, a view."""
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def _mix(
    kind: Attention, q: Array, k: Array, v: Array, out: Array, relative: Relative | None, hidden: Array | None = None
) -> None:
    """The weighted sums of ``v`` ``[..., S, value_dim]`` for each ``q`` ``[..., T, key_dim]``, into ``out``.

    ``hidden`` is added to the scores of all heads alike: −∞ where a position is not seen.
    """
    scale = q.dtype.type(q.shape[-1] ** -0.5)
    rows = max(1, BLOCK // (math.prod(q.shape[:-2]) * k.shape[-2]))
    for start in range(0, q.shape[-2], rows):
        part = slice(start, start + rows)
        scores = (q[..., part, :] * scale) @ k.swapaxes(-1, -2)
        if relative:
            scores += relative.rows(part)
        if kind.causal:
            scores[..., ~np.tri(scores.shape[-2], scores.shape[-1], start, dtype=bool)] = -np.inf
        if hidden is not None:
            scores += hidden[..., part, :]
        out[..., part, :] = softmax(kind, {}, scores) @ v


@fast_form(Attention)
def fast_attention(job: Job) -> list[Work] | None:
    """Three phases: pieces of the projections, a head each, pieces of the output. What is between is common.

    None for an image, which runs by the reference kernel.
    """
    kind, weights, query, memory = job.kind, job.weights, job.xs[0], job.xs[-1]
    if job.shape.rank > 2 or memory.shape[2] > 1:
        return None
    read = {"query": query, "key": memory, "value": memory, "mixed": query}
    width = {name: weights[f"{name}_kernel"].shape[1] for name in ("query", "key", "value")}
    width["mixed"] = weights["output_kernel"].shape[0]
    ends = np.cumsum([0, *(x.shape[0] * x.shape[1] * width[name] for name, x in read.items())])
    job.common.take(int(ends[-1]))
    places = dict(zip(read, map(slice, ends[:-1], ends[1:]), strict=True))
    relative = Relative(kind, weights, job.shape, shape_of(memory[:, :, 0]))
    group = kind.heads // _kv_heads(kind)
    counts = {"query": kind.heads, "key": _kv_heads(kind)}  # heads of what rotary turns

    def between(name: str) -> Array:
        """``[batch, positions, heads·dim]`` of the common array."""
        return job.common.array[places[name]].reshape(*read[name].shape[:2], width[name])

    def parts(x: Array) -> list[tuple[slice, slice]]:
        return pieces(x.shape[0], x.shape[1], CACHE // (x.shape[-1] + max(width.values())), job.workers)

    seen = [(name, part) for name in ("query", "key", "value") for part in parts(read[name])]
    made = parts(job.y)

    def project(block: int, scratch: Array) -> None:
        name, part = seen[block]
        x, out = read[name][part], between(name)[part]
        _projected(weights, name, x.reshape(*x.shape[:2], -1), out)
        if kind.rotary and name in counts:
            heads = _heads(counts[name], out)
            heads[...] = turned(heads, part[1].start)

    def mix(block: int, scratch: Array) -> None:
        example, head = divmod(block, kind.heads)
        q, mixed = (_heads(kind.heads, between(name))[example, head] for name in ("query", "mixed"))
        k, v = (_heads(_kv_heads(kind), between(name))[example, head // group] for name in ("key", "value"))
        _mix(kind, q, k, v, mixed, relative.of(head))

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
