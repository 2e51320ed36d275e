"""A network as a file states it: inputs, layers not yet resolved, blocks defined, demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.errors import Mark, Problem, SpecError
from cnncalc.limits import Limits
from cnncalc.shape import WITH_BATCH, Shape, order
from cnncalc.spec import demand, layout, values
from cnncalc.spec.demand import Demand
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, describe, is_null
from cnncalc.spec.values import BadValue, Context, unknown_keys

if TYPE_CHECKING:
    from cnncalc.spec.numbers import Numbers
    from cnncalc.spec.objective import Objective

KEYS = ("name", "layout", "input", "layers", "encoder", "decoder", "define", "expect", "given", "objective", "values")
LONGEST_NAME = 200
SMALLEST = "input: 28x28x1\nlayers:\n  - conv: {filters: 10, kernel: 5}"


class Definition:
    """A named block: its arguments with their defaults (None: must be given) and its layers.

    ``shared``: every use has the weights of the first.
    """

    __slots__ = ("name", "arguments", "layers", "mark", "shared")

    def __init__(
        self, name: str, arguments: dict[str, Node | None], layers: Sequence, mark: Mark, *, shared: bool = False
    ) -> None:
        self.name, self.arguments, self.layers, self.mark, self.shared = name, arguments, layers, mark, shared


class Spec:
    """A network as stated. ``lists`` holds the layers: one list called "", or ``encoder`` and ``decoder``.

    ``axes`` is the word for the layout where it names every axis (``NCHW``); ``notes`` is what to say of the reading.
    """

    name: str = ""
    layout: str = "channels_last"
    axes: str = ""
    mirrored: bool = False

    def __init__(self, mark: Mark, limits: Limits) -> None:
        self.mark, self.limits = mark, limits
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.inputs: dict[str, Shape] = {}
        self.places: dict[str, Mark] = {}  # of the inputs
        self.doubtful: dict[str, Node] = {}  # inputs such as 28x28: an image without its channels, or a sequence
        self.lists: dict[str, Sequence] = {}
        self.definitions: dict[str, Definition] = {}
        self.expected: list[Demand] = []
        self.given: list[Demand] = []
        self.objective: Objective | None = None
        self.values: dict[str, Numbers] = {}


def read(root: Node, limits: Limits, more_keys: tuple[str, ...] = ()) -> Spec:
    """The spec that a document holds; ``more_keys`` are not read here.

    What is wrong is kept in ``Spec.problems`` and raised with the problems of the layers, when those are placed.
    Raises SpecError if the document is no mapping.
    """
    if not isinstance(root, Mapping):
        raise SpecError(f"a network is a mapping; found {describe(root)}", mark=root.mark, help=SMALLEST)
    if "problems" in root.items and "problems" not in more_keys:
        name = root.mark.source.name
        raise SpecError(
            f"{name} is a problem file, not a network",
            mark=root.keys["problems"],
            help=f"cnncalc check {'-' if name == '<stdin>' else name}",
        )
    spec = Spec(root.mark, limits)
    root = _named(root, KEYS + more_keys)
    unknown_keys(root, KEYS + more_keys, "a network", spec.problems)
    for part in (_name, _layout, _inputs, _layers, _definitions, _demands, _objective, _values):
        try:
            part(spec, root, Context(limits))
        except SpecError as error:
            spec.problems += error.problems
    return spec


def _named(root: Mapping, known: tuple[str, ...]) -> Mapping:
    """The document with its keys in our words, where it has others."""
    if all(key in known for key in root.items):
        return root
    from cnncalc.spec import vocabulary

    ours = {key: vocabulary.key(key) for key in root.items if key not in known}
    ours = {key: name for key, name in ours.items() if name not in root.items}
    items = {ours.get(key, key): node for key, node in root.items.items()}
    return Mapping(items, {ours.get(key, key): mark for key, mark in root.keys.items()}, root.mark)


def _name(spec: Spec, root: Mapping, context: Context) -> None:
    node = root.items.get("name")
    if node is not None:
        if not isinstance(node, Scalar):
            raise values.expected("name", node, "a text")
        spec.name = node.text


def _layout(spec: Spec, root: Mapping, context: Context) -> None:
    node = root.items.get("layout")
    if node is not None:
        word = layout.word(node, context)
        spec.axes = word if word in WITH_BATCH else ""
        spec.layout = order(word)


def _inputs(spec: Spec, root: Mapping, context: Context) -> None:
    node = root.items.get("input")
    if node is None:
        raise BadValue("input is missing: the sizes of one example", root.mark, f"for example\n{SMALLEST}")
    if not isinstance(node, Mapping):
        _input(spec, "input", node, context)
        return
    if not node.items:
        raise values.expected("input", node, "sizes such as 64x64x3")
    for name, sizes in node.items.items():
        if name != "input":
            check_name(name, node.keys[name])
        _input(spec, name, sizes, context)


def _input(spec: Spec, name: str, node: Node, context: Context) -> None:
    """Read one input. Two sizes are a sequence; 28x28 and Hx28 are kept as doubtful, [28, 28] is not."""
    what = "input" if name == "input" else f"input {name}"
    x = spec.inputs[name] = layout.read(node, context, what, spec.axes or spec.layout, spec.notes)
    spec.places[name] = node.mark
    by_x = isinstance(node, Scalar) and node.text[:1] not in "[(" and "," not in node.text
    if len(x.spatial) == 1 and by_x:
        (steps,), features = x
        if str(steps) == str(features) != "1" or not isinstance(steps, int):
            spec.doubtful[name] = node


def _layers(spec: Spec, root: Mapping, context: Context) -> None:
    stated = [key for key in ("layers", "encoder", "decoder") if key in root.items]
    if "layers" in stated and len(stated) > 1:
        raise BadValue(
            "a spec has layers, or an encoder and a decoder, not both", root.keys[stated[1]], "keep one of the two"
        )
    if stated == ["decoder"]:
        raise BadValue("decoder needs an encoder", root.keys["decoder"], "add encoder: [...]")
    if not stated:
        raise BadValue("layers are missing", root.mark, f"for example\n{SMALLEST}")
    for key in stated:
        node = root.items[key]
        if key == "decoder" and isinstance(node, Scalar) and node.text == "mirror":
            spec.mirrored = True
            continue
        if not isinstance(node, Sequence) or not node.items:
            help = "decoder: mirror, or a list" if key == "decoder" else f"{key}:\n  - conv: {{filters: 10, kernel: 5}}"
            raise values.expected(key, node, "a list of layers", help)
        spec.lists["" if key == "layers" else key] = node


def _definitions(spec: Spec, root: Mapping, context: Context) -> None:
    node = root.items.get("define")
    if node is None:
        return
    if not isinstance(node, Mapping):
        raise values.expected("define", node, "blocks by name")
    for name, block in node.items.items():
        spec.definitions[name] = _definition(name, block, node.keys[name], context)


def _definition(name: str, node: Node, mark: Mark, context: Context) -> Definition:
    if isinstance(node, Sequence):
        return Definition(name, {}, node, mark)
    if not isinstance(node, Mapping):
        raise values.expected(f"block {name}", node, "args and layers", f"{name}: {{args: {{n: null}}, layers: [...]}}")
    problems: list[Problem] = []
    unknown_keys(node, ("args", "layers", "body", "shared"), "a block", problems)
    if problems:
        raise SpecError(problems)
    layers = node.items.get("layers", node.items.get("body"))
    if not isinstance(layers, Sequence):
        raise BadValue(f"block {name} needs a list of layers", mark)
    shared = "shared" in node.items and values.flag(node.items["shared"], context, "shared")
    return Definition(name, _arguments(node.items.get("args")), layers, mark, shared=shared)


def _arguments(node: Node | None) -> dict[str, Node | None]:
    """The names of a block's arguments with their defaults; a list of names has none."""
    if node is None or (isinstance(node, Scalar) and is_null(node)):
        return {}
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        found: dict[str, Node | None] = {item.text: None for item in node.items if isinstance(item, Scalar)}
        marks = {item.text: item.mark for item in node.items if isinstance(item, Scalar)}
    elif isinstance(node, Mapping):
        found, marks = dict(node.items), node.keys
    else:
        raise values.expected("args", node, "names with their defaults (null: must be given)")
    for key in found:
        if not key.isidentifier() or key in ("block", "layer", "name", "from", "expect", "trainable"):
            raise BadValue(f'"{key}" cannot be the name of an argument', marks[key])
    return found


