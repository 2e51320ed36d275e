"""Exercise files: networks with answers to be checked or marked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cnncalc import network
from cnncalc.check import named_network, worth
from cnncalc.check.answer_key import Truth
from cnncalc.errors import CnncalcError, Mark, Problem, SpecError
from cnncalc.limits import Limits
from cnncalc.shape import order
from cnncalc.spec import document, reader, source, values
from cnncalc.spec import layout as layouts
from cnncalc.spec.demand import Demand
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, is_null
from cnncalc.spec.values import BadValue, Context

#: What a problem has besides the keys of a network; ``source`` and ``correct`` are not read, and ``drawn`` (how
#: ``generate`` drew it) is read where a paper is made.
OWN = ("id", "text", "marks", "answers", "options", "tolerance", "order", "follow_through", "partial", "once",
       "network", "source", "correct", "drawn", "copy")  # fmt: skip
#: What a file may set for all its problems.
SHARED = (*document.KEYS, "marks", "tolerance", "order", "follow_through", "partial", "once")
_ORDERS = ("layout", "any")  # of sizes
_INSTEAD = ("input", "layers", "encoder", "decoder", "define")
SMALLEST = """problems:
  - id: Q1
    input: 28x28x1
    layers: [ {conv: {filters: 10, kernel: 5}} ]
    answers: {conv1.params: 260}"""


class Exercise:
    """A problem as stated: ``answers`` and ``options`` (of a multiple choice) are nodes by key, ``marks`` numbers.

    ``title`` is that of its file, ``copy`` the copy of a paper that it is on (None: on every one). ``stated`` has all
    that is said of it, what the file says for all problems and the network that it names included (``names_network``).
    """

    title = ""
    text = ""
    copy: str | None = None
    tolerance = 0.0
    names_network = False
    any_order = False  # whether sizes may be written in another order than that of the layout
    follow_through = True
    once = False  # whether a slip takes off marks the first time only

    def __init__(self, file: str, id: str, mark: Mark, truth: Truth) -> None:
        self.file, self.id, self.mark, self.truth = file, id, mark, truth
        self.answers: dict[str, Node] = {}
        self.places: dict[str, Mark] = {}
        self.options: dict[str, list[Node]] = {}
        self.marks: dict[str, Fraction] = {}
        self.shares: dict[str, tuple[Fraction, ...]] = {}  # marks of each number of an answer, where they are given
        self.partial: dict[str, Fraction] = {}  # the share of the marks that is left, by slip
        self.demands: list[Demand] = []  # of a network file, whose answers are what it expects
        self.stated: dict[str, Node] = {}

    @property
    def common(self) -> str:
        """Its id without the copy that it is on: the same on all copies of a paper."""
        return self.id.removeprefix(f"{self.copy}-") if self.copy else self.id


class Broken(NamedTuple):
    """A problem, or a whole file (``id`` None), that cannot be worked out."""

    file: str
    id: str | None
    error: CnncalcError


def read(path: str, limits: Limits, networks: str | None = None) -> Iterator[Exercise | Broken]:
    """The problems of a file, one by one, so that only one is held. The networks that they name lie below ``networks``
    (None: the folder of the file).

    A network file stands for one problem: its ``expect`` are the answers.
    """
    try:
        root = reader.read(source.load(path, limits), limits, SMALLEST)
        if isinstance(root, Mapping) and "problems" not in root.items and {"layers", "encoder"} & root.items.keys():
            yield from _network_file(path, root, limits)
            return
        title, shared, nodes = _file(root)
    except CnncalcError as error:
        yield Broken(path, None, error)
        return
    seen: dict[str, Mark] = {}
    for number, node in enumerate(nodes, 1):
        id = str(number)
        try:
            problem = _mapping(node)
            id = _id(problem, id)
            if id in seen:
                raise SpecError(Problem(f'the id "{id}" is given twice', problem.mark, also=seen[id]))
            seen[id] = problem.mark
            stated = _problem(path, id, problem, shared, limits, networks)
            stated.title = title
            yield stated
        except CnncalcError as error:
            yield Broken(path, id, error)


def _file(root: Node) -> tuple[str, Mapping, list[Node]]:
    """The title, what the file sets for all problems, and their nodes. Raises SpecError if it is not a problem file."""
    if not isinstance(root, Mapping):
        raise values.expected("a problem file", root, "a mapping with problems", f"for example\n{SMALLEST}")
    faults: list[Problem] = []
    values.unknown_keys(root, ("title", "problems", *SHARED), "a problem file", faults)
    nodes = root.items.get("problems")
    if nodes is None:
        faults.append(Problem("problems are missing", root.mark, help=f"for example\n{SMALLEST}"))
    elif not isinstance(nodes, Sequence) or not nodes.items:
        faults += values.expected("problems", nodes, "a list", f"for example\n{SMALLEST}").problems
    if faults or not isinstance(nodes, Sequence):
        raise SpecError(faults)
    items = {key: node for key, node in root.items.items() if key not in ("title", "problems")}
    title = root.items.get("title")
    return title.text if isinstance(title, Scalar) else "", Mapping(items, root.keys, root.mark), nodes.items


def _mapping(node: Node) -> Mapping:
    if not isinstance(node, Mapping):
        raise values.expected("a problem", node, "a mapping with an id, a network and answers", SMALLEST)
    return node


def _id(problem: Mapping, default: str) -> str:
    node = problem.items.get("id")
    return default if node is None else _short(node, "id")


def _short(node: Node, what: str) -> str:
    if not isinstance(node, Scalar) or is_null(node) or len(node.text) > 200:
        raise values.expected(what, node, "a short text")
    return node.text


def _problem(path: str, id: str, node: Mapping, shared: Mapping, limits: Limits, networks: str | None) -> Exercise:
    """A problem with its network resolved. Raises CnncalcError."""
    node = _with_values(shared, node)
    items, keys = {**shared.items, **node.items}, {**shared.keys, **node.keys}
    layout = None
    if "network" in node.items:
        for key in _INSTEAD:
            if key in node.items:
                raise BadValue(f"{key} is given together with network", node.keys[key], "keep one of the two")
        layout_node = items.get("layout")
        layout = order(layouts.word(layout_node, Context(limits))) if layout_node else None
        base = named_network.read(path, node.items["network"], limits, networks)
        node = _with_values(base, node)
        items, keys = {**base.items, **node.items}, {**base.keys, **node.keys}
        if "layout" in base.items:  # its own sizes are written so
            items["layout"], keys["layout"] = base.items["layout"], base.keys["layout"]
        elif layout:
            items.pop("layout", None)
    built = network.build(document.read(Mapping(items, keys, node.mark), limits, OWN))
    problem = Exercise(path, id, node.mark, Truth(built, layout))
    own = {**shared.items, **node.items}
    _read_own(problem, Mapping(own, keys, node.mark), limits)
    problem.names_network = "network" in node.items
    if problem.truth.layout == built.layout:
        problem.stated = {key: node for key, node in ({**own, **items}).items() if key != "network"}
    else:  # its sizes are not written as the answers are: it stays where it is
        problem.stated = own
    return problem


def _with_values(base: Mapping, node: Mapping) -> Mapping:
    """``node`` with those ``values`` of ``base`` that it does not state itself."""
    one, other = base.items.get("values"), node.items.get("values")
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return node
    both = Mapping({**one.items, **other.items}, {**one.keys, **other.keys}, other.mark)
    return Mapping({**node.items, "values": both}, node.keys, node.mark)


def _read_own(problem: Exercise, node: Mapping, limits: Limits) -> None:
    """What is said of the problem besides its network. Raises SpecError."""
    context, items = Context(limits), node.items
    answers = items.get("answers")
    if not isinstance(answers, Mapping) or not answers.items:
        if answers is None:
            raise BadValue("answers are missing", node.mark, "answers: {conv1.params: 260}")
        raise values.expected("answers", answers, "quantities with their values", "answers: {conv1.params: 260}")
    problem.answers, problem.places = answers.items, answers.keys
    text = items.get("text")
    if text is not None:
        if not isinstance(text, Scalar):
            raise values.expected("text", text, "a text")
        problem.text = text.text
    if "tolerance" in items:
        problem.tolerance = worth.real(items["tolerance"], context, "tolerance", 1)
    if "order" in items:
        problem.any_order = values.word(items["order"], context, "order", _ORDERS) == "any"
    if "follow_through" in items:
        problem.follow_through = values.flag(items["follow_through"], context, "follow_through")
    if "copy" in items:
        problem.copy = _short(items["copy"], "copy")
    if "options" in items:
        problem.options = _options(items["options"], problem.answers)
    if "partial" in items:
        problem.partial = worth.partial(items["partial"], context)
    if "once" in items:
        problem.once = values.flag(items["once"], context, "once")
    problem.marks = worth.marks(items.get("marks"), list(problem.answers), context)
    problem.shares = worth.shares(items.get("marks"), context)


def _options(node: Node, answers: dict[str, Node]) -> dict[str, list[Node]]:
    """The answers to choose from, by key."""
    form = "options: {conv1.params: [260, 250]}"
    if not isinstance(node, Mapping):
        raise values.expected("options", node, "answers to choose from, by key", form)
    found = {}
    for key, options in node.items.items():
        if key not in answers:
            raise BadValue(f'options are given for "{key}", which has no answer', node.keys[key])
        if not isinstance(options, Sequence) or not options.items:
            raise values.expected("options", options, "a list of answers to choose from", form)
        found[key] = options.items
    return found


def _network_file(path: str, root: Mapping, limits: Limits) -> Iterator[Exercise]:
    """A network file as a problem; nothing if it expects nothing."""
    built = network.build(document.read(root, limits))
    if not built.demands:
        return
    problem = Exercise(path, built.name or os.path.basename(path), root.mark, Truth(built))
    problem.demands = built.demands
    yield problem
