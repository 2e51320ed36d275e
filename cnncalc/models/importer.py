"""A graph becomes layers: each operator in turn, with the sizes of what it reads known from our own rules.

A value keeps the names of its axes in the source's order. So a transposition is no layer: what reads its axes by name
goes on, and what needs them in another order is refused. A layer that does not fit its input is noticed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnncalc import kinds
from cnncalc.errors import Problem, SpecError
from cnncalc.kinds.base.kind import Misfit, Weights, times
from cnncalc.models.graph import Graph, Node, Tensor
from cnncalc.models.names import Taken, clean, of_node, of_weight
from cnncalc.shape import LETTERS, SPATIAL, Shape, read
from cnncalc.symbolic.expr import Letter

MOST_PROBLEMS = 20


class Unsupported(Exception):
    """An operator, or a setting of one, that no layer can express."""


class Weight(NamedTuple):
    """A learned array of ours: its tensor, the tensor's axes in our order, and then its sizes (None: as they are)."""

    tensor: Tensor
    axes: tuple[int, ...] | None = None
    sizes: tuple[int, ...] | None = None

    @property
    def found(self) -> tuple[int, ...]:
        """The sizes of the array in our layout."""
        shape = self.tensor.shape
        return self.sizes or (shape if self.axes is None else tuple(shape[axis] for axis in self.axes))


class Value(NamedTuple):
    """What a layer or an input gives: its name in the spec, its shape, and its axes in the source's order."""

    name: str
    shape: Shape
    axes: tuple[str, ...]

    @property
    def sizes(self) -> list[int]:
        """The sizes in the source's order, without the batch axis."""
        by_name = dict(zip(self.shape.axes, self.shape.sizes, strict=True))
        return [by_name[axis] for axis in self.axes]

    def axis(self, number: int) -> str:
        """The name of an axis by its number, the batch axis counted. Raises Unsupported for any other number."""
        place = number + len(self.axes) + 1 if number < 0 else number
        if not 1 <= place <= len(self.axes):
            what = "the batch axis" if place == 0 else f"axis {number}, which is not there"
            raise Unsupported(f"an operator along {what}")
        return self.axes[place - 1]


class Layer(NamedTuple):
    """A layer of the spec to be written."""

    name: str
    word: str
    fields: dict[str, Any]
    reads: list[str]
    weights: dict[str, Weight]
    output: Shape


Operator = Callable[["Importer", Node], None]
#: Gives a layer's arrays, from their sizes in our layout.
Located = Callable[[Weights], dict[str, Weight]]


def _frozen(given: Any) -> Any:
    """A field as a kind keeps it: a tuple for each list."""
    return tuple(map(_frozen, given)) if isinstance(given, list) else given