def _demands(spec: Spec, root: Mapping, context: Context) -> None:
    if "expect" in root.items:
        spec.expected = demand.read_all(root.items["expect"], None, context)
    if "given" in root.items:
        spec.given = demand.read_given(root.items["given"], context)


def _objective(spec: Spec, root: Mapping, context: Context) -> None:
    if "objective" in root.items:
        from cnncalc.spec import objective

        spec.objective = objective.read(root.items["objective"], context)


def _values(spec: Spec, root: Mapping, context: Context) -> None:
    if "values" in root.items:
        from cnncalc.spec import numbers

        spec.values = numbers.read_all(root.items["values"], context)


def check_name(name: str, mark: Mark) -> None:
    """Raise BadValue unless ``name`` may be a layer's: letters, digits, ``_ - .`` and space; not ``input``."""
    if len(name) > LONGEST_NAME:  # a child is named after its block: long names would be written out again and again
        raise BadValue(f"a name of {len(name)} characters is too long", mark, "200 characters or fewer")
    if not is_name(name):
        raise BadValue(
            f'"{name}" cannot be the name of a layer', mark, 'letters, digits, "_", "-", "." and space; not "input"'
        )


def is_name(name: str) -> bool:
    """Whether ``name`` may be a layer's."""
    return 0 < len(name) <= LONGEST_NAME and name != "input" and all(c.isalnum() or c in "_-. " for c in name)
