"""Multi-head attention: on a sequence, from one to another, on an image as a whole or in windows."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.kinds.base.attending import Attending
from cnncalc.kinds.base.fields import Count, Parts
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import Misfit, Stage, Weights
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, exact_div, product
from cnncalc.symbolic.expr import Number, value

PROJECTIONS = ("query", "key", "value", "output")


class Widths(NamedTuple):
    """Columns of the projections, all heads concatenated; ``mixed`` is the input of the output projection."""

    query: Number
    key: Number
    value: Number
    mixed: Number


class Attention(Attending):
    """Every query position gets a weighted sum of the memory's values; the weights are softmax(QKᵀ/√d).

    Reads ``[query, memory]``, or one sequence or image that is both (self-attention).
    """

    sequence = True

    heads = Count("h", doc="number of heads; head i has key_dim columns of the projections")
    key_dim = Count("d_k", None, doc="size of a head's queries and keys; F / heads by default")
    kv_heads = Count(
        "h_kv", None, doc="heads of keys and values, each shared by heads/kv_heads query heads; heads by default"
    )
    value_dim = Count("d_v", None, doc="size of a head's values; key_dim by default")
    bias = Parts(PROJECTIONS, default=True, doc="a bias in all four projections, in none, or in those listed")
    operands = (1, 2)
    reference = (
        "Vaswani et al., Attention is all you need (2017), section 3.2; kv_heads: Ainslie et al., GQA (2023); windows: "
        "Liu et al., Swin (2021); buckets: Raffel et al., T5 (2020); rotary: Su et al., RoFormer (2021)"
    )

    def output(self, *xs: Shape) -> Shape:
        self.check_positions(*xs)
        if self.key_dim is None:
            check_groups(xs[0].channels, self.heads, "features", "heads", "heads")
        if self.kv_heads is not None:
            check_groups(self.heads, self.kv_heads, "heads", "kv_heads", "groups that share keys and values")
        size = value(self.key_size(xs[0])) if self.rotary else None
        if size is not None and anywhere(size % 2 == 1):
            raise Misfit(f"rotary needs pairs of columns, and a head has {size}", field="rotary")
        return xs[0]

    def margins(self, *xs: Shape) -> list[Number]:
        shared = [(xs[0].channels, self.heads)] if self.key_dim is None else []
        shared += [(self.heads, self.kv_heads)] if self.kv_heads is not None else []
        return super().margins(*xs) + [exact_div(all_, part) - 1 for all_, part in shared]

    def key_size(self, query: Shape) -> Number:
        """Size of a head's queries and keys."""
        return exact_div(query.channels, self.heads) if self.key_dim is None else self.key_dim

    def value_size(self, query: Shape) -> Number:
        """Size of a head's values."""
        return self.key_size(query) if self.value_dim is None else self.value_dim

    def widths(self, query: Shape) -> Widths:
        """Columns of the projections."""
        all_ = query.channels if self.key_dim is None else self.heads * self.key_dim
        mixed = all_ if self.value_dim is None else self.heads * self.value_dim
        if self.kv_heads is None:
            return Widths(all_, all_, mixed, mixed)
        return Widths(all_, self.kv_heads * self.key_size(query), self.kv_heads * self.value_size(query), mixed)

    def weights(self, *xs: Shape) -> Weights:
        query, memory, width = xs[0].channels, xs[-1].channels, self.widths(xs[0])
        found: Weights = {}
        for name, rows, columns in (
            ("query", query, width.query),
            ("key", memory, width.key),
            ("value", memory, width.value),
            ("output", width.mixed, query),
        ):
            found[f"{name}_kernel"] = (rows, columns)
            if self.has_bias(name):
                found[f"{name}_bias"] = (columns,)
        if self.relative_bias != "none":
            found["relative_bias"] = (self.distances(*xs), self.heads)
        return found

    def has_bias(self, name: str) -> bool:
        """Whether one of PROJECTIONS has a bias."""
        return name in self.bias if isinstance(self.bias, tuple) else bool(self.bias)

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """The four projections at each position, QKᵀ, and the weighted sum of V; a mask saves nothing."""
        queries, positions = product(xs[0].spatial), product(xs[-1].spatial)
        sizes = {name: product(size) for name, size in self.weights(*xs).items()}
        projections = queries * (sizes["query_kernel"] + sizes["output_kernel"]) + positions * (
            sizes["key_kernel"] + sizes["value_kernel"]
        )
        width, pairs = self.widths(xs[0]), queries * product(self.seen(xs[-1]))
        if self.value_dim is None:
            return projections + 2 * (pairs * width.query)
        return projections + pairs * (width.query + width.mixed)

    def between(self, *xs: Shape) -> Number:
        """Queries, keys, values, and the weighted sum of the values."""
        width = self.widths(xs[0])
        queries, positions = product(xs[0].spatial), product(xs[-1].spatial)
        return queries * (width.query + width.mixed) + positions * (width.key + width.value)

    def cached(self, *xs: Shape) -> Number:
        """Keys and values of every position, if later positions need them again."""
        if not self.causal:
            return 0
        heads = self.heads if self.kv_heads is None else self.kv_heads
        return product(xs[-1].spatial) * heads * (self.key_size(xs[0]) + self.value_size(xs[0]))

    def stages(self, *xs: Shape) -> list[Stage]:
        """Step by step; for an image in windows, those of one window."""
        queries, positions = (product(self.seen(x)) for x in (xs[0], xs[-1]))
        width = self.widths(xs[0])
        of = {name[0].upper(): f" + b_{name[0].upper()}" if self.has_bias(name) else "" for name in PROJECTIONS}
        x = "x" if self.window is None else "X"
        memory = x if len(xs) == 1 else "memory"
        query, key = f"{x} W_Q{of['Q']}", f"{memory} W_K{of['K']}"
        if self.rotary:
            query, key = f"turned({query})", f"turned({key})"
        shared = "i" if self.kv_heads is None else "g"
        scores = f"Q_i K_{shared}ᵀ/√(d_k)" + (" + B_i" if self.relative_bias != "none" else "")
        masked = self.causal or value(self.shift) != 0
        return [
            *self.cut(xs[0]),
            Stage(f"Q = {query}", (queries, width.query)),
            Stage(f"K = {key}", (positions, width.key)),
            Stage(f"V = {memory} W_V{of['V']}", (positions, width.value)),
            *self._sizes_of_heads(xs[0]),
            *self._relative(*xs),
            Stage(f"A_i = softmax({scores}{' + mask' if masked else ''})", (queries, positions)),
            Stage(f"head_i = A_i V_{shared}", (queries, self.value_size(xs[0]))),
            Stage(f"y = concat(head_1, ..., head_h) W_O{of['O']}", (queries, xs[0].channels)),
        ]

    def _sizes_of_heads(self, query: Shape) -> list[Stage]:
        found = [Stage("d_k", (self.key_size(query),))]
        if self.value_dim is not None:
            found.append(Stage("d_v", (self.value_dim,)))
        if self.kv_heads is not None:
            found.append(Stage("g = ⌈i/r⌉, r", (exact_div(self.heads, self.kv_heads),)))
        return found

    def _relative(self, *xs: Shape) -> list[Stage]:
        if self.relative_bias == "none":
            return []
        sizes = (self.heads, *(product(self.seen(x)) for x in (xs[0], xs[-1])))
        apart = "bucket(j − i)" if self.relative_bias == "buckets" else "i − j"
        return [Stage("R", (self.distances(*xs), self.heads)), Stage(f"B = R({apart})", sizes)]
