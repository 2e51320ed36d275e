"""Multi-head attention, step by step."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.export.onnx.builder import Builder
from cnncalc.kinds.attention import Attention
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row
from cnncalc.symbolic.arithmetic import product


class _Steps:
    """One attention. Between ``cut`` and ``joined`` a value is ``[N, (windows,) positions, F]``."""

    def __init__(self, out: Builder, row: Row) -> None:
        kind = row.layer.kind
        assert isinstance(kind, Attention)
        self.out, self.row, self.kind = out, row, kind
        self.arrays = out.weights(row)
        windows = [] if kind.window is None else [product(n // kind.window for n in row.output.spatial)]
        self.between = windows  # the axes between the examples and the heads

    def projected(self, name: str, x: str) -> str:
        """``x`` times one of the kernels, with its bias."""
        y = self.out.add("MatMul", x, self.out.learned(self.row, f"{name}_kernel"))
        known = f"{name}_bias" in self.arrays
        return str(self.out.add("Add", y, self.out.learned(self.row, f"{name}_bias"))) if known else str(y)

    def heads(self, x: str, count: int, positions: int) -> str:
        """``[N, ..., T, heads·d]`` as ``[N, ..., heads, T, d]``."""
        return self.swapped(self.out.reshape(x, *self.between, positions, count, -1))

    def swapped(self, x: str) -> str:
        """The axes before the last one swapped."""
        most = len(self.between)
        return self.out.transpose(x, [*range(most + 1), most + 2, most + 1, most + 3])

    def shared(self, x: str, positions: int, dim: int) -> str:
        """Heads of keys or values, each repeated for the queries that share it."""
        out, kind = self.out, self.kind
        if kind.kv_heads is None or kind.kv_heads == kind.heads:
            return x
        times = kind.heads // kind.kv_heads
        axis = len(self.between) + 2
        wide = out.add("Expand", out.add("Unsqueeze", x, out.constant([axis])), out.constant([times, 1, 1]))
        return out.reshape(wide, *self.between, kind.heads, positions, dim)

    def turned(self, x: str, positions: int, dim: int) -> str:
        """Rotary positions: columns 2i and 2i + 1 are turned together."""
        from cnncalc.engine.relative import turned

        out, np = self.out, self.out.np
        pairs = np.zeros((positions, dim), np.float32)
        pairs[:, 0::2] = 1
        turn = turned(pairs, self.kind.rotary_base)  # the cosine in even columns, the sine in odd ones
        cos, sin = (np.repeat(turn[:, start::2], 2, axis=1) for start in (0, 1))
        sin[:, 0::2] *= -1
        swap = np.zeros((dim, dim), np.float32)
        columns = np.arange(dim)
        swap[columns ^ 1, columns] = 1
        other = out.add("MatMul", x, out.constant(swap))
        return str(out.add("Add", out.add("Mul", x, out.constant(cos)), out.add("Mul", other, out.constant(sin))))

    def added(self, scores: str) -> str:
        """The scores plus relative position biases, and −∞ at masked positions."""
        from cnncalc.engine.relative import Relative, mask

        out, np, kind = self.out, self.out.np, self.kind
        query, memory = self.row.xs[0], self.row.xs[-1]
        relative = Relative(kind, dict(self.arrays), query, memory)
        if relative:
            table = out.learned(self.row, "relative_bias")
            each = out.add("Gather", table, out.constant(relative.learned_rows()), axis=0)
            scores = out.add("Add", scores, out.transpose(each, [2, 0, 1]))
        if kind.causal:
            rows, columns = product(query.spatial), product(memory.spatial)
            seen = np.tri(rows, columns, dtype=bool)
            scores = out.add("Add", scores, out.constant(np.where(seen, 0, -np.inf).astype(np.float32)))
        hidden = mask(kind, query)
        return scores if hidden is None else str(out.add("Add", scores, out.constant(hidden)))

    def cut(self, x: str, shape: Shape) -> str:
        """An image as its positions, or as windows of positions, moved up and left."""
        out, kind = self.out, self.kind
        if shape.rank < 3:
            return x
        x = out.last(x, shape)
        if kind.window is None:
            return out.reshape(x, -1, shape.channels)
        x = self.rolled(x, shape, back=False)
        (height, width), w = shape.spatial, kind.window
        tiles = out.reshape(x, height // w, w, width // w, w, shape.channels)
        return out.reshape(out.transpose(tiles, [0, 1, 3, 2, 4, 5]), *self.between, w * w, shape.channels)

    def joined(self, y: str, shape: Shape) -> str:
        """The windows from ``cut``, joined and shifted back."""
        out, kind = self.out, self.kind
        if shape.rank < 3:
            return y
        if kind.window is not None:
            (height, width), w = shape.spatial, kind.window
            tiles = out.transpose(out.reshape(y, height // w, width // w, w, w, shape.channels), [0, 1, 3, 2, 4, 5])
            y = self.rolled(out.reshape(tiles, *shape.sizes), shape, back=True)
        else:
            y = out.reshape(y, *shape.sizes)
        return out.native(y, shape)

    def rolled(self, x: str, shape: Shape, *, back: bool) -> str:
        """``[N, H, W, C]`` moved by the shift, cyclically, except along axes that one window covers."""
        out, kind = self.out, self.kind
        for axis, size in enumerate(shape.spatial, 1):
            place = (size - kind.shift if back else kind.shift) if size > kind.window else 0
            if place % size:
                x = out.add("Concat", out.cut(x, axis, place, size), out.cut(x, axis, 0, place), axis=axis)
        return x


def attention(out: Builder, row: Row, x: str, memory: str | None = None) -> str:
    """softmax(QKᵀ/√d)V for each head."""
    steps = _Steps(out, row)
    kind, query = steps.kind, row.xs[0]
    kv_heads = kind.heads if kind.kv_heads is None else kind.kv_heads
    rows, columns = (product(kind.seen(shape)) for shape in (query, row.xs[-1]))
    key_size, value_size = kind.key_size(query), kind.value_size(query)
    cut = steps.cut(x, query)
    read = cut if memory is None else steps.cut(memory, row.xs[-1])
    q = steps.heads(steps.projected("query", cut), kind.heads, rows)
    k = steps.heads(steps.projected("key", read), kv_heads, columns)
    v = steps.shared(steps.heads(steps.projected("value", read), kv_heads, columns), columns, value_size)
    if kind.rotary:
        q, k = steps.turned(q, rows, key_size), steps.turned(k, columns, key_size)
    k = steps.shared(k, columns, key_size)
    axes = len(steps.between)
    keys = out.transpose(k, [*range(axes + 2), axes + 3, axes + 2])
    scores = out.add("MatMul", out.add("Mul", q, out.constant(float(key_size**-0.5))), keys)
    mixed = out.add("MatMul", out.add("Softmax", steps.added(scores), axis=-1), v)
    together = out.reshape(steps.swapped(mixed), *steps.between, rows, kind.heads * value_size)
    return steps.joined(steps.projected("output", together), query)


KINDS: dict[str, Callable[..., str]] = {"attention": attention}
