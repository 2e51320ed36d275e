"""An ONNX graph under construction: nodes, initialisers, and values by name.

A value of an image or a volume is ``[N, C, spatial...]``, of a sequence ``[N, T, F]``, of features ``[N, F]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.export.onnx import proto
from cnncalc.export.order import brought, flattened
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row, Summary

LAYOUT = "channels_first"  # of every value


def last(shape: Shape) -> list[int]:
    """The permutation that puts the channels of a value last."""
    return [0, *range(2, shape.rank + 1), 1] if shape.rank > 2 else list(range(shape.rank + 1))


def native(shape: Shape) -> list[int]:
    """The permutation that undoes :func:`last`."""
    return [0, shape.rank, *range(1, shape.rank)] if shape.rank > 2 else list(range(shape.rank + 1))


def channel_axis(shape: Shape) -> int:
    """The axis of a value that counts its channels or features."""
    return 1 if shape.rank > 2 else shape.rank


def axis_of(shape: Shape, axis: str) -> int:
    """The axis of a value by its name."""
    return channel_axis(shape) if axis == "channels" else shape.axes.index(axis) + (2 if shape.rank > 2 else 1)


class Builder:
    """The graph of a network. ``arrays`` are its weights by ``layer/weight``."""

    def __init__(self, summary: Summary, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        self.np: Any = np
        self.summary, self.arrays = summary, arrays
        self.nodes: list[list[Any]] = []  # op, name, inputs, outputs, settings
        self.tensors: dict[str, Any] = {}
        self.flattened = flattened(summary, LAYOUT)
        self._makers: dict[str, list[Any]] = {}
        self._kept: dict[tuple[Any, ...], str] = {}
        self._taken = {*summary.inputs, *summary.rows_by_name}
        self._counts: dict[str, int] = {}
        self._row: Row | None = None
        self._start = 0

    def begin(self, row: Row) -> None:
        """The nodes that follow belong to ``row``."""
        self._row, self._start = row, len(self.nodes)

    def end(self, value: str, row: Row) -> None:
        """Give the value of a row the row's name."""
        if value in self._makers:
            outputs = self._makers[value][3]
            outputs[outputs.index(value)] = row.name
            for later in self.nodes[self._start :]:
                later[2][:] = [row.name if name == value else name for name in later[2]]
        else:  # it is another row's, or an input's
            self.nodes.append(["Identity", row.name, [value], [row.name], {}])

    def add(self, op: str, *inputs: str, outputs: int = 1, **settings: Any) -> Any:
        """A node; the name of its output, or of each of its ``outputs``."""
        assert self._row is not None
        names = [self._free(f"{self._row.name}:{op}") for _ in range(outputs)]
        node = [op, self._row.name, list(inputs), names, settings]
        self.nodes.append(node)
        self._makers.update(dict.fromkeys(names, node))
        return names[0] if outputs == 1 else names

    def constant(self, numbers: Any) -> str:
        """An initialiser of numbers that are not learned; equal numbers share one."""
        array = self.np.asarray(numbers)
        array = self.np.ascontiguousarray(array, "<i8" if array.dtype.kind in "iu" else "<f4").reshape(array.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._kept:
            self._kept[key] = self._free("constant")
            self.tensors[self._kept[key]] = array
        return self._kept[key]

    def weights(self, row: Row) -> Mapping[str, Any]:
        """The arrays that a row uses, in our layout, its own or another's."""
        from cnncalc.engine import weights

        return weights.of(self.summary, row, self.arrays)

    def learned(self, row: Row, name: str, array: Any = None) -> str:
        """An initialiser of a learned array of ``row``, by default as it is in our layout."""
        array = self.weights(row)[name] if array is None else array
        owner = row if row.layer.shares is None else self.summary.rows[row.layer.shares]
        if name == "kernel" and owner.layer.tie is not None:
            return self._tied(owner, array)
        array, key = self.np.ascontiguousarray(array, "<f4"), (owner.name, name)
        kept = self._kept.get(key)
        if kept is None or not self.np.array_equal(self.tensors[kept], array):  # otherwise layers share it
            kept = self._kept[key] = self._free(f"{owner.name.replace('/', '.')}.{name}")
            self.tensors[kept] = array
        return kept

    def _tied(self, row: Row, array: Any) -> str:
        """The kernel of a tied layer: the other's array, transposed in the graph."""
        tie = row.layer.tie
        assert tie is not None
        other = self.learned(self.summary.rows[tie.layer], tie.array)
        return str(self.add("Transpose", other, perm=[1, 0]))

    def per_channel(self, array: Any, shape: Shape) -> Any:
        """An array ``[C]`` in the form that broadcasts to values of ``shape``."""
        return array.reshape(-1, *(1,) * (shape.rank - 1)) if shape.rank > 2 else array

    def of_example(self, array: Any, shape: Shape) -> Any:
        """An array with the sizes of an example in the spec's layout, as it broadcasts to values of ``shape``."""
        return brought(array, shape, self.summary.layout, LAYOUT)

    def transpose(self, x: str, order: Sequence[int]) -> str:
        """``x`` with its axes in another order; ``x`` itself if the order is the same."""
        return x if list(order) == list(range(len(order))) else str(self.add("Transpose", x, perm=list(order)))

    def last(self, x: str, shape: Shape) -> str:
        """``x`` with its channels last."""
        return self.transpose(x, last(shape))

    def native(self, x: str, shape: Shape) -> str:
        """``x``, whose channels are last, in the order of a value."""
        return self.transpose(x, native(shape))

    def first(self, x: str, shape: Shape) -> str:
        """``x`` with its channels before its positions, also for a sequence."""
        return self.transpose(x, [0, 2, 1]) if shape.rank == 2 else x

    def back(self, x: str, shape: Shape) -> str:
        """The inverse of :func:`first`."""
        return self.transpose(x, [0, 2, 1]) if shape.rank == 2 else x

    def reshape(self, x: str, *sizes: int) -> str:
        """``x`` with each example in other sizes."""
        return str(self.add("Reshape", x, self.constant([0, *sizes])))

    def cut(self, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        """Positions ``start`` up to ``stop`` of an axis."""
        return str(self.add("Slice", x, *(self.constant([number]) for number in (start, stop, axis, step))))

    def pieces(self) -> Any:
        """The file, in pieces."""
        rows = self.summary.rows
        inputs = [
            proto.value(name, self.dtype(number), ["N", *shape.written(LAYOUT)])
            for number, (name, shape) in enumerate(self.summary.inputs.items())
        ]
        values = {row.name: proto.value(row.name, proto.FLOAT, ["N", *row.output.written(LAYOUT)]) for row in rows}
        outputs = [values.pop(name) for name in self.summary.outputs]
        nodes = [proto.node(*node) for node in self._named()]
        tensors = [proto.tensor(name, array) for name, array in self._used().items()]
        name = self.summary.name or "network"
        return proto.model(proto.graph(name, nodes, tensors, inputs, outputs, list(values.values())))

    def _used(self) -> dict[str, Any]:
        read = {name for node in self.nodes for name in node[2]}
        return {name: array for name, array in self.tensors.items() if name in read}

    def _named(self) -> list[list[Any]]:
        """The nodes; if a row has several, each but the last has its operator in its name."""
        of_row = {node[1]: node for node in self.nodes}
        counts: dict[str, int] = {}
        found = []
        for op, name, inputs, outputs, settings in self.nodes:
            if of_row[name][3] is not outputs:
                counts[name] = counts.get(name, 0) + 1
                name = f"{name}/{op}_{counts[name]}"
            found.append([op, name, inputs, outputs, settings])
        return found

    def dtype(self, number: int) -> int:
        """The type of an input: whole numbers if only embeddings read it."""
        readers = [row for row in self.summary.rows if number in row.layer.sources]
        tokens = readers and all(row.layer.kind.tokens() is not None for row in readers)
        return proto.INT64 if tokens else proto.FLOAT

    def _free(self, wanted: str) -> str:
        name = wanted
        while name in self._taken:
            self._counts[wanted] = self._counts.get(wanted, 1) + 1
            name = f"{wanted}_{self._counts[wanted]}"
        self._taken.add(name)
        return name
