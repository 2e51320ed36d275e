"""A graph becomes layers: each operator in turn, with the sizes of its inputs known from our own rules.

A reshape or a transposition is not a layer, only another view of a value (``values.py``). A view that an operator
cannot read is rearranged by layers (``arranging.py``). A layer that does not fit its input is found at once.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from cnncalc.errors import Problem, SpecError
from cnncalc.kinds.base.kind import Misfit
from cnncalc.models.arranging import Arranger
from cnncalc.models.building import Layer, Located, Pick, Weight
from cnncalc.models.graph import Graph, Node, Tensor
from cnncalc.models.names import clean, of_weight
from cnncalc.models.products import Product, bare, translated
from cnncalc.models.tidying import tidied
from cnncalc.models.values import BATCH, Dim, Factor, Unsupported, Value, joined
from cnncalc.shape import LETTERS, SPATIAL, Shape
from cnncalc.symbolic.expr import Letter

__all__ = ["Importer", "Layer", "Located", "Operator", "Pick", "Unsupported", "Value", "Weight"]
MOST_PROBLEMS = 20
#: Operators along the last axis, the features.
LAST = ("MatMul", "Gemm", "LayerNormalization")
MOST_AXES = 4  # of an opaque layer's output

Operator = Callable[["Importer", Node], None]


class Importer(Arranger):
    """Walks a graph."""

    def __init__(
        self,
        graph: Graph,
        operators: Callable[[str], Operator | None],
        fold: Callable[[Importer, Node], bool],
        *,
        partial: bool = False,
    ) -> None:
        """``operators`` finds the reader of an operator; ``fold`` evaluates an operator on constants."""
        super().__init__(graph)
        self.operators, self.fold, self.partial = operators, fold, partial
        self._ready = {}
        self.open: set[str] = set()  # letters of sizes that the source leaves open
        self._own: dict[object, tuple[Dim, ...]] = {}
        self.folded = 0  # numbers computed while folding

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
        for name in self.graph.outputs:
            try:
                self._output(name)
            except Unsupported as reason:
                maker = next((node for node in self.graph.nodes if name in node.outputs), None)
                missing.setdefault(str(reason), []).append(maker.name if maker and maker.name else f"the output {name}")
        if missing:
            raise SpecError([self._problem(reason, places) for reason, places in list(missing.items())[:MOST_PROBLEMS]])
        if not self.layers:
            raise SpecError(f"{self.graph.source} holds no layers")
        try:
            outputs = {self.values[name].name for name in self.graph.outputs if name in self.values}
            self.layers = tidied(self.layers, outputs, self.absorbed, self.titles)
        except Unsupported as reason:
            raise SpecError(f"{self.graph.source}: {reason}") from None
        self._outputs()

    def _outputs(self) -> None:
        """An output that the model also reads itself gets a layer of its own: nothing reads an output of ours."""
        read = {name for layer in self.layers for name in layer.reads}
        for value in filter(None, map(self.values.get, self.graph.outputs)):
            if value.name in read:
                name = self.taken.free(f"{value.name}.output", "linear")
                self.layers.append(Layer(name, "linear", {}, [value.name], {}, value.shape))

    def _output(self, name: str) -> None:
        """Put an output into the model's own order, if layers can express that."""
        if name not in self.values:
            return
        value = self.uncut(self.values[name])
        try:
            self.values[name] = self.value_of(value)
        except Unsupported as reason:
            if not self.partial:
                raise
            self.graph.remarks.append(f"the output {name} is in another order: {reason}")

    def _problem(self, reason: str, places: list[str]) -> Problem:
        times = f" ({len(places)} times)" if len(places) > 1 else ""
        help = (
            "the sizes of its output are not in the file"
            if self.partial
            else "with partial it is imported as an opaque layer"
        )
        return Problem(f"{self.graph.source}: {reason}, first at {places[0][:80]}{times}", help=help)

    def _opaque(self, node: Node) -> bool:
        """Whether the file has the sizes of a node's output, so that an opaque layer can replace it."""
        known = [self.graph.known.get(name) for name in node.outputs]
        reads = [self.values[name] for name in node.inputs if name in self.values]
        if not reads or any(not sizes or None in sizes[1:] for sizes in known):
            return False
        if node.op == "BatchNormalization":  # an opaque layer has trained parameters only
            return False
        reads = [self.realised(value) if value.name in self.products else value for value in reads]
        macs = self._products(node, known[0] or ())
        learned = self.learned_by([self.constants[name] for name in node.inputs if name in self.constants])
        for name, sizes in zip(node.outputs, known, strict=True):
            all_sizes = [int(size or self.batch) for size in sizes or ()]
            self.values[name] = self.opaque(node.op, all_sizes, reads, learned, macs, self.named(node))
            learned = 0
        self.graph.remarks.append(f"{node.name or node.op}: the operator {node.op} is kept as an opaque layer")
        return True

    def _products(self, node: Node, sizes: tuple[int | None, ...]) -> int:
        """The multiply–accumulates of a product or a convolution that gives ``sizes``; 0 of others."""
        given = prod(size or 1 for size in sizes) // self.batch
        kernel = self.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
        if node.op == "Conv" and kernel is not None:
            return given * prod(kernel.shape[1:])
        if node.op == "Gemm" and kernel is not None:
            return given * kernel.shape[1 if node.settings.get("transB") else 0]
        if node.op == "MatMul" and node.inputs[0] in self.values:
            return given * self.values[node.inputs[0]].all_sizes[-1]
        return 0

    def realised(self, value: Value) -> Value:
        """A view of a product that is not attention, as a matmul; else, with partial, as an opaque layer."""
        made = self.products[value.name]
        found = self._multiplied(value, made)
        if found is not None:
            return found
        if not self.partial:
            raise Unsupported("a product of two computed values that is not attention")
        key = ("product", id(made.node), made.scores is not None)
        if key not in self._ready:
            reads = [self.realised(v) if v.name in self.products else v for v in (made.left, made.right)]
            learned = self.learned_by([tensor for tensor, _ in made.added])
            macs = prod(made.sizes) * made.inner // self.batch
            self._ready[key] = self.opaque("MatMul", value.all_sizes, reads, learned, macs, self.named(made.node))
            self._own[key] = value.dims
            self.graph.remarks.append(f"{made.node.name}: a product of two computed values is kept as an opaque layer")
        base = self._ready[key]
        dims = translated(value.dims, self._own[key], base.dims)
        if dims is None:
            raise Unsupported("a product of two computed values, its axes taken apart")
        return base._replace(dims=dims, factor=value.factor)

    def _multiplied(self, value: Value, made: Product) -> Value | None:
        """A view of the product of two sequences, scaled and through a softmax where the model has that."""
        batch = joined((Factor(BATCH, self.batch),))
        examples = [joined(bare(factor.dims[0])) for factor in (made.left, made.right)]
        if len(made.dims) != 3 or made.added or examples != [batch, batch]:
            return None
        key = ("matmul", id(made.node), made.softmax, made.scale)
        if key not in self._ready:
            try:
                self._ready[key] = self._product_layers(made)
            except (Unsupported, Misfit):
                return None
        base = self._ready[key]
        dims = translated(value.dims, made.dims, base.dims)
        return None if dims is None else base._replace(dims=dims, factor=value.factor)

    def _product_layers(self, made: Product) -> Value:
        """A matmul, and what follows it. Raises Unsupported, or Misfit."""
        left = self.value_of(made.left)
        turned = made.right.transposed([0, 2, 1])
        transpose = self._in_order(turned) and not self._in_order(made.right)
        right = self.value_of(turned if transpose else made.right)
        fields = {"transpose": True} if transpose else {}
        found = self.add(Node("", "", []), "matmul", fields, [left, right], self.named(made.node))
        if made.scale != 1.0:
            found = self.add(Node("", "", []), "rescale", {"scale": float(f"{made.scale:.9g}")}, [found])
        if made.softmax:
            found = self.add(Node("", "", []), "softmax", {}, [found])
        return found

    def _in_order(self, value: Value) -> bool:
        """Whether a value is a whole sequence, positions before features."""
        try:
            return value.name not in self.products and value.axes == ("time", "channels") and not value.cuts
        except Unsupported:
            return False

    def learned_by(self, tensors: list[Tensor]) -> int:
        """How many learned numbers these are, without those that were counted before."""
        new = {source.name: source for tensor in tensors for source in tensor.sources}
        found = sum(source.size for name, source in new.items() if name not in self.counted)
        self.counted |= set(new)
        return found

    def opaque(self, label: str, sizes: list[int], reads: list[Value], learned: int, macs: int, name: str) -> Value:
        """A layer with nothing but known counts, as a value of ``sizes``, including the batch.

        For an operator along the last axis, that axis is the channels.
        """
        batch, rest = (sizes[0], sizes[1:]) if sizes[0] == self.batch and len(sizes) > 1 else (1, sizes)
        merged = [prod(rest[: len(rest) - MOST_AXES + 1]), *rest[len(rest) - MOST_AXES + 1 :]]
        own = rest if len(rest) <= MOST_AXES else merged
        last = label in LAST
        shape = Shape(tuple(own[:-1]), own[-1]) if last else self.shaped("", own).shape
        axes = (*SPATIAL[len(own) - 1], "channels") if last else self.natural(len(own))
        counts = {key: number for key, number in (("params", learned), ("macs", macs)) if number}
        fields = {"output": shape.written(self.layout), **counts, "label": label}
        value = self.add(Node("", "", []), "opaque", fields, reads, name, axes=axes)
        if batch != self.batch:
            value = value._replace(dims=value.dims[1:])
        return value.reshaped(sizes) or value

    def _inputs(self) -> None:
        given = {sizes[0] for sizes in self.graph.inputs.values() if sizes and sizes[0]}
        self.batch = int(min(given)) if len(given) == 1 else 1
        for name, sizes in self.graph.inputs.items():
            if any(size is not None and size < 1 for size in sizes) or not 2 <= len(sizes) <= 5:
                raise SpecError(f'{self.graph.source}: the input "{name}" has the sizes {list(sizes)}')
            own = "input" if len(self.graph.inputs) == 1 else self.taken.free(clean(name), "in")
            self.values[name] = self.shaped(own, self._known(name, sizes[1:]))
            self.shapes[own] = self.values[name].shape

    def _known(self, name: str, sizes: tuple[int | None, ...]) -> list[Any]:
        """The sizes of an input, with letters for those that are open. Raises SpecError for open channels."""
        axes = self.natural(len(sizes))
        letters = {"channels": "T", **dict(zip(SPATIAL[len(sizes) - 1], LETTERS[len(sizes) - 1], strict=True))}
        open_ = {axis for axis, size in zip(axes, sizes, strict=True) if size is None}
        if "channels" in open_ and len(sizes) > 1:
            raise SpecError(f'{self.graph.source}: the input "{name}" has an open number of channels: {list(sizes)}')
        self.open |= {letters[axis] for axis in open_}
        return [Letter(letters[axis]) if axis in open_ else size for axis, size in zip(axes, sizes, strict=True)]

    def _node(self, node: Node) -> None:
        found = self.operators(node.op)
        if found is None:
            raise Unsupported(f"the operator {node.op[:60]} is not read")
        missing = [name for name in node.inputs if name and name not in self.values and name not in self.constants]
        if missing:
            return  # its input was not understood, which has been reported
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
                else "with settings that are invalid"
            )
            raise Unsupported(f"{node.op[:60]} {what}") from None

    def passed(self, node: Node) -> None:
        """The node returns its input."""
        source, name = node.inputs[0], node.outputs[0]
        if source in self.constants:
            tensor = self.constants[source]
            own = node.op == "Identity" and tensor.name and of_weight(name)  # exporters write equal tensors once
            self.constants[name] = tensor.called(name) if own else tensor
        else:
            self.values[name] = self.values[source]

    def numbers(self, node: Node, place: int) -> list[Any] | None:
        """The numbers of a constant input; None if it is omitted, computed, or too large to be a setting."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        return self.constants[name].numbers() if name in self.constants else None

    def tensor(self, node: Node, place: int) -> Tensor | None:
        """A constant input; None if it is omitted or computed."""
        return self.constants.get(node.inputs[place]) if place < len(node.inputs) else None
