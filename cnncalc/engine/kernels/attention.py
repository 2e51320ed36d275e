"""Multi-head attention: four products for the projections, two for each head."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.engine.arrays import Array, Weights, summed_to
from cnncalc.engine.fast.job import CACHE, Job, largest, pieces
from cnncalc.engine.kernels import Gradients, backward, fast_form
from cnncalc.engine.kernels.activation import softmax, softmax_backward
from cnncalc.engine.kernels.conv import grouped_backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.parallel.work import Phase, Work
from cnncalc.engine.relative import Relative, cut, joined, mask, turned
from cnncalc.kinds.attention import Attention

BLOCK = 1 << 21  # most scores in memory at one time


def attention(kind: Attention, weights: Weights, query: Array, memory: Array | None = None) -> Array:
    """``[batch, T, F]`` and ``[batch, S, F_memory]`` (by default the query itself) to ``[batch, T, F]``.

    An image ``[batch, H, W, F]`` is a sequence of its positions, or one sequence for each window.
    """
    read = query if memory is None else memory
    relative = Relative(kind, weights, shape_of(query), shape_of(read))
    hidden = mask(kind, shape_of(query))
    x, read = (cut(kind, each) for each in (query, read))
    q, k, v = _queries_keys_values(kind, weights, x, read)
    mixed = np.empty((*x.shape[:-1], kind.heads * v.shape[-1]), x.dtype)
    _mix(kind, q, k, v, _heads(kind.heads, mixed), relative, hidden)
    return joined(kind, _projected(weights, "output", mixed), shape_of(query))


@backward(Attention)
def attention_backward(kind: Attention, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Through ``P·V`` and ``P = softmax(Q·Kᵀ/√d)`` to the projections: ``dV = Pᵀ·dO``, ``dP = dO·Vᵀ``,
    ``dQ = dS·K/√d``, ``dK = dSᵀ·Q/√d``.
    """
    query, memory = xs[0], xs[-1]
    relative = Relative(kind, weights, shape_of(query), shape_of(memory))
    x, read = cut(kind, query), cut(kind, memory)
    q, k, v = _queries_keys_values(kind, weights, x, read)
    scale = q.dtype.type(q.shape[-1] ** -0.5)
    p = softmax(kind, {}, _scores(kind, q * scale, k, slice(None), relative, mask(kind, shape_of(query))))
    dmixed, found = _projected_backward(weights, "output", _unheaded(p @ v), cut(kind, dy))
    do = _heads(kind.heads, dmixed)
    (ds,), _ = softmax_backward(kind, {}, [], p, do @ v.swapaxes(-1, -2))
    found |= relative.backward(weights, ds)
    dq, dk, dv = ds @ k * scale, ds.swapaxes(-1, -2) @ q * scale, p.swapaxes(-1, -2) @ do
    dk, dv = (_unrepeated(kind, each) for each in (dk, dv))
    if kind.rotary:
        dq, dk = (turned(each, kind.rotary_base, back=True) for each in (dq, dk))
    dxs = []
    for name, source, change in (("query", x, dq), ("key", read, dk), ("value", read, dv)):
        dsource, own = _projected_backward(weights, name, source, _unheaded(change))
        found |= own
        dxs.append(dsource)
    dquery, dmemory = joined(kind, dxs[0], shape_of(query)), joined(kind, dxs[1] + dxs[2], shape_of(memory))
    return ([dquery + dmemory] if len(xs) == 1 else [dquery, dmemory]), found


def _queries_keys_values(kind: Attention, weights: Weights, x: Array, read: Array) -> tuple[Array, Array, Array]:
    """Each ``[..., heads, T, dim]``; heads that share keys and values have the same ones."""
    q, k, v = (_projected(weights, name, each) for name, each in (("query", x), ("key", read), ("value", read)))
    q, k, v = _heads(kind.heads, q), _heads(_kv_heads(kind), k), _heads(_kv_heads(kind), v)
    if kind.rotary:
        q, k = turned(q, kind.rotary_base), turned(k, kind.rotary_base)
    k, v = (np.repeat(each, kind.heads // _kv_heads(kind), axis=-3) for each in (k, v))
    return q, k, v


def _unrepeated(kind: Attention, x: Array) -> Array:
    """``[..., heads, T, dim]`` summed over the heads that share keys and values."""
    *outer, heads, positions, dim = x.shape
    return x.reshape(*outer, _kv_heads(kind), heads // _kv_heads(kind), positions, dim).sum(axis=-3)


def _unheaded(x: Array) -> Array:
    """``[..., heads, T, dim]`` as ``[..., T, heads·dim]``."""
    heads, positions, dim = x.shape[-3:]
    return x.swapaxes(-2, -3).reshape(*x.shape[:-3], positions, heads * dim)


def _kv_heads(kind: Attention) -> int:
    return int(kind.heads if kind.kv_heads is None else kind.kv_heads)


def _projected(weights: Weights, name: str, x: Array, out: Array | None = None) -> Array:
    y = np.matmul(x, weights[f"{name}_kernel"], out=out)
    if f"{name}_bias" in weights:
        y += weights[f"{name}_bias"]
    return y


def _projected_backward(weights: Weights, name: str, x: Array, dy: Array) -> tuple[Array, Weights]:
    dx, dkernel = grouped_backward(x, weights[f"{name}_kernel"], 1, dy)
    found = {f"{name}_kernel": dkernel}
    if f"{name}_bias" in weights:
        found[f"{name}_bias"] = summed_to(dy, weights[f"{name}_bias"].shape)
    return dx, found


def _heads(heads: int, x: Array) -> Array:
    """``[..., T, heads·dim]`` as ``[..., heads, T, dim]``, a view."""
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def _mix(
    kind: Attention, q: Array, k: Array, v: Array, out: Array, relative: Relative | None, hidden: Array | None = None
) -> None:
    """The weighted sums of ``v`` ``[..., S, value_dim]`` for each ``q`` ``[..., T, key_dim]``, into ``out``.

    ``hidden`` is added to the scores of all heads alike: −∞ for masked positions.
    """
    scale = q.dtype.type(q.shape[-1] ** -0.5)
    rows = max(1, BLOCK // (math.prod(q.shape[:-2]) * k.shape[-2]))
    for start in range(0, q.shape[-2], rows):
        part = slice(start, start + rows)
        scores = _scores(kind, q[..., part, :] * scale, k, part, relative, hidden)
        out[..., part, :] = softmax(kind, {}, scores) @ v


def _scores(kind: Attention, q: Array, k: Array, part: slice, relative: Relative | None, hidden: Array | None) -> Array:
    """``[..., queries of the part, S]`` of queries that are already divided by √key_dim."""
    scores = q @ k.swapaxes(-1, -2)
    if relative:
        scores += relative.rows(part)
    if kind.causal:
        scores[..., ~np.tri(scores.shape[-2], scores.shape[-1], part.start or 0, dtype=bool)] = -np.inf
    if hidden is not None:
        scores += hidden[..., part, :]
    return scores


@fast_form(Attention)
def fast_attention(job: Job) -> list[Work] | None:
    """Three phases: pieces of the projections, one head each, pieces of the output. These share memory.

    None for an image, which runs on the reference kernel.
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
    counts = {"query": kind.heads, "key": _kv_heads(kind)}  # heads that rotary positions turn

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
            heads[...] = turned(heads, kind.rotary_base, part[1].start)

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
