"""Layers of the spec to be written, each checked as it is added: a model's sizes and weights are not trusted."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from cnncalc import kinds
from cnncalc.errors import SpecError
from cnncalc.kinds.base.kind import Weights, times
from cnncalc.models.graph import Graph, Node, Tensor
from cnncalc.models.names import Taken, clean, of_node, of_weight
from cnncalc.models.products import Product
from cnncalc.models.values import Dim, Factor, Unsupported, Value, plain
from cnncalc.network import ties
from cnncalc.shape import SPATIAL, Shape, read


class Pick(NamedTuple):
    """The places of an axis that an array keeps, in order: ``start`` and a sum of steps."""

    axis: int  # of our array, before its sizes are changed
    start: int
    factors: tuple[tuple[int, int], ...]  # size and step of each, the outermost first

    @property
    def size(self) -> int:
        """How many places are kept."""
        return prod(size for size, _ in self.factors)

    @property
    def places(self) -> list[int]:
        """The places that are kept."""
        found = [self.start]
        for size, step in self.factors:
            found = [place + number * step for place in found for number in range(size)]
        return found


class Weight(NamedTuple):
    """A learned array of ours: its tensor, the tensor's axes in our order, the places kept along some of these,
    and then its sizes (None: as they are). ``factor`` multiplies every number of it, and ``work`` is applied to
    the array last.
    """

    tensor: Tensor
    axes: tuple[int, ...] | None = None
    sizes: tuple[int, ...] | None = None
    picks: tuple[Pick, ...] = ()
    factor: float = 1.0
    work: Callable[[Any], Any] | None = None
    worked: tuple[int, ...] | None = None  # the sizes after the work

    @property
    def found(self) -> tuple[int, ...]:
        """The sizes of the array in our layout."""
        if self.worked is not None or self.sizes is not None:
            return self.worked or self.sizes or ()
        shape = list(self.tensor.shape if self.axes is None else (self.tensor.shape[axis] for axis in self.axes))
        for pick in self.picks:
            shape[pick.axis] = pick.size
        return tuple(shape)

    def picked(self, axis: int, start: int, dim: Dim) -> Weight:
        """The same, with only the places of an axis that a dimension of a value has."""
        pick = Pick(axis, start, tuple((factor.size, factor.step) for factor in dim))
        return self._replace(picks=(*self.picks, pick))

    def in_order(self, axis: int, order: tuple[tuple[int, int], ...]) -> Weight:
        """The same, with the places of an axis in another order, if one is given."""
        return self._replace(picks=(*self.picks, Pick(axis, 0, order))) if order else self


class Layer(NamedTuple):
    """A layer of the spec to be written."""

    name: str
    word: str
    fields: dict[str, Any]
    reads: list[str]
    weights: dict[str, Weight]
    output: Shape


#: Exporters store equal vectors once: biases of 0 in a model that was never trained.
ONCE = "layers have the same bias in the file, as exporters store equal arrays once: each counts its own"

#: Returns a layer's arrays for their sizes in our layout.
Located = Callable[[Weights], dict[str, Weight]]


def _frozen(given: Any) -> Any:
    """A field as a kind keeps it: a tuple for each list."""
    return tuple(map(_frozen, given)) if isinstance(given, list) else given


class Builder:
    """The layers so far. ``values`` and ``constants`` are keyed by the source's names."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.layout = graph, graph.layout
        self.values: dict[str, Value] = {}
        self.constants: dict[str, Tensor] = dict(graph.tensors)
        self.layers: list[Layer] = []
        self.shapes: dict[str, Shape] = {}
        self.counted: set[str] = set()  # learned tensors that are part of a layer
        self._shared: dict[object, str] = {}
        self._matrices: dict[tuple[int, bool], str] = {}  # layers by their matrix, and whether it is transposed
        self.products: dict[str, Product] = {}
        self.absorbed: set[str] = set()  # layers whose weights are now part of another
        self.titles: dict[str, str] = {}  # names for layers once those are gone
        self.taken = Taken()
        self.readers = graph.readers()
        self.batch = 1

    def natural(self, rank: int) -> tuple[str, ...]:
        """The axes of an array without its batch axis, as the source orders them; a sequence has its features last."""
        spatial = SPATIAL[rank - 1]
        first = rank > 2 and self.layout == "channels_first"
        return ("channels", *spatial) if first else (*spatial, "channels")

    def shaped(self, name: str, sizes: list[int]) -> Value:
        """A value of ``sizes`` in the source's order, its axes those that arrays of its rank have."""
        return plain(name, read(sizes, self.layout), self.natural(len(sizes)), self.batch)

    def layer(self, word: str) -> Layer | None:
        """The layer called ``word``."""
        return next((layer for layer in reversed(self.layers) if layer.name == word), None)

    def titled(self, node: Node, tensor: Tensor) -> str:
        """The name of a layer that is itself a learned tensor: from the tensor's path."""
        if self.graph.own_names:
            return clean(node.name)
        name = next((source.name for source in tensor.sources if "::" not in source.name), "")
        return clean(name) or of_node(node.name, node.op)

    def named(self, node: Node, *weights: str) -> str:
        """The name of a node's layer: from its weights, or from its own name."""
        if self.graph.own_names:
            return clean(node.name)
        return next(filter(None, map(of_weight, weights)), "") or of_node(node.name, node.op)

    def add(
        self, node: Node, word: str, fields: dict[str, Any], reads: list[Value], name: str = "",
        weights: dict[str, Weight] | Located | None = None, axes: tuple[str, ...] | None = None, again: str = "",
        tied: str = "",
    ) -> Value:  # fmt: skip
        """A layer of the kind ``word``; its value stands for the first output of ``node``. Raises Misfit.

        ``weights`` may be worked out from the sizes that the layer needs. ``axes`` are those of its value in the
        source's order (default: as in the first value that it reads). ``again`` is the earlier layer
        that is used again here, with its weights, ``tied`` the one whose matrix is this one's kernel, transposed.
        """
        output = self.made(word, fields, [value.shape for value in reads])
        wanted = self.kind(word, fields).weights(*(value.shape for value in reads))
        given = weights(wanted) if callable(weights) else weights or {}
        self._check_weights(node, wanted, given)
        if tied:
            self.counted |= {source.name for key in given if key != "kernel" for source in given[key].tensor.sources}
            given = {key: weight for key, weight in given.items() if key != "kernel"}
            word, fields = "use", {"layer": tied, "transposed": True, **({"bias": True} if given else {})}
        again = again or ("" if tied else self._again(word, fields, given))
        if again and wanted:
            word, fields, given = "use", {"layer": again}, {}
        layer = Layer(self.taken.free(name, word), word, fields, [v.name for v in reads], given, output)
        self.layers.append(layer)
        for key, first in self._shared.items():
            if not first:
                self._shared[key] = layer.name
        self._own_matrix(layer)
        self.shapes[layer.name] = output
        value = self._seen(layer, reads[0], axes)
        if node.outputs:
            self.values[node.outputs[0]] = value
        return value

    def _own_matrix(self, layer: Layer) -> None:
        """Note whose matrix a tensor is, so that a later layer may use it transposed."""
        weight = layer.weights.get(ties.ARRAYS.get(layer.word, ""))
        if weight is not None and not weight.picks and weight.work is None and weight.factor == 1.0:
            self._matrices.setdefault((id(weight.tensor.read), weight.axes == (1, 0)), layer.name)

    def tied(self, kernel: Weight) -> str:
        """The layer whose matrix a kernel is, transposed; "" if there is none."""
        if kernel.picks or kernel.factor != 1.0:
            return ""
        return self._matrices.get((id(kernel.tensor.read), kernel.axes != (1, 0)), "")

    def _again(self, word: str, fields: dict[str, Any], given: dict[str, Weight]) -> str:
        """The layer above whose weights these are; "" if there is none.

        Raises Unsupported if only some are, unless those are vectors, or if an array was worked out from more or
        fewer learned numbers than it has.
        """
        if word == "attention":  # has those of the dense layers that it takes the place of
            return ""
        names: set[str] = set()
        vectors: set[str] = set()
        if any(w.tensor.fixed and not w.tensor.sources and not key.startswith("moving") for key, w in given.items()):
            raise Unsupported("weights that are not learned")
        for weight in given.values():
            learned = sum(source.size for source in weight.tensor.sources)
            if weight.tensor.sources != (weight.tensor,) and learned not in (0, weight.tensor.size):
                raise Unsupported("weights that are worked out from other learned numbers")
            names |= {source.name for source in weight.tensor.sources} if not weight.picks else set()
            vectors |= {source.name for source in weight.tensor.sources if len(source.shape) == 1}
        key = (word, tuple(sorted((name, id(weight.tensor)) for name, weight in given.items())))
        if names and names <= self.counted and key in self._shared:
            return self._shared[key]
        if names & self.counted:
            if not names & self.counted <= vectors:
                raise Unsupported("weights that another layer uses in a different way")
            self._remark_once(ONCE)
        self.counted |= names
        self._shared[key] = ""
        return ""

    def alone(self, name: str) -> None:
        """A layer that changes once it is there is not used again."""
        self._shared = {key: first for key, first in self._shared.items() if first != name}

    def _remark_once(self, text: str) -> None:
        """A remark on the whole model."""
        if text not in self.graph.remarks:
            self.graph.remarks.append(text)

    def made(self, word: str, fields: dict[str, Any], shapes: list[Shape]) -> Shape:
        """What a layer of the kind ``word`` gives. Raises Misfit."""
        output: Shape = self.kind(word, fields).output(*shapes)
        return output

    def kind(self, word: str, fields: dict[str, Any]) -> Any:
        """The kind ``word`` with these fields, in the layout of the model. Raises Misfit."""
        found = kinds.find(word)
        assert found is not None, word
        kind = found(**{key: _frozen(given) for key, given in fields.items()})
        kind.layout = self.layout
        return kind

    def _seen(self, layer: Layer, first: Value, axes: tuple[str, ...] | None) -> Value:
        """A layer's output, with the view that its input has."""
        output = layer.output
        if axes is not None or output.rank != first.shape.rank:
            return plain(layer.name, output, axes or self.natural(output.rank), self.batch)
        sizes = dict(zip(output.axes, output.sizes, strict=True))
        old = first.sizes_by_axis
        dims: list[Dim] = []
        for dim in first.dims:
            changed = [factor for factor in dim if sizes.get(factor.axis) != old.get(factor.axis)]
            if changed and not first.whole(dim):
                raise Unsupported(f"a change of {changed[0].axis}, which is taken apart")
            dims.append((Factor(dim[0].axis, sizes[dim[0].axis]),) if changed else dim)
        return Value(layer.name, output, tuple(dims), {}, first.rolls)

    def _check_weights(self, node: Node, wanted: Weights, given: dict[str, Weight]) -> None:
        """Raise SpecError if a tensor does not have the sizes that the layer's input requires."""
        for name, weight in given.items():
            if wanted.get(name) != weight.found:
                found, needed = (times(sizes) for sizes in (weight.found, wanted.get(name, ())))
                what = f"{node.op} {node.name[:80]}: its {name} is {found}, and its input needs {needed}"
                raise SpecError(f"{self.graph.source}: {what}", help="the sizes in the model contradict each other")
