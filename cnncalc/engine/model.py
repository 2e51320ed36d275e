"""A network with its weights, called on arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine import ENGINES, initial, kernels
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, inward, outward
from cnncalc.engine.inputs import as_input
from cnncalc.engine.planning import fuse, memory
from cnncalc.engine.planning.fuse import Op
from cnncalc.engine.planning.layout import Layout
from cnncalc.engine.planning.plan import Plan
from cnncalc.engine.reference import forward
from cnncalc.errors import EngineError, SpecError, UsageError, nearest
from cnncalc.summary.liveness import dying
from cnncalc.symbolic.expr import Expr
from cnncalc.symbolic.tree import letters

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Row, Summary

NOT_RUN = "summary, explain and solve work without a forward pass"

#: Called after each layer: its row, its operands, its output (all channels last), and how many seconds it took.
Watch = Callable[["Row", "list[Array]", Array, float], None]


class Weighed(NamedTuple):
    """A batch that fits into memory, with its layout; the reference engine has none."""

    batch: int
    layout: Layout | None


def weigh(summary: Summary, batch: int, limits: Limits, kind: str = "fast", *, whole: bool = False) -> Weighed:
    """Plan a run over ``batch`` examples. Raises LimitError if it takes too much memory."""
    layout = Layout(summary, batch, whole=whole) if kind == "fast" else None
    memory.check(memory.estimate(summary, batch, layout.bytes if layout else 0), limits.memory)
    return Weighed(batch, layout)


class Model:
    """A network with its weights.

    ``model(x)`` runs it on one array, ``model(image=x, tag=t)`` on one for each input: batch axis first, then the axes
    in the spec's layout. One example may come without the batch axis. The result is the array of the one output,
    or the arrays by name if the network has several.
    """

    def __init__(
        self,
        summary: Summary,
        arrays: Mapping[str, Array],
        limits: Limits,
        kind: str = "fast",
        *,
        whole: bool = False,
        owned: bool = False,
        weighed: Weighed | None = None,
    ) -> None:
        """``whole``: no layer is folded into another, so that each can be watched. ``owned``: the arrays are the
        engine's own, to be changed in place. ``weighed``: the result of :func:`weigh` for the batch of the first run.
        """
        self.summary, self.limits, self.kind, self.whole = summary, limits, kind, whole
        self.arrays = dict(arrays) if whole or kind == "reference" else {}
        self._weighed = weighed
        ops = _ops(summary, weighed, whole=whole) if kind == "fast" else []
        self._weights = {op.head.index: fuse.folded(summary, op, arrays, owned=owned and not whole) for op in ops}
        self._plan: Plan | None = None
        self._alone, self._process = Lock(), os.getpid()  # a plan has one set of buffers

    def __call__(self, *arrays: Any, **named: Any) -> Any:
        """Raises UsageError if an array does not fit its input."""
        feeds = self._feeds(arrays, named)
        outputs = self.run(feeds)
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _feeds(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Array]:
        inputs = list(self.summary.inputs)
        if len(arrays) == 1 and isinstance(arrays[0], Mapping):
            named, arrays = {**arrays[0], **named}, ()
        given = {**dict(zip(inputs, arrays, strict=False)), **named}
        for name in given:
            if name not in inputs:
                raise UsageError(f'no input is called "{name}"', help=nearest(name, inputs) or ", ".join(inputs))
        if len(given) < len(inputs) or len(arrays) > len(inputs):
            raise UsageError(
                f"the network reads {len(inputs)} inputs ({', '.join(inputs)}); {len(given)} arrays were given"
            )
        return {name: as_input(self.summary, name, _array(name, given[name])) for name in inputs}

    def run(self, feeds: Mapping[str, Array], watch: Watch | None = None) -> dict[str, Array]:
        """The outputs by name, for inputs ``[batch, axes in the spec's layout]`` by name.

        Raises LimitError if that takes too much memory, EngineError if an array does not have the sizes that
        the rules promise.
        """
        batches = {len(feed) for feed in feeds.values()}
        if len(batches) > 1:
            raise UsageError(f"the inputs have different numbers of examples: {', '.join(map(str, sorted(batches)))}")
        (batch,) = batches
        with np.errstate(all="ignore"):  # numbers that are not finite are counted; no warning is needed
            if self.kind == "reference":
                self._weigh(batch)
                return self._reference(feeds, watch or _unwatched)
            if (
                self._process != os.getpid()
            ):  # this process was forked: the lock may be held, and the buffers belong to the parent
                self._alone, self._process, self._plan = Lock(), os.getpid(), None
            with self._alone:
                return self._planned(batch).run(feeds, watch)

    def _planned(self, batch: int) -> Plan:
        """The plan for ``batch`` examples; the last one is kept."""
        if self._plan is None or self._plan.layout.batch != batch:
            self._plan = None  # free its memory before the next one takes its own
            weighed, self._weighed = self._weigh(batch), None  # a layout's buffers belong to one plan
            assert weighed.layout is not None
            self._plan = Plan(weighed.layout, self._weights)
        return self._plan

    def _weigh(self, batch: int) -> Weighed:
        """The result of :func:`weigh` for ``batch`` examples; the last one is kept."""
        if self._weighed is None or self._weighed.batch != batch:
            self._weighed = weigh(self.summary, batch, self.limits, self.kind, whole=self.whole)
        return self._weighed

    def _reference(self, feeds: Mapping[str, Array], watch: Watch) -> dict[str, Array]:
        """Layer by layer, each by its reference kernel."""
        layout, rows = self.summary.layout, self.summary.rows
        values: dict[int, Array] = {i: inward(feeds[name], layout) for i, name in enumerate(self.summary.inputs)}
        first = len(values)
        found = [kernels.find(row.layer.kind) for row in rows]  # before the clock runs
        for row, kernel, read in zip(rows, found, dying(row.layer.sources for row in rows), strict=True):
            xs = [values[source] for source in row.layer.sources]
            start = perf_counter()
            y = forward(row, kernel, learned.of(self.summary, row, self.arrays), xs)
            watch(row, xs, y, perf_counter() - start)
            values[first + row.index] = y
            for value in read:
                del values[value]
        return {
            row.name: np.ascontiguousarray(outward(values[first + row.index], layout))
            for row in rows
            if row.name in self.summary.outputs
        }


def _ops(summary: Summary, weighed: Weighed | None, *, whole: bool) -> list[Op]:
    """The ops, fused again only without a layout."""
    return weighed.layout.ops if weighed and weighed.layout else fuse.fuse(summary, whole=whole)


def _array(name: str, given: Any) -> Array:
    try:
        return np.asarray(given)
    except ValueError:
        raise UsageError(f'the value for the input "{name}" is not an array: its rows differ in length') from None


def _unwatched(row: Row, xs: list[Array], y: Array, seconds: float) -> None:
    """The default watcher, which does nothing."""


def check_known(summary: Summary) -> None:
    """Raise SpecError if a size is not a number yet, EngineError if a layer has no forward pass."""
    for row in summary.rows:
        try:
            kernels.find(row.layer.kind)
        except EngineError as error:
            raise EngineError(f'"{row.name}": {error}', mark=row.layer.mark, help=NOT_RUN) from None
    unknown = set()
    for shape in [*summary.inputs.values(), *(row.output for row in summary.rows)]:
        unknown |= set().union(*(letters(size) for size in shape.sizes))
    for row in summary.rows:
        for sizes in row.weights.values():
            unknown |= set().union(*(letters(size) for size in sizes if isinstance(size, Expr)))
    if unknown:
        raise SpecError(
            f"the network has unknown letters ({', '.join(sorted(unknown))}) and cannot be run",
            mark=summary.network.mark,
            help="replace them by numbers; cnncalc solve network finds them if the file determines them",
        )


def build(
    summary: Summary,
    weights: str | Mapping[str, Any] | None,
    seed: int,
    limits: Limits,
    kind: str = "fast",
    *,
    whole: bool = False,
    batch: int = 1,
) -> Model:
    """The model of a network that :func:`check_known` has passed.

    The weights are those of an ``.npz`` file, arrays by name (``Conv1/kernel``), or those that the spec states, the
    others drawn by seed. ``whole``: see
    :class:`Model`. Raises LimitError, before any weight is read or drawn, where a run over ``batch`` examples takes
    more memory than it may.
    """
    if kind not in ENGINES:
        raise UsageError(f'no engine is called "{kind}"', help=nearest(kind, ENGINES) or " or ".join(ENGINES))
    weighed = weigh(summary, batch, limits, kind, whole=whole)
    arrays = initial.arrays(summary, weights, seed, limits)
    return Model(summary, arrays, limits, kind, whole=whole, owned=True, weighed=weighed)
