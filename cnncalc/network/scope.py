"""A layer as written, and the names that it sees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.errors import Mark, Problem
from cnncalc.kinds.base.kind import Kind, Note
from cnncalc.spec import values
from cnncalc.spec.document import check_name, is_name
from cnncalc.spec.node import Mapping, Node, Scalar, describe, is_null
from cnncalc.spec.values import BadValue, Context, unknown_keys

#: Numbers that stand where a value's number is expected.
BROKEN = -1  # an error has been reported there
AMBIGUOUS = -2  # several inputs, and none was named

EXAMPLE = "- conv: {filters: 10, kernel: 5}"


COMMON = ("name", "from", "expect", "trainable")


class Check(NamedTuple):
    """A value that only repeats what is known: ``name`` as it is written, and what it is compared with.

    ``word``: the layer as it is written, where its value has no name, as in ``batchnorm: 64``.
    """

    name: str
    node: Node
    against: str
    word: str = ""


class Item:
    """A layer or block as written: its kind, its fields as nodes and a value without a name, and where it is.

    ``written`` is the word in the file; ``word`` is ours. ``block`` is the name of the definition that it places,
    ``axes`` how many spatial axes its word asks for (0: any), ``whose`` the framework whose word it is.
    """

    __slots__ = ("word", "written", "block", "fields", "keys", "scalar", "mark", "name", "node", "checks", "broken",
                 "axes", "whose", "notes")  # fmt: skip

    def __init__(self, node: Node) -> None:
        self.node = node
        self.fields: dict[str, Node] = {}
        self.keys: dict[str, Mark] = {}
        self.scalar: Node | None = None
        self.block = self.whose = ""
        self.axes = 0
        self.checks: list[Check] = []
        self.notes: list[Note] = []  # what the row says of how the layer was read
        self.broken = False
        if isinstance(node, Scalar) and not is_null(node):
            self.word, self.mark = node.text, node.mark
        elif isinstance(node, Mapping) and node.items:
            self.word, inner = next(iter(node.items.items()))
            self.mark = node.keys[self.word]
            if isinstance(inner, Mapping):
                self.fields, self.keys = inner.items, inner.keys
            elif not is_null(inner):
                self.scalar = inner
            if len(node.items) > 1:
                self._beside(node)
        else:
            raise BadValue(f"a layer is a kind with its fields; found {describe(node)}", node.mark, EXAMPLE)
        self.written = self.word
        self.name = self.given_name()

    def _beside(self, node: Mapping) -> None:
        """Take the keys beside the kind as its fields: a forgotten indent. Raises BadValue if one is a kind too."""
        beside = {key: value for key, value in node.items.items() if key != self.word}
        second = next(iter(beside))
        if self.word in ("type", "layer", "kind", "class_name"):
            first = node.items[self.word]
            kind = first.text if isinstance(first, Scalar) else "conv"
            raise BadValue(f'"{self.word}" is not a kind', self.mark, f"- {kind}: {{{second}: ...}}")
        if any(isinstance(value, Mapping) and key not in COMMON for key, value in beside.items()) or beside.keys() & (
            self.fields.keys()
        ):
            found = " and ".join(f'"{key}"' for key in list(node.items)[:3])
            help = f"indent the fields below their kind, or write {EXAMPLE}"
            text = f"a layer is one kind with its fields; found {found} side by side"
            raise BadValue(text, node.keys[second], help)
        self.fields, self.keys = {**self.fields, **beside}, {**self.keys, **{key: node.keys[key] for key in beside}}

    def given_name(self) -> str:
        node = self.fields.get("name")
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            raise values.expected("name", node, "a text")
        check_name(node.text, node.mark)
        return node.text

    @property
    def base(self) -> str:
        """What a name made for it begins with: its kind, or the block that it places."""
        named = self.block and "layer" not in self.fields and is_name(self.block)
        return self.block if named else self.word.split("(")[0][:60]

    @property
    def name_mark(self) -> Mark:
        return self.fields["name"].mark if "name" in self.fields else self.mark


def merges(kind: type[Kind]) -> bool:
    """Whether the kind reads several layers: a list is then their names."""
    least, most = kind.operands
    return least > 1 or most > 9


def check_keys(item: Item, known: Iterable[str], problems: list[Problem]) -> None:
    """Add a problem for each field of ``item`` that is neither ``known`` nor one that every layer takes."""
    if not all(key in known or key in COMMON for key in item.fields):
        mapping = Mapping(item.fields, item.keys, item.mark)
        unknown_keys(mapping, (*known, *COMMON), f'{item.word} "{item.name}"', problems)


class Scope:
    """The names that a list of layers sees: its own earlier ones, and those of the lists around it."""

    __slots__ = ("names", "outer", "prefix", "context", "trainable", "later")

    def __init__(self, prefix: str, context: Context, outer: Scope | None = None, *, trainable: bool = True) -> None:
        self.names: dict[str, int] = {}
        self.prefix, self.context, self.outer, self.trainable = prefix, context, outer, trainable
        self.later: set[str] = set()

    def inside(self, item: Item, *, trainable: bool, part: str = "", context: Context | None = None) -> Scope:
        """The scope of a list inside ``item``, which is in this one."""
        return Scope(
            f"{self.prefix}{item.name}/{part}", context or self.context, self, trainable=self.trainable and trainable
        )

    def find(self, name: str) -> int | None:
        """The number of the value called ``name``, or None."""
        scope: Scope | None = self
        while scope:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def visible(self) -> list[str]:
        """Every name that can be read here."""
        return [*self.names, *(self.outer.visible() if self.outer else ())]

    def comes_later(self, name: str) -> bool:
        """Whether ``name`` is a layer further down."""
        return name in self.later or bool(self.outer and self.outer.comes_later(name))
