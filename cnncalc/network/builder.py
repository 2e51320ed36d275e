"""Places the layers of a spec in running order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from cnncalc import kinds
from cnncalc.errors import LimitError, Mark, Problem, SpecError, nearest
from cnncalc.kinds.base.composite import Composite
from cnncalc.kinds.base.fields import REQUIRED, Names
from cnncalc.kinds.base.kind import Kind, Misfit
from cnncalc.limits import over
from cnncalc.network import wording
from cnncalc.network.model import Block, Layer, Network
from cnncalc.network.scope import AMBIGUOUS, BROKEN, Item, Scope
from cnncalc.shape import Shape
from cnncalc.spec import demand, values
from cnncalc.spec.document import Spec
from cnncalc.spec.node import Node, Scalar, Sequence
from cnncalc.spec.values import BadValue, Context

HINTS = 20  # errors for which the name that is meant is searched


class Placed(NamedTuple):
    """Where an item was placed, so that it can be used again."""

    item: Item
    scope: Scope
    first: int
    last: int


class Builder:
    """Walks the lists of a spec. ``placers`` place the blocks, by word; ``mirror`` places a mirrored decoder."""

    def __init__(self, spec: Spec, placers: dict[str, Callable[..., int]], mirror: Callable[..., int]) -> None:
        self.spec, self.placers, self.mirror = spec, placers, mirror
        self.network = Network(spec)
        self.problems = list(spec.problems)
        self.placed: dict[tuple[Scope, str], Placed] = {}
        self.shared: dict[Context, int] = {}  # the first layer of a block whose weights every use has
        self.names: set[str] = set()
        self.depth = self.steps = 0
        self.uses: list[tuple[str, Context]] = []  # the defined blocks around what is placed now, with their arguments
        self.endless = False  # whether one of them was found to use itself without an end
        self._kinds: dict[tuple[int, Context], Kind | None] = {}
        self._equal: dict[tuple[Any, ...], Kind] = {}  # layers alike share a kind, which is worked out once
        self._contexts: dict[tuple[Any, ...], Context] = {}
        self._shapes: list[Shape | None] = list(self.network.inputs.values())

    def build(self) -> Network:
        """The network. Raises SpecError with every problem, or LimitError."""
        scope = Scope("", Context(self.spec.limits))
        scope.names.update({name: number for number, name in enumerate(self.network.inputs)})
        above = {0: BROKEN, 1: 0}.get(len(self.network.inputs), AMBIGUOUS)
        scope.names.setdefault("input", above)
        for name, nodes in self.spec.lists.items():
            if not name:
                self.place_list(nodes, scope, above)
                continue
            first = len(self.network.layers)
            above = self.place_list(nodes, Scope(f"{name}/", scope.context, scope), above)
            scope.names[name] = above
            self.network.blocks[name] = Block(first, len(self.network.layers), above, name)
        if self.spec.mirrored and not self.problems and above >= 0:
            self.mirror(self, above)
        self.network.demands += self.spec.expected
        if self.problems:
            found: dict[tuple[object, ...], Problem] = {}
            for problem in self.problems:  # a block that is placed again fails again
                found.setdefault((problem.text, problem.mark), problem)
            raise SpecError(sorted(found.values(), key=lambda one: one.mark[1:3] if one.mark else (0, 0)))
        return self.network

    def place_list(self, nodes: Sequence, scope: Scope, above: int) -> int:
        """Place the layers of a list below value ``above``; returns the value of the last one's output."""
        if self.depth > self.spec.limits.nesting:
            depth, limit = self.depth, self.spec.limits.nesting
            raise LimitError(over("nesting", f"blocks {depth} levels inside each other", limit, nodes.mark))
        self.depth += 1
        items = self._named(nodes, scope)
        scope.later = {item.name for item in items}
        for item in items:
            try:
                above = self.place_item(item, scope, above)
            except SpecError as error:
                self.problems += error.problems
                above = BROKEN
            scope.later.discard(item.name)
            scope.names[item.name] = above
        self.depth -= 1
        return above

    def _named(self, nodes: Sequence, scope: Scope) -> list[Item]:
        """The items of a list, each with a name that is its own in the list."""
        items: list[Item] = []
        for node in nodes.items:
            try:
                items.append(Item(node))
            except SpecError as error:
                self.problems += error.problems
        given: dict[str, Item] = {}
        for item in items:
            try:
                wording.understand(item, self.placers, self.spec.definitions)
            except SpecError as error:
                self.problems += error.problems
                item.broken = True
            taken = given.get(item.name)
            if item.name and (taken or item.name in scope.names):
                first = taken.name_mark if taken else None
                text = f'the name "{item.name}" is given twice' if taken else f'"{item.name}" is an input already'
                self.problems.append(Problem(text, item.name_mark, help="give one of them another name", also=first))
                item.name = ""
            elif item.name:
                given[item.name] = item
        counts: dict[str, int] = {}
        for item in items:
            counts[item.base] = counts.get(item.base, 0) + 1
            while not item.name:  # a name that is given already is passed over
                name = f"{item.base}{counts[item.base]}"
                taken_already = name in given or name in scope.names
                counts[item.base] += taken_already
                item.name = "" if taken_already else name
        return items

    def place_item(self, item: Item, scope: Scope, above: int) -> int:
        """Place one item below value ``above``; returns the value of its output, or BROKEN if unknown."""
        first = len(self.network.layers)
        self.step(item.mark)
        if item.broken:
            return BROKEN
        if item.block or item.word in self.placers:
            result = self.placers["use" if item.block else item.word](self, item, scope, above)
            last = len(self.network.layers)
            self.network.blocks[scope.prefix + item.name] = Block(first, last, result, item.block or item.word)
        else:
            result = self._layer(item, scope, above)
        self.placed.setdefault((scope, item.name), Placed(item, scope, first, len(self.network.layers)))
        if "expect" in item.fields:
            name = scope.prefix + item.name
            self.network.demands += demand.read_all(item.fields["expect"], name, scope.context)
        return result

    def step(self, mark: Mark, count: int = 1) -> None:
        """Count what is placed: too large a network is refused before it is written out."""
        self.steps += count
        limit = self.spec.limits.layers
        if len(self.network.layers) >= limit or self.steps > 4 * limit + 1000:
            raise LimitError(over("layers", f"more than {limit} layers, blocks and repetitions", limit, mark))

    def _layer(self, item: Item, scope: Scope, above: int) -> int:
        kind = self._kind(item, scope.context, wording.translated(item))
        sources = self.sources(item, scope, above) + self._besides(item, scope, kind)
        if kind is None or BROKEN in sources:
            return BROKEN
        least, most = kind.operands
        if kind.joins and "from" not in item.fields:  # the layer above alone is hardly what is meant
            least = 2
        if not least <= len(sources) <= most:
            wanted = f"{least}" if least == most else f"{least} or more" if most > 9 else f"{least} to {most}"
            raise BadValue(
                f'{item.word} "{item.name}" reads {wanted} layer{"s" * (most > 1)}; it is given {len(sources)}',
                item.fields["from"].mark if "from" in item.fields else item.mark,
                f"from: [{', '.join([*scope.visible()[-2:], 'another'][:2])}]" if least > 1 else None,
            )
        if self.spec.doubtful and 0 <= sources[0] < len(self.network.inputs):
            name = self.network.value_name(sources[0])
            wording.need_channels(self.spec, name, self.network.inputs[name], item, kind)
        if item.checks and None not in (xs := tuple(self.shape(source) for source in sources)):
            from cnncalc.network import checked

            kind = checked.check(item, kind, xs, scope.context, self.network.inputs.values())  # type: ignore[arg-type]
        marks = {name: node.mark for name, node in item.fields.items()}
        trainable = scope.trainable and self.trainable(item, scope)
        layer = Layer(scope.prefix + item.name, kind, sources, item.mark, trainable=trainable, field_marks=marks)
        layer.notes = item.notes
        self.step(item.mark, vars(kind).get("layers", 1) - 1)  # a recurrent layer may be many, one upon the other
        return self._parts(layer, kind) if isinstance(kind, Composite) else self.append(layer)

    def _parts(self, whole: Layer, composite: Composite) -> int:
        """Place the parts of a composite kind, named ``whole/part``, in its stead."""
        xs = tuple(self.shape(source) for source in whole.sources)
        if None in xs:
            return BROKEN
        first = len(self.network.layers)
        numbers = list(whole.sources)
        try:
            parts = composite.parts(*xs)  # type: ignore[arg-type]
        except Misfit as misfit:
            raise BadValue(f'{composite.word()} "{whole.name}": {misfit.text}', whole.mark, misfit.help) from None
        for part in parts:
            self.step(whole.mark)
            reads = tuple(numbers[number] for number in part.reads)
            name = f"{whole.name}/{part.name}"
            layer = Layer(name, part.kind, reads, whole.mark, trainable=whole.trainable, field_marks=whole.field_marks)
            numbers.append(self.append(layer))
        last = len(self.network.layers)
        self.network.blocks[whole.name] = Block(first, last, numbers[-1], composite.word())
        return numbers[-1]

    def shape(self, number: int) -> Shape | None:
        """The shape of a value that is placed; None if a layer does not fit (an error that ``infer`` reports).

        Shapes are worked out here only as far as a composite kind asks for them.
        """
        shapes, first = self._shapes, len(self.network.inputs)
        for layer in self.network.layers[len(shapes) - first : number + 1 - first]:
            xs = [shapes[source] for source in layer.sources]
            try:
                shapes.append(None if None in xs else layer.kind.output(*xs))  # type: ignore[arg-type]
            except Misfit:
                shapes.append(None)
        return shapes[number]

    @contextmanager
    def using(self, block: Scalar, context: Context) -> Iterator[None]:
        """Within this, the inside of a defined block is placed.

        Raises BadValue if the block uses itself and does not come to an end: with the same arguments, or deeper
        than blocks may be. (One that repeats itself ``n`` times with ``n - 1`` comes to an end.)
        """
        names = [name for name, _ in self.uses]
        if block.text in names:
            deep = self.depth >= self.spec.limits.nesting
            self.endless = self.endless or deep or (block.text, context) in self.uses
            if self.endless:
                first = len(names) - 1 - names[::-1].index(block.text)
                between = ", ".join(names[first + 1 :])
                text = f'block "{block.text}" uses itself' + (f", through {between}" if between else "")
                raise BadValue(text, block.mark, "a block is made of layers, and of blocks that do not use it")
        self.uses.append((block.text, context))
        try:
            yield
        finally:
            self.uses.pop()

    def context(self, block: str, arguments: dict[str, Any]) -> Context:
        """What the inside of a block is read against; the same for equal arguments, so that it is read once."""
        key = (block, *((type(given), given) for given in arguments.values()))  # True is not 1 here
        if key not in self._contexts:
            self._contexts[key] = Context(self.spec.limits, arguments)
        return self._contexts[key]

    def append(self, layer: Layer) -> int:
        """Add a layer; returns the number of its output value."""
        if layer.name in self.names:
            raise BadValue(f'two layers come to be called "{layer.name}"', layer.mark, "give one another name")
        self.names.add(layer.name)
        self.network.layers.append(layer)
        return len(self.network.inputs) + len(self.network.layers) - 1

    def trainable(self, item: Item, scope: Scope) -> bool:
        """The ``trainable`` of an item."""
        node = item.fields.get("trainable")
        return True if node is None else values.flag(node, scope.context, "trainable")

    def sources(self, item: Item, scope: Scope, above: int) -> tuple[int, ...]:
        """The values that an item reads; BROKEN among them where an error has been reported there."""
        node = item.fields.get("from")
        if node is not None:
            names = node.items if isinstance(node, Sequence) else [node]
            if not names:
                raise values.expected("from", node, "the name of a layer, or a list of names")
            self.step(item.mark, len(names) // 10)
            return tuple(self._source(name, scope, item) for name in names)
        if above == AMBIGUOUS:
            raise BadValue(
                f'"{item.name}" does not say which input it reads',
                item.mark,
                f"from: {next(iter(self.network.inputs))}",
            )
        return (above,)

    def _besides(self, item: Item, scope: Scope, kind: Kind | None) -> tuple[int, ...]:
        """The values that fields of the kind name: they are read after those of ``from``."""
        found: list[int] = []
        for name, field in kind.fields.items() if kind else ():
            if isinstance(field, Names) and getattr(kind, field.attribute):
                node = item.fields[name]
                names = node.items if isinstance(node, Sequence) else [node]
                found += [self._source(one, scope, item) for one in names]
        return tuple(found)

    def _source(self, node: Node, scope: Scope, item: Item) -> int:
        if not isinstance(node, Scalar):
            raise values.expected("from", node, "the name of a layer, or a list of names")
        number = scope.find(node.text)
        if number == AMBIGUOUS:
            names = ", ".join(self.network.inputs)
            raise BadValue(f'"input" could be any of the inputs {names}', node.mark, f"from: one of {names}")
        if number is None:
            if node.text == item.name or scope.comes_later(node.text):
                what = "is this layer itself" if node.text == item.name else "comes later"
                raise BadValue(
                    f'"{item.name}" reads "{node.text}", which {what}', node.mark, "a layer reads only layers above it"
                )
            raise BadValue(f'no layer above is called "{node.text}"', node.mark, self.hint(node.text, scope))
        return number

    def hint(self, name: str, scope: Scope) -> str | None:
        """The name that is meant, or those that are known; for the first errors of a file, as the search takes long."""
        if len(self.problems) >= HINTS:
            return None
        known = scope.visible()
        listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        return nearest(name, known) or f"known: {listed}"

    def _kind(self, item: Item, context: Context, problems: list[Problem]) -> Kind | None:
        """The kind with its fields read; None if its problems have been reported, ``problems`` among them."""
        key = (id(item.node), context)
        if key not in self._kinds:
            self._kinds[key] = None
            self._kinds[key] = self._read_kind(item, context, problems)
        return self._kinds[key]

    def _read_kind(self, item: Item, context: Context, problems: list[Problem]) -> Kind | None:
        found = kinds.find(item.word)
        assert found is not None
        fields = item.fields if item.scalar is None else {next(iter(found.fields)): item.scalar, **item.fields}
        layer = f'{item.word} "{item.name}"'
        meant = " ".join(problem.help or "" for problem in problems)  # a field that is misspelled is not missing too
        given: dict[str, Any] = {}
        for name, field in found.fields.items():
            node = fields.get(name)
            if node is None:
                if field.default is REQUIRED and f'did you mean "{name}"?' not in meant:
                    takes = ", ".join(n + ("*" if f.default is REQUIRED else "") for n, f in found.fields.items())
                    problems.append(
                        Problem(f"{layer} needs {name}", item.mark, help=f"{item.word} takes {takes} (* must be given)")
                    )
                continue
            try:
                given[name] = field.read(node, context, name)
            except SpecError as error:
                problems += [p._replace(text=f"{layer}: {p.text}") for p in error.problems]
        self.problems += problems
        if problems:
            return None
        equal = (found, *given.items())
        if equal not in self._equal:
            self._equal[equal] = found(**given)
            self._equal[equal].layout = self.spec.layout
        return self._equal[equal]
