"""The blocks: residual, parallel, repeat, sequential, moe and use. Each is placed as the layers inside it."""

from __future__ import annotations

from typing import Any

from cnncalc import kinds
from cnncalc.errors import Mark, Problem, SpecError, nearest
from cnncalc.kinds.dense import Dense
from cnncalc.network import ties, wording
from cnncalc.network.builder import Builder, Placed
from cnncalc.network.model import Layer
from cnncalc.network.scope import BROKEN, Item, Scope, check_keys
from cnncalc.spec import values
from cnncalc.spec.document import Definition
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, is_null
from cnncalc.spec.values import BadValue, Context

_ITEM: Any = object()  # the value without a name, where nothing else is given
MERGES = ("concat", "add", "multiply", "average", "maximum")


def _residual(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """body(x) + shortcut(x), then the activation."""
    _check_keys(item, ("body", "layers", "shortcut", "activation"))
    x = _one_source(builder, item, scope, above)
    trainable = builder.trainable(item, scope)
    body = builder.place_list(_body(item, "body"), scope.inside(item, trainable=trainable), x)
    shortcut = x
    if "shortcut" in item.fields:
        shortcut = builder.place_list(
            _layers(item.fields["shortcut"], "shortcut"), scope.inside(item, trainable=trainable, part="shortcut/"), x
        )
    fields = {"activation": _word(item, scope, "activation")} if "activation" in item.fields else {}
    return _merge(builder, item, scope, "add", (body, shortcut), fields, around="shortcut" not in item.fields)


def _parallel(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """Branches side by side on the same x, merged."""
    _check_keys(item, ("branches", "merge"))
    branches = item.fields.get("branches", item.scalar)
    if not isinstance(branches, Sequence) or not branches.items:
        raise BadValue(f'parallel "{item.name}" needs branches', item.mark, "branches: [[- conv: ...], []]")
    merge = item.fields.get("merge")
    word = values.word(merge, scope.context, "merge", MERGES) if merge else "concat"
    x = _one_source(builder, item, scope, above)
    trainable = builder.trainable(item, scope)
    results = []
    for number, branch in enumerate(branches.items, 1):
        builder.step(item.mark)
        results.append(
            builder.place_list(_branch(branch), scope.inside(item, trainable=trainable, part=f"{number}/"), x)
        )
    return _merge(builder, item, scope, word, tuple(results), {})


def _merge(
    builder: Builder,
    item: Item,
    scope: Scope,
    word: str,
    sources: tuple[int, ...],
    fields: dict[str, Any],
    *,
    around: bool = False,
) -> int:
    """The result row of a block, named as the block."""
    if BROKEN in sources:
        return BROKEN
    found = kinds.find(word)
    assert found is not None
    kind = found(**fields)
    kind.layout = builder.network.layout
    if around:  # so that it can say which shortcut would fit
        kind.around = True  # type: ignore[attr-defined]
    return builder.append(Layer(scope.prefix + item.name, kind, sources, item.mark))


def _repeat(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """The layers ``times`` times, one after the other, each time with weights of their own."""
    _check_keys(item, ("times", "n", "layers", "body"))
    given = [item.fields[name] for name in ("times", "n") if name in item.fields]
    if len(given) > 1:
        raise BadValue(f'repeat "{item.name}" has both times and n', given[1].mark, "keep one")
    node = given[0] if given else item.scalar
    if node is None:
        raise BadValue(f'repeat "{item.name}" needs times', item.mark, "repeat: {times: 3, layers: [...]}")
    times = values.whole(node, scope.context, "times", 0)
    if not isinstance(times, int):
        raise values.expected("times", node, "a number; it cannot be an unknown")
    layers = _body(item, "layers", None)
    x = _one_source(builder, item, scope, above)
    trainable = builder.trainable(item, scope)
    for number in range(1, times + 1):
        builder.step(item.mark)
        x = builder.place_list(layers, scope.inside(item, trainable=trainable, part=f"{number}/"), x)
    return x


def _moe(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """A router, and the layers once for each expert; a position goes through ``top`` of them, chosen by the router.

    Which they are depends on the numbers: the work of the first ``top`` is counted.
    """
    _check_keys(item, ("experts", "top", "layers", "body"))
    experts, top = (_count(item, scope, name) for name in ("experts", "top"))
    if top > experts:
        raise BadValue(f"top is {top}, and there are only {experts} experts", item.fields["top"].mark)
    layers = _body(item, "layers")
    x = _one_source(builder, item, scope, above)
    inner = scope.inside(item, trainable=builder.trainable(item, scope))
    router = Dense(units=experts, bias=False, flatten="false")
    if x != BROKEN:
        results = [builder.append(Layer(f"{inner.prefix}router", router, (x,), item.mark, trainable=inner.trainable))]
    else:
        results = [BROKEN]
    for number in range(1, experts + 1):
        builder.step(item.mark)
        first = len(builder.network.layers)
        results.append(builder.place_list(layers, scope.inside(item, trainable=inner.trainable, part=f"{number}/"), x))
        for layer in builder.network.layers[first:]:
            layer.idle = layer.idle or number > top
    return _merge(builder, item, scope, "moe", tuple(results), {"experts": experts, "top": top})


def _count(item: Item, scope: Scope, name: str) -> int:
    """A field that says how many copies there are: a number, never a letter."""
    if name not in item.fields:
        raise BadValue(f'{item.word} "{item.name}" needs {name}', item.mark, f"{item.word}: {{{name}: 2, ...}}")
    number = values.whole(item.fields[name], scope.context, name)
    if not isinstance(number, int):
        raise values.expected(name, item.fields[name], "a number; it cannot be an unknown")
    return number


def _sequential(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """Layers one after the other, under one name."""
    _check_keys(item, ("layers", "body"))
    layers = _body(item, "layers")
    x = _one_source(builder, item, scope, above)
    return builder.place_list(layers, scope.inside(item, trainable=builder.trainable(item, scope)), x)


def _use(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """A block that ``define`` names, with its arguments; or, with ``layer``, a layer above with the same weights."""
    if "layer" in item.fields:
        return _again(builder, item, scope, above)
    definition = _definition(builder, item)
    builder.step(item.mark, len(definition.arguments) // 10)
    own = ("block",) if item.word == "use" else ()
    _check_keys(item, (*own, *definition.arguments))
    arguments = _arguments(builder, item, scope, definition)
    x = _one_source(builder, item, scope, above)
    context = builder.context(definition.name, arguments)
    inside = scope.inside(item, trainable=builder.trainable(item, scope), context=context)
    first = len(builder.network.layers)
    with builder.using(Scalar(definition.name, _place(item)), context):
        result = builder.place_list(definition.layers, inside, x)
    if definition.shared:
        shared = builder.shared.setdefault(inside.context, first)
        for offset, layer in enumerate(builder.network.layers[first:] if shared != first else ()):
            layer.shares = _first_use(builder, shared + offset)
    return result


def _place(item: Item) -> Mark:
    """Where the name of the block that an item places is written."""
    node = item.fields.get("block", item.scalar) if item.word == "use" else None
    return node.mark if node else item.mark


def _definition(builder: Builder, item: Item) -> Definition:
    """The definition that an item places. Raises BadValue."""
    known = builder.spec.definitions
    node = item.fields.get("block", item.scalar) if item.word == "use" else None
    if item.word == "use" and not isinstance(node, Scalar):
        raise BadValue(f'use "{item.name}" needs the name of a block', item.mark, "use: {block: NAME, ARGUMENT: VALUE}")
    definition = known.get(item.block)
    if definition is None:
        help = nearest(item.block, known) or ("known: " + ", ".join(known) if known else "define: it at the top")
        raise BadValue(f'no block is called "{item.block}"', node.mark if node else item.mark, help)
    return definition


def _arguments(builder: Builder, item: Item, scope: Scope, definition: Definition) -> dict[str, Any]:
    """The values of a block's arguments: as given, or their defaults. A value without a name is the first one's."""
    fields = dict(item.fields)
    if item.scalar is not None and item.word != "use":
        first = next(iter(definition.arguments), None)
        if first is None or first in fields:
            raise values.expected(definition.name, item.scalar, "without a value", f"- {definition.name}")
        fields[first] = item.scalar
    arguments: dict[str, Any] = {}
    for name, default in definition.arguments.items():
        if (given := fields.get(name)) is not None:
            arguments[name] = values.any_argument(given, scope.context, name)
        elif default is None or is_null(default):
            form = f"- {definition.name}: {{{name}: ...}}"
            raise BadValue(f'block "{definition.name}" needs {name}', item.mark, form)
        else:
            arguments[name] = values.any_argument(default, Context(builder.spec.limits, arguments), name)
    return arguments


def _again(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    """The layer or block that ``layer`` names, once more on another input, with the same weights; or, ``transposed``,
    a dense layer with its kernel.
    """
    transposed = "transposed" in item.fields and values.flag(item.fields["transposed"], scope.context, "transposed")
    _check_keys(item, ("layer", "transposed", *(("bias", "activation") if transposed else ())))
    node = item.fields["layer"]
    name = node.text if isinstance(node, Scalar) else ""
    placed = _find_placed(builder, scope, name)
    if placed is None:
        raise BadValue(f'no layer above is called "{name}"', node.mark, builder.hint(name, scope))
    if transposed:
        activation = _word(item, scope, "activation") if "activation" in item.fields else None
        return ties.place(builder, item, scope, _one_source(builder, item, scope, above), placed, activation)
    builder.placed[scope, item.name] = placed  # used again in its turn, it is that layer
    first = len(builder.network.layers)
    repeated = Item(placed.item.node)
    wording.understand(repeated, builder.placers, builder.spec.definitions)
    repeated.fields = {k: v for k, v in repeated.fields.items() if k not in ("name", "expect")}
    repeated.fields |= {"from": item.fields["from"]} if "from" in item.fields else {}
    if "from" not in item.fields:
        repeated.fields.pop("from", None)
    repeated.name = item.name
    inner = Scope(scope.prefix, placed.scope.context, scope, trainable=scope.trainable)
    result = builder.place_item(repeated, inner, above)
    for offset, layer in enumerate(builder.network.layers[first:]):
        layer.shares = _first_use(builder, placed.first + offset)
    return result


def _first_use(builder: Builder, number: int) -> int:
    """The layer whose weights layer ``number`` has: itself, unless it is another's second use."""
    shared = builder.network.layers[number].shares
    return number if shared is None else shared


def _find_placed(builder: Builder, scope: Scope | None, name: str) -> Placed | None:
    """The layer or block called ``name`` here; a decoder also finds those of the encoder, as it may undo them."""
    while scope:
        if (scope, name) in builder.placed:
            return builder.placed[scope, name]
        scope = scope.outer
    parts = [f"{part}/" for part in builder.spec.lists if part]
    for (where, own), placed in builder.placed.items():
        if where.prefix in parts and name in (own, where.prefix + own):
            return placed
    return None


def _one_source(builder: Builder, item: Item, scope: Scope, above: int) -> int:
    sources = builder.sources(item, scope, above)
    if len(sources) != 1:
        raise BadValue(
            f'{item.word} "{item.name}" reads one layer; it is given {len(sources)}', item.fields["from"].mark
        )
    return sources[0]


def _body(item: Item, name: str, scalar: Node | None = _ITEM) -> Sequence:
    """The layers of a block, which may be called ``body`` or ``layers``, or be its value itself."""
    given = [item.fields[key] for key in ("body", "layers") if key in item.fields]
    if len(given) > 1:
        raise BadValue(f'{item.word} "{item.name}" has both body and layers', given[1].mark, "keep one")
    node = given[0] if given else item.scalar if scalar is _ITEM else None
    if node is None:
        raise BadValue(f'{item.word} "{item.name}" needs {name}', item.mark, f"{item.word}: {{{name}: [...]}}")
    return _layers(node, name)


def _layers(node: Node, what: str) -> Sequence:
    """A list of layers; one layer is a list of one."""
    if isinstance(node, Mapping) and node.items:
        return Sequence([node], node.mark)
    if isinstance(node, Scalar) and not is_null(node):
        return Sequence([node], node.mark)
    if not isinstance(node, Sequence):
        raise values.expected(what, node, "a list of layers")
    return node


def _branch(node: Node) -> Sequence:
    """The layers of a branch: a list, one layer, or ``layers: [...]``."""
    if isinstance(node, Mapping) and len(node.items) == 1:
        ((key, inner),) = node.items.items()
        if key in ("body", "layers"):
            return _layers(inner, "a branch")
    return _layers(node, "a branch")


def _word(item: Item, scope: Scope, name: str) -> str:
    from cnncalc.kinds.activation import FUNCTIONS

    return values.word(item.fields[name], scope.context, name, FUNCTIONS)


def _check_keys(item: Item, known: tuple[str, ...]) -> None:
    problems: list[Problem] = []
    check_keys(item, known, problems)
    if problems:
        raise SpecError(problems)


#: How each block is placed.
PLACERS = {"residual": _residual, "parallel": _parallel, "repeat": _repeat, "sequential": _sequential, "use": _use,
           "moe": _moe}  # fmt: skip
