"""Which of a model's products are attention: its heads, windows, masks and relative position biases."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from cnncalc.kinds.base.kind import Misfit
from cnncalc.models.graph import Tensor
from cnncalc.models.importer import Importer, Layer, Pick, Value, Weight
from cnncalc.models.products import Product
from cnncalc.models.values import BATCH, Dim, Factor, joined
from cnncalc.models.weights import numbers_of
from cnncalc.shape import Shape

#: Marks a causal mask: a position sees only those before it.
CAUSAL = Tensor("", (), "bool", bytes)
HIDDEN = -50.0  # a score below this counts as masked
MOST_NUMBERS = 1 << 24  # of a constant that is added to scores


class Found(NamedTuple):
    """Attention, without the weights of its output projection; ``rows`` picks rows of that kernel."""

    fields: dict[str, Any]
    weights: dict[str, Weight]
    reads: list[Value]
    rows: tuple[Pick, ...]
    absorbed: list[str]
    names: list[str]
    rolls: Any


class Part(NamedTuple):
    """Queries, keys or values: their layer, and which of its columns belong to a head."""

    layer: Layer
    view: Value
    heads: Dim
    columns: Dim
    windows: list[Factor]
    positions: Dim


def _part(importer: Importer, view: Value, positions: int, columns: int) -> Part | None:
    layer = importer.layer(view.name)
    if (
        layer is None
        or layer.word != "dense"
        or any(axis != "channels" for axis in view.cuts)
        or "activation" in layer.fields
    ):
        return None
    if importer.shapes[layer.reads[0]].rank != view.shape.rank or view.shape.rank not in (2, 3):
        return None
    outer = [factor for dim in view.dims[:-2] for factor in dim if factor.size > 1]
    heads = tuple(factor for factor in outer if factor.axis == "channels")
    inner, rows = joined(view.dims[columns]), joined(view.dims[positions])
    if len(heads) > 1 or len(inner) > 1 or any(factor.axis != "channels" for factor in inner):
        return None
    if any(factor.axis in ("channels", BATCH) for factor in rows):
        return None
    windows = [factor for factor in outer if factor.axis not in ("channels", BATCH)]
    return Part(layer, view, heads, inner, windows, rows)


def matched(importer: Importer, made: Product, value: Value, units: int) -> Found | None:
    """The attention that mixed values belong to, which a dense layer of ``units`` reads, or None."""
    scores = made.scores
    assert scores is not None
    query, key = _part(importer, scores.left, -2, -1), _part(importer, scores.right, -1, -2)
    mixed = _part(importer, made.right, -2, -1)
    if query is None or key is None or mixed is None:
        return None
    parts = {"query": query, "key": key, "value": mixed}
    sizes = [[f.size for f in part.heads] for part in parts.values()]
    if sizes[0] != sizes[1] or sizes[0] != sizes[2] or key.positions != mixed.positions:
        return None
    if query.windows != key.windows or key.windows != mixed.windows or key.layer.reads != mixed.layer.reads:
        return None
    if any(part.view.rolls != query.view.rolls for part in parts.values()):
        return None
    heads, size = (sizes[0] or [1])[0], query.columns[0].size if query.columns else 1
    width = mixed.columns[0].size if mixed.columns else 1
    names = list(dict.fromkeys((query.layer.reads[0], key.layer.reads[0])))
    shapes = [importer.shapes[name] for name in names]
    if units != shapes[0].channels or _positions_of(query, shapes[0]) is None or _positions_of(key, shapes[-1]) is None:
        return None
    fields: dict[str, Any] = {"heads": heads}
    fields |= {"key_dim": size} if heads * size != shapes[0].channels else {}
    fields |= {"value_dim": width} if width != size else {}
    rows = _rows(value.dims[-1], heads, width)
    placed = _placed(importer, scores, query, shapes, fields)
    if rows is None or placed is None:
        return None
    fields, table = placed
    weights: dict[str, Weight] = {}
    ratio = scores.scale * math.sqrt(size) * made.scale if made.scale == 1.0 else 0.0
    if not ratio:
        return None
    for name, part in parts.items():
        weights |= _weights(
            name, part, ratio if name == "query" and not math.isclose(ratio, 1.0, rel_tol=1e-4) else 1.0
        )
    reads = [Value(name, shape, ()) for name, shape in zip(names, shapes, strict=True)]
    reads = [importer.shaped(read.name, [int(n) for n in read.shape.written(importer.layout)]) for read in reads]
    layers = [part.layer.name for part in parts.values()]
    return Found(fields, weights | table, reads, rows, layers, list(dict.fromkeys(layers)), query.view.rolls)


def _positions_of(part: Part, shape: Shape) -> list[str] | None:
    """The axes of the positions, each attended as a whole or in windows; None if parts are missing."""
    axes = list(shape.axes[:-1])
    if not part.windows:
        whole = [Factor(axis, size) for axis, size in zip(axes, shape.spatial, strict=True) if size > 1]
        return axes if sorted(part.positions) == sorted(joined(whole)) else None
    rows = {factor.axis: factor for factor in part.positions}
    for factor in part.windows:
        inner = rows.get(factor.axis)
        if inner is None or inner.step != 1 or factor.step != inner.size:
            return None
        if factor.size * inner.size != shape.spatial[axes.index(factor.axis)]:
            return None
    return axes if len(rows) == len(part.positions) == len(axes) and set(rows) == set(axes) else None


def _rows(dim: Dim, heads: int, width: int) -> tuple[Pick, ...] | None:
    """Which row of the output's kernel each mixed number meets; in our layout, a head's rows are adjacent."""
    steps, step = {}, 1
    for factor in reversed(dim):
        steps[factor.axis.partition(".")[0]] = (factor.size, step)
        step *= factor.size
    wanted = [pair for pair in (("q", heads), ("v", width)) if pair[1] > 1]
    if len(steps) != len(dim) or [steps.get(side, (0, 0))[0] for side, _ in wanted] != [size for _, size in wanted]:
        return None
    if step != heads * width:
        return None
    factors = tuple(steps[side] for side, _ in wanted)
    return () if joined(tuple(Factor("", *f) for f in factors)) == (Factor("", step),) else (Pick(0, 0, factors),)


def _weights(name: str, part: Part, ratio: float) -> dict[str, Weight]:
    """The columns of a dense layer that are queries, keys or values."""
    start, dim = part.view.cuts.get("channels", 0), (*part.heads, *part.columns)
    given = {"kernel": (part.layer.weights["kernel"], 1)}
    if "bias" in part.layer.weights:
        given["bias"] = (part.layer.weights["bias"], 0)
    made = {key: weight.picked(axis, start, dim) for key, (weight, axis) in given.items()}
    return {f"{name}_{key}": weight._replace(factor=weight.factor * ratio) for key, weight in made.items()}


def biases(weights: dict[str, Weight]) -> dict[str, Any]:
    """The field ``bias``: left out if all four are there, else false or the names of those that are."""
    there = [name for name in ("query", "key", "value", "output") if f"{name}_bias" in weights]
    return {} if len(there) == 4 else {"bias": there if there else False}


def path(name: str, names: list[str]) -> str:
    """The path of the attention module: the common prefix of its layers' names."""
    each = [own.split(".") for own in (name, *names) if own]
    common = []
    for parts in zip(*each, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return ".".join(common)


def _placed(
    importer: Importer, scores: Product, query: Part, shapes: list[Shape], fields: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Weight]] | None:
    """Fields and weights for windows, masks and relative position biases."""
    rolls, image = dict(query.view.rolls), shapes[0]
    if query.windows:
        size = {factor.size for factor in query.positions}
        if len(size) != 1:
            return None
        fields = {**fields, "window": size.pop()}
    moved = set(rolls.values())
    if moved:
        if len(moved) != 1 or "window" not in fields:
            return None
        fields = {**fields, "shift": moved.pop()}
        if set(rolls) != {a for a, n in zip(image.axes, image.spatial, strict=False) if n > fields["window"]}:
            return None
    learned = _tables(scores)
    if len(learned) > 1:
        return None
    masked = len(scores.added) > len(learned) and "window" not in fields
    if not scores.added and "shift" not in fields:
        return fields, {}
    if masked and scores.added[0][0] is CAUSAL:
        return {**fields, "causal": True}, {}
    causal = [True] if masked else [False, True] if learned and "window" not in fields else [False]
    for each in causal:
        for more in _distances(importer, learned[0], fields) if learned else [{}]:
            tried = {**fields, **({"causal": True} if each else {}), **more}
            try:
                importer.made("attention", tried, shapes)
            except Misfit:
                continue
            found = _compared(importer, scores, query, shapes, tried)
            if found is not None:
                return found
    return None


