"""A network as a file states it: inputs, layers not yet resolved, blocks defined, demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.errors import Mark, Problem, SpecError
from cnncalc.limits import Limits
from cnncalc.shape import WITH_BATCH, Shape, order
from cnncalc.spec import demand, layout, values
from cnncalc.spec.demand import Demand
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, describe
from cnncalc.spec.values import BadValue, Context, unknown_keys

if TYPE_CHECKING:
    from cnncalc.spec.objective import Objective

KEYS = ("name", "layout", "input", "layers", "encoder", "decoder", "define", "expect", "given", "objective")
SMALLEST = "input: 28x28x1\nlayers:\n  - conv: {filters: 10, kernel: 5}"


class Definition:
    """A named block: its arguments with their defaults (None: must be given) and its layers."""

    __slots__ = ("name", "arguments", "layers", "mark")

    def __init__(self, name: str, arguments: dict[str, Node | None], layers: Sequence, mark: Mark) -> None:
        self.name, self.arguments, self.layers, self.mark = name, arguments, layers, mark


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
        self.lists: dict[str, Sequence] = {}
        self.definitions: dict[str, Definition] = {}
        self.expected: list[Demand] = []
        self.given: list[Demand] = []
        self.objective: Objective | None = None


def read(root: Node, limits: Limits, more_keys: tuple[str, ...] = ()) -> Spec:
    """The spec that a document holds; ``more_keys`` are not read here.

    What is wrong is kept in ``Spec.problems`` and raised with the problems of the layers, when those are placed.
    Raises SpecError where the document is no mapping.
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
    unknown_keys(root, KEYS + more_keys, "a network", spec.problems)
    for part in (_name, _layout, _inputs, _layers, _definitions, _demands, _objective):
        try:
            part(spec, root, Context(limits))
        except SpecError as error:
            spec.problems += error.problems
    return spec


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
    word = spec.axes or spec.layout
    if not isinstance(node, Mapping):
        spec.inputs["input"] = layout.read(node, context, "input", word, spec.notes)
        spec.places["input"] = node.mark
        return
    if not node.items:
        raise values.expected("input", node, "sizes such as 64x64x3")
    for name, sizes in node.items.items():
        if name != "input":
            check_name(name, node.keys[name])
        spec.inputs[name] = layout.read(sizes, context, f"input {name}", word, spec.notes)
        spec.places[name] = sizes.mark


def _layers(spec: Spec, root: Mapping, context: Context) -> None:
    stated = [key for key in ("layers", "encoder", "decoder") if key in root.items]
    if "layers" in stated and len(stated) > 1:
        raise BadValue("layers stand beside encoder or decoder", root.keys[stated[1]], "keep one of the two")
    if stated == ["decoder"]:
        raise BadValue("decoder stands without encoder", root.keys["decoder"], "add encoder: [...]")
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
        spec.definitions[name] = _definition(name, block, node.keys[name])


def _definition(name: str, node: Node, mark: Mark) -> Definition:
    if not isinstance(node, Mapping):
        raise values.expected(f"block {name}", node, "args and layers", f"{name}: {{args: {{n: null}}, layers: [...]}}")
    problems: list[Problem] = []
    unknown_keys(node, ("args", "layers"), "a block", problems)
    if problems:
        raise SpecError(problems)
    layers, arguments = node.items.get("layers"), node.items.get("args")
    if not isinstance(layers, Sequence):
        raise BadValue(f"block {name} needs a list of layers", mark)
    if arguments is not None and not isinstance(arguments, Mapping):
        raise values.expected("args", arguments, "names with their defaults (null: must be given)")
    for key in arguments.items if arguments else ():
        if not key.isidentifier() or key in ("block", "layer", "name", "from", "expect", "trainable"):
            raise BadValue(f'"{key}" cannot be the name of an argument', arguments.keys[key])  # type: ignore[union-attr]
    return Definition(name, dict(arguments.items) if arguments else {}, layers, mark)


def _demands(spec: Spec, root: Mapping, context: Context) -> None:
    if "expect" in root.items:
        spec.expected = demand.read_all(root.items["expect"], None, context)
    if "given" in root.items:
        spec.given = demand.read_given(root.items["given"], context)


def _objective(spec: Spec, root: Mapping, context: Context) -> None:
    if "objective" in root.items:
        from cnncalc.spec import objective

        spec.objective = objective.read(root.items["objective"], context)


def check_name(name: str, mark: Mark) -> None:
    """Raise BadValue unless ``name`` may be a layer's: letters, digits, ``_ - .`` and space; not ``input``."""
    if len(name) > 200:  # a child is named after its block: long names would be written out again and again
        raise BadValue(f"a name of {len(name)} characters is too long", mark, "200 characters or fewer")
    if name == "input" or not name or not all(c.isalnum() or c in "_-. " for c in name):
        raise BadValue(
            f'"{name}" cannot be the name of a layer', mark, 'letters, digits, "_", "-", "." and space; not "input"'
        )