class Importer:
    """Walks a graph. ``values`` and ``constants`` have what is known by the source's names."""

    def __init__(
        self,
        graph: Graph,
        operators: Callable[[str], Operator | None],
        fold: Callable[[Importer, Node], bool],
        *,
        partial: bool = False,
    ) -> None:
        """``operators`` finds what reads an operator, ``fold`` works out one that reads constants alone."""
        self.graph, self.operators, self.fold, self.partial = graph, operators, fold, partial
        self.layout = graph.layout
        self.values: dict[str, Value] = {}
        self.constants: dict[str, Tensor] = dict(graph.tensors)
        self.layers: list[Layer] = []
        self.open: set[str] = set()  # letters of sizes that the source leaves open
        self.taken = Taken()
        self.readers = graph.readers()

    def run(self) -> None:
        """Read every node. Raises SpecError with each operator that is not read, and its first place."""
        self._inputs()
        missing: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            try:
                self._node(node)
            except Unsupported as reason:
                if not (self.partial and self._opaque(node)):
                    missing.setdefault(str(reason), []).append(node.name or node.op)
        if missing:
            raise SpecError([self._problem(reason, places) for reason, places in list(missing.items())[:MOST_PROBLEMS]])
        if not self.layers:
            raise SpecError(f"{self.graph.source} holds no layers")
        self._outputs()

    def _outputs(self) -> None:
        """An output that is read on inside the model gets a layer of its own, as nothing reads an output of ours."""
        read = {name for layer in self.layers for name in layer.reads}
        for value in filter(None, map(self.values.get, self.graph.outputs)):
            if value.name in read:
                name = self.taken.free(f"{value.name}.output", "linear")
                self.layers.append(Layer(name, "linear", {}, [value.name], {}, value.shape))

    def _problem(self, reason: str, places: list[str]) -> Problem:
        times = f" ({len(places)} times)" if len(places) > 1 else ""
        help = (
            "the sizes of its output are not in the file"
            if self.partial
            else "imported with partial, it is kept as an opaque layer"
        )
        return Problem(f"{self.graph.source}: {reason}, first at {places[0][:80]}{times}", help=help)

    def _opaque(self, node: Node) -> bool:
        """Whether the file has the sizes of what a node gives, so that an opaque layer can stand for it."""
        known = [self.graph.known.get(name) for name in node.outputs]
        reads = [self.values[name] for name in node.inputs if name in self.values]
        if not reads or any(not sizes or len(sizes) not in range(2, 6) or None in sizes[1:] for sizes in known):
            return False
        tensors = [self.graph.tensors[name] for name in node.inputs if name in self.graph.tensors]
        learned = sum(tensor.size for tensor in tensors if tensor.name)
        for name, sizes in zip(node.outputs, known, strict=True):
            shape = self.shaped("", [int(size or 0) for size in (sizes or ())[1:]]).shape
            fields = {"output": shape.written(self.layout), "params": learned, "label": node.op}
            one = Node(node.op, node.name, node.inputs, [name])
            self.add(one, "opaque", fields, reads, self.named(node), axes=self.natural(shape.rank))
            learned = 0
        self.graph.remarks.append(f"{node.name or node.op}: the operator {node.op} is kept as an opaque layer")
        return True

    def _inputs(self) -> None:
        for name, sizes in self.graph.inputs.items():
            if any(size is not None and size < 1 for size in sizes) or not 2 <= len(sizes) <= 5:
                raise SpecError(f'{self.graph.source}: the input "{name}" has the sizes {list(sizes)}')
            own = "input" if len(self.graph.inputs) == 1 else self.taken.free(clean(name), "in")
            self.values[name] = self.shaped(own, self._known(name, sizes[1:]))

    def _known(self, name: str, sizes: tuple[int | None, ...]) -> list[Any]:
        """The sizes of an input, with letters for those that are open. Raises SpecError for open channels."""
        axes = self.natural(len(sizes))
        letters = {"channels": "T", **dict(zip(SPATIAL[len(sizes) - 1], LETTERS[len(sizes) - 1], strict=True))}
        open_ = {axis for axis, size in zip(axes, sizes, strict=True) if size is None}
        if "channels" in open_ and len(sizes) > 1:
            raise SpecError(f'{self.graph.source}: the input "{name}" has an open number of channels: {list(sizes)}')
        self.open |= {letters[axis] for axis in open_}
        return [Letter(letters[axis]) if axis in open_ else size for axis, size in zip(axes, sizes, strict=True)]

    def natural(self, rank: int) -> tuple[str, ...]:
        """The axes of an array without its batch axis, as the source orders them; a sequence has its features last."""
        spatial = SPATIAL[rank - 1]
        first = rank > 2 and self.layout == "channels_first"
        return ("channels", *spatial) if first else (*spatial, "channels")

    def shaped(self, name: str, sizes: list[int]) -> Value:
        """A value of ``sizes`` in the source's order, its axes those that arrays of its rank have."""
        return Value(name, read(sizes, self.layout), self.natural(len(sizes)))

    def _node(self, node: Node) -> None:
        found = self.operators(node.op)
        if found is None:
            raise Unsupported(f"the operator {node.op[:60]} is not read")
        missing = [name for name in node.inputs if name and name not in self.values and name not in self.constants]
        if missing:
            return  # what it reads was not understood: that has been said
        if all(name in self.constants for name in node.inputs if name) and self.fold(self, node):
            return
        try:
            found(self, node)
        except Misfit as misfit:
            text = f"{self.graph.source}: {node.op} {node.name[:80]}: {misfit.text}"
            raise SpecError(text, help="the sizes in the model contradict each other") from None
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError):
            what = (
                f"where {' and '.join(sorted(self.open))} are not known"
                if self.open
                else "with settings that make no sense"
            )
            raise Unsupported(f"{node.op[:60]} {what}") from None

    def value(self, name: str) -> Value:
        """A value with its axes in the natural order. Raises Unsupported where they are in another."""
        value = self.values[name]
        wanted = self.natural(value.shape.rank)
        if value.axes != wanted:
            raise Unsupported(f"axes in the order {', '.join(value.axes)}")
        return value

    def named(self, node: Node, *weights: str) -> str:
        """What a node's layer is to be called: after its weights, or its own name."""
        if self.graph.own_names:
            return clean(node.name)
        return next(filter(None, map(of_weight, weights)), "") or of_node(node.name, node.op)

    def add(
        self, node: Node, word: str, fields: dict[str, Any], reads: list[Value], name: str = "",
        weights: dict[str, Weight] | Located | None = None, axes: tuple[str, ...] | None = None, again: str = "",
    ) -> Value:  # fmt: skip
        """A layer of the kind ``word``; its value stands for the first output of ``node``. Raises Misfit.

        ``weights`` may be worked out from the sizes that the layer needs. ``again`` is the layer above that this one
        is, with its weights.
        """
        found = kinds.find(word)
        assert found is not None, word
        kind = found(**{key: _frozen(given) for key, given in fields.items()})
        kind.layout = self.layout
        shapes = [value.shape for value in reads]
        output = kind.output(*shapes)
        wanted = kind.weights(*shapes)
        given = weights(wanted) if callable(weights) else weights or {}
        self._check_weights(node, wanted, given)
        if again and wanted:
            word, fields, given = "use", {"layer": again}, {}
        layer = Layer(self.taken.free(name, word), word, fields, [v.name for v in reads], given, output)
        self.layers.append(layer)
        same = axes or (reads[0].axes if output.rank == reads[0].shape.rank else self.natural(output.rank))
        value = self.values[node.outputs[0]] = Value(layer.name, output, same)
        return value

    def _check_weights(self, node: Node, wanted: Weights, given: dict[str, Weight]) -> None:
        """Raise SpecError where a tensor has other sizes than the layer's input asks for."""
        for name, weight in given.items():
            if wanted.get(name) != weight.found:
                found, needed = (times(sizes) for sizes in (weight.found, wanted.get(name, ())))
                what = f"{node.op} {node.name[:80]}: its {name} is {found}, and its input needs {needed}"
                raise SpecError(f"{self.graph.source}: {what}", help="the sizes in the model contradict each other")

    def passed(self, node: Node) -> None:
        """The node gives what it reads."""
        source, name = node.inputs[0], node.outputs[0]
        if source in self.constants:
            self.constants[name] = self.constants[source]
        else:
            self.values[name] = self.values[source]

    def numbers(self, node: Node, place: int) -> list[Any] | None:
        """The numbers of a constant input; None where it is left out, computed, or too large to be a setting."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        return self.constants[name].numbers() if name in self.constants else None

    def tensor(self, node: Node, place: int) -> Tensor | None:
        """A constant input; None where it is left out or computed."""
        return self.constants.get(node.inputs[place]) if place < len(node.inputs) else None
