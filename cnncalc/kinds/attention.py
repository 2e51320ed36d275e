"""Multi-head attention."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag
from cnncalc.kinds.base.kind import Kind, Reach, Stage, Weights
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.kinds.base.window import check_groups
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import exact_div, product
from cnncalc.symbolic.expr import Number


class Attention(Kind):
    """Every position of the query takes a mixture of the memory's positions, as alike as each is to it.

    Reads ``[query, memory]``, or one sequence that is both (self-attention).
    """

    sequence = True

    heads = Count("h", doc="how many mixtures side by side; head i owns key_dim columns of the projections")
    key_dim = Count("d_k", None, doc="numbers for each head; F / heads where not given")
    bias = Flag(default=True, doc="a bias in each of the four projections")
    causal = Flag(default=False, doc="position i sees positions 1 to i only")
    operands = (1, 2)
    reference = "Vaswani et al., Attention is all you need (2017), section 3.2"

    def output(self, *xs: Shape) -> Shape:
        need_sequence(xs[0], self)
        need_sequence(xs[-1], self, "memory")
        if self.key_dim is None:
            check_groups(xs[0].channels, self.heads, "features", "heads", "heads")
        return xs[0]

    def margins(self, *xs: Shape) -> list[Number]:
        return [exact_div(xs[0].channels, self.heads) - 1] if self.key_dim is None else []

    def width(self, query: Shape) -> Number:
        """Columns of the projections: those of all heads side by side."""
        return query.channels if self.key_dim is None else self.heads * self.key_dim

    def weights(self, *xs: Shape) -> Weights:
        query, memory, width = xs[0].channels, xs[-1].channels, self.width(xs[0])
        found: Weights = {}
        for name, rows, columns in (
            ("query", query, width),
            ("key", memory, width),
            ("value", memory, width),
            ("output", width, query),
        ):
            found[f"{name}_kernel"] = (rows, columns)
            if self.bias:
                found[f"{name}_bias"] = (columns,)
        return found

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """The four projections at each position, QKᵀ, and the weighted sum of V; a causal mask spares nothing."""
        (queries,), (positions,) = xs[0].spatial, xs[-1].spatial
        sizes = {name: product(size) for name, size in self.weights(*xs).items()}
        projections = queries * (sizes["query_kernel"] + sizes["output_kernel"]) + positions * (
            sizes["key_kernel"] + sizes["value_kernel"]
        )
        return projections + 2 * (queries * positions * self.width(xs[0]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None

    def stages(self, *xs: Shape) -> list[Stage]:
        (queries,), (positions,) = xs[0].spatial, xs[-1].spatial
        width, memory = self.width(xs[0]), "x" if len(xs) == 1 else "memory"
        key = exact_div(width, self.heads) if self.key_dim is None else self.key_dim
        mask = " + mask" if self.causal else ""
        of = {name: f" + b_{name}" if self.bias else "" for name in "QKVO"}
        return [
            Stage(f"Q = x W_Q{of['Q']}", (queries, width)),
            Stage(f"K = {memory} W_K{of['K']}", (positions, width)),
            Stage(f"V = {memory} W_V{of['V']}", (positions, width)),
            Stage("d_k", (key,)),
            Stage(f"A_i = softmax(Q_i K_iᵀ/√(d_k){mask})", (queries, positions)),
            Stage("head_i = A_i V_i", (queries, key)),
            Stage(f"y = concat(head_1, ..., head_h) W_O{of['O']}", (queries, xs[0].channels)),
        ]