def _distances(importer: Importer, learned: Tensor, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules by which numbers may belong to distances: one for each, or for each of some buckets."""
    buckets = sum(source.size for source in learned.sources) // fields["heads"]
    counted = {"buckets": buckets} if buckets != importer.kind("attention", fields).buckets else {}
    return [{"relative_bias": "table"}, *([{"relative_bias": "buckets", **counted}] if buckets >= 4 else [])]


def _tables(scores: Product) -> list[Tensor]:
    """Added constants that are not masks: relative position biases, which may be all zeros before training."""
    return [
        tensor
        for tensor, _ in scores.added
        if tensor.sources and (not _hides(tensor) or sum(source.size for source in tensor.sources) < tensor.size)
    ]


def _hides(tensor: Tensor) -> bool:
    """Whether all numbers are either 0 or low enough to mask a score."""
    if tensor.size > MOST_NUMBERS:
        return False
    numbers = numbers_of(tensor)
    return bool(((numbers == 0) | (numbers < HIDDEN)).all())


def _compared(
    importer: Importer,
    scores: Product,
    query: Part,
    shapes: list[Shape],
    fields: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Weight]] | None:
    """The fields, if the numbers that a model adds to its scores are those that our attention adds."""
    import numpy as np

    from cnncalc.engine.relative import Relative, mask

    kind: Any = importer.kind("attention", fields)
    hidden = mask(kind, shapes[0]) if "window" in fields else None
    if hidden is None:
        sizes = [math.prod(kind.seen(shape)) for shape in (shapes[0], shapes[-1])]
        hidden = np.zeros((1, 1, *sizes), np.float32)
        if fields.get("causal"):
            hidden[0, 0][np.tri(*sizes) == 0] = -np.inf
    total: Any = np.zeros((), np.float32)
    for tensor, dims in scores.added:
        part = _canonical(tensor, dims, scores, query)
        if part is None:
            return None
        total = total + part if total.ndim else part
    if total.ndim == 0:
        return None
    total = np.broadcast_to(total, (max(len(hidden), total.shape[0]), *total.shape[1:]))
    if total.shape[0] != len(hidden) and len(hidden) > 1:
        return None
    away: Any = np.broadcast_to(hidden < 0, total.shape)
    if not (total[away] < HIDDEN).all() or (total[~away] < HIDDEN).any():
        return None
    if "relative_bias" not in fields:
        return (fields, {}) if (np.abs(total[~away]) < 1e-6).all() else None
    (learned,) = _tables(scores)
    distances = int(kind.distances(*shapes))
    heads = fields["heads"]
    size = sum(source.size for source in learned.sources)
    if size not in (distances * heads, learned.size):
        return None
    numbers = np.arange(distances, dtype=np.intp)[:, None].repeat(heads, 1)
    index = Relative(kind, {"relative_bias": numbers}, shapes[0], shapes[-1]).learned_rows()
    found = np.zeros((distances, heads), np.float32)
    values: Any = np.broadcast_to(total, (total.shape[0], heads, *total.shape[2:]))
    away = np.broadcast_to(hidden < 0, values.shape)
    for window in range(len(values)):
        open_ = ~away[window, 0]
        found[index[open_]] = values[window][:, open_].T
    wanted = np.moveaxis(found[index], -1, 0)[None]
    if not np.allclose(np.where(away, 0, values), np.where(away, 0, wanted), atol=1e-5, rtol=1e-4):
        return None
    return fields, {"relative_bias": Weight(learned, None, None, work=lambda _: found, worked=(distances, heads))}


def _canonical(tensor: Tensor, dims: tuple[Dim, ...], scores: Product, query: Part) -> Any:
    """An added constant as ``[windows, heads, rows, columns]``, of size 1 along axes where it is constant."""
    import numpy as np

    if tensor.size > MOST_NUMBERS or tensor is CAUSAL:
        return None
    array = numbers_of(tensor)
    if array.dtype == bool:
        array = np.where(array, 0.0, -np.inf)
    array = array.reshape((1,) * (len(dims) - array.ndim) + array.shape)
    sizes: list[int] = []
    axes: list[Factor] = []
    for size, dim in zip(array.shape, dims, strict=True):
        sizes += [factor.size if size > 1 else 1 for factor in dim]
        axes += dim
    array = array.reshape(sizes)
    for place in reversed([place for place, factor in enumerate(axes) if factor.axis == f"q.{BATCH}"]):
        first = array.take([0], place)
        if not (array == first).all():
            return None
        array, axes = first.squeeze(place), axes[:place] + axes[place + 1 :]
    rows, columns = scores.dims[-2], scores.dims[-1]
    heads = [f for f in axes if f.axis == "q.channels"]
    windows = [f for f in axes if f not in heads and not _inside(f, rows) and not _inside(f, columns)]
    order = ("q.depth", "q.height", "q.width", "q.time")
    try:
        windows = sorted((f for f in windows), key=lambda f: order.index(f.axis))
    except ValueError:
        return None
    groups = [
        windows, heads, sorted((f for f in axes if _inside(f, rows)), key=lambda f: (order.index(f.axis), -f.step)),
        [f for f in axes if _inside(f, columns)],
    ]  # fmt: skip
    if sum(map(len, groups)) != len(axes):
        return None
    array = array.transpose([axes.index(factor) for group in groups for factor in group])
    merged, place = [], 0
    for group in groups:
        merged.append(math.prod(array.shape[place : place + len(group)]))
        place += len(group)
    return array.reshape(merged).astype(np.float32)


def _inside(factor: Factor, dim: Dim) -> bool:
    return any(factor.axis == f.axis and f.step <= factor.step < f.step * f.size for f in dim)
