"""A network that is ready to run: a layout with its memory, its weights, and the work of each op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from cnncalc.engine import kernels
from cnncalc.engine.arrays import Array, Weights, inward, outward
from cnncalc.engine.fast.job import POINT, Finish, Job, check_reach
from cnncalc.engine.kernels.activation import into
from cnncalc.engine.parallel import blas, processes
from cnncalc.engine.parallel.threads import Threads
from cnncalc.engine.parallel.work import Common, Crew, Work
from cnncalc.engine.planning.buffers import Widths, bind
from cnncalc.engine.planning.fuse import Op
from cnncalc.engine.planning.layout import Layout
from cnncalc.engine.reference import Reference
from cnncalc.kinds.base.window import Sliding, Window
from cnncalc.kinds.conv import TransposedConv

WORTH = 20_000_000  # multiply–accumulates of a run that make helpers worthwhile


class Step(NamedTuple):
    """One op, ready to run: its work in order, and the border to refill after another value used the buffer."""

    op: Op
    works: Sequence[Work]
    edges: list[Array]
    fill: float
    xs: list[Array]
    y: Array


class Plan:
    """A layout with its memory and weights: ready to run. ``weights`` are those of each op, by its first row."""

    def __init__(self, layout: Layout, weights: Mapping[int, Weights]) -> None:
        self.layout, self.summary = layout, layout.summary
        self.workers = blas.workers()
        self.common = Common()
        apart = self.workers > 1 and processes.possible() and layout.batch * layout.summary.totals.macs >= WORTH
        allocate = processes.shared if apart else alone
        bind(list(layout.buffers.values()), layout.size, layout.places, allocate)
        self.steps = [self._step(time, weights.get(op.head.index, {})) for time, op in enumerate(layout.ops)]
        self.common.array = allocate(self.common.size)
        works = [work for step in self.steps for work in step.works]
        scratch = [alone(max((work.scratch for work in works), default=0)) for _ in range(self.workers)]
        self._threads, self._processes = Threads(scratch), processes.Processes(works, scratch) if apart else None

    @property
    def crew(self) -> Crew:
        """The crew (threads or processes) that will share the work of the next run."""
        return self._processes if self._processes and self._processes.ready() else self._threads

    def _step(self, time: int, weights: Weights) -> Step:
        op, need, buffers = self.layout.ops[time], self.layout.needs[time], self.layout.buffers
        out = buffers[op.value]
        xs = [buffers[value].view() for value in op.sources]
        y = out.view()
        works = self._works(op, need, weights, xs, y)
        edges = out.root.edges() if out.root.first == time else []
        return Step(op, works, edges, out.root.fill, xs, y)

    def _works(
        self, op: Op, need: tuple[Widths, float] | None, weights: Weights, xs: list[Array], y: Array
    ) -> Sequence[Work]:
        kind, shape = op.head.layer.kind, op.head.xs[0]
        buffers = self.layout.buffers
        residual = None if op.residual is None else buffers[op.residual].view()
        whole = any(act is not None and act.over_channels for act in (op.before, op.after))
        before, after = (None if act is None else into(act) for act in (op.before, op.after))
        planned = kernels.find_fast(kind, len(shape.spatial))
        if planned is not None and (need is not None or not isinstance(kind, (Sliding, TransposedConv))):
            windows: list[Window] = []
            operands = list(map(_image, xs))
            if need is not None:
                operands[0] = _image(buffers[op.sources[0]].view(need[0]))
            if isinstance(kind, Sliding):
                windows = kind.windows(shape)
                windows = windows + [POINT] * (2 - len(windows))
            image = None if residual is None else _image(residual)
            finish = Finish(weights.get("bias"), before, image, after, whole=whole)
            finish.widened(_image(y).shape[-2])
            tile = self.layout.tiled.get(op, 0)
            job = Job(kind, weights, windows, shape, operands, _image(y), finish, tile, op.pooled, self.workers,
                      self.common)  # fmt: skip
            check_reach(job)
            works = planned(job)
            if works is not None:
                return works
        return [Reference(op.head, weights, xs, y, Finish(None, before, residual, after, whole=whole))]

    def run(self, feeds: Mapping[str, Array], watch: Callable[..., None] | None = None) -> dict[str, Array]:
        """The outputs by name; ``watch(row, xs, y, seconds)`` is called after each op, with its last row."""
        layout = self.summary.layout
        for number, name in enumerate(self.summary.inputs):
            buffer = self.layout.buffers[number]
            for edge in buffer.edges():
                edge.fill(buffer.fill)
            np.copyto(buffer.view(), inward(feeds[name], layout), casting="unsafe")
        with blas.single(), self.crew as crew:
            for step in self.steps:
                start = perf_counter()
                for edge in step.edges:
                    edge.fill(step.fill)
                for work in step.works:
                    crew.run(work)
                if watch:
                    watch(step.op.rows[-1], step.xs, step.y, perf_counter() - start)
        outputs = {}
        for op in self.layout.ops:
            name = op.rows[-1].name
            if name in self.summary.outputs:
                outputs[name] = outward(self.layout.buffers[op.value].view(), layout).copy()
        return outputs


def alone(size: int) -> Array:
    """``size`` numbers of this process."""
    return np.empty(size, np.float32)


def _image(x: Array) -> Array:
    """``[batch, T, C]`` and ``[batch, C]`` with the axes of an image: T positions, one below the other."""
    sizes = x.shape[1:-1]
    return x.reshape(len(x), *sizes, *(1,) * (2 - len(sizes)), x.shape[-1]) if x.ndim < 4 else x
