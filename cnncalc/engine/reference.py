"""One layer at a time by its reference kernel, its sizes checked against the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.engine import kernels
from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Finish
from cnncalc.engine.kernels.activation import activate
from cnncalc.errors import EngineError
from cnncalc.kinds.base.activated import added

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row


def forward(row: Row, kernel: kernels.Kernel, own: dict[str, Array], xs: list[Array]) -> Array:
    """The output of one layer by its reference kernel, its activation included, checked against the rule's sizes."""
    kind: Any = row.layer.kind
    y: Array = kernel(kind, own, *xs)
    function = added(kind)
    if function is not None:
        y = activate(function, y)
    check_sizes(row, y, len(xs[0]))
    return y


def check_sizes(row: Row, y: Array, batch: int) -> None:
    """Raise EngineError unless ``y`` has the sizes that the rule promises."""
    if y.shape != (batch, *row.output.sizes):
        got, wanted = ("×".join(map(str, sizes)) for sizes in (y.shape[1:], row.output.sizes))
        raise EngineError(
            f'{row.kind} "{row.name}" gave {got}, but its rule says {wanted}: this is a bug in cnncalc',
            help="please report it with the spec",
        )


class Reference:
    """A layer by its reference kernel, example by example."""

    scratch = 0

    def __init__(self, row: Row, weights: Weights, xs: list[Array], y: Array, finish: Finish) -> None:
        self.row, self.weights, self.xs, self.y, self.finish = row, weights, xs, y, finish
        self.kernel = kernels.find(row.layer.kind)
        self.blocks = len(y)

    def run(self, block: int, scratch: Array) -> None:
        one = slice(block, block + 1)
        made = self.kernel(self.row.layer.kind, self.weights, *(x[one] for x in self.xs))
        check_sizes(self.row, made, 1)
        self.finish(made, self.y[one], (one, ..., slice(None)))
