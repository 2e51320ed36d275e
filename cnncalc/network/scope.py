"""A layer as written, and the names that it sees."""

from __future__ import annotations

from cnncalc.errors import Mark
from cnncalc.spec import values
from cnncalc.spec.document import check_name
from cnncalc.spec.node import Mapping, Node, Scalar, describe, is_null
from cnncalc.spec.values import BadValue, Context

#: Numbers that stand where a value's number is expected.
BROKEN = -1  # an error has been reported there
AMBIGUOUS = -2  # several inputs, and none was named

EXAMPLE = "- conv: {filters: 10, kernel: 5}"


class Item:
    """A layer or block as written: its kind, its fields as nodes (or the one scalar), and where it stands."""

    __slots__ = ("word", "fields", "keys", "scalar", "mark", "name", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.fields: dict[str, Node] = {}
        self.keys: dict[str, Mark] = {}
        self.scalar: Node | None = None
        if isinstance(node, Scalar) and not is_null(node):
            self.word, self.mark = node.text, node.mark
        elif isinstance(node, Mapping) and len(node.items) == 1:
            ((self.word, inner),) = node.items.items()
            self.mark = node.keys[self.word]
            if isinstance(inner, Mapping):
                self.fields, self.keys = inner.items, inner.keys
            elif not is_null(inner):
                self.scalar = inner
        else:
            raise _no_layer(node)
        self.name = self._given_name()

    def _given_name(self) -> str:
        node = self.fields.get("name")
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            raise values.expected("name", node, "a text")
        check_name(node.text, node.mark)
        return node.text

    @property
    def name_mark(self) -> Mark:
        return self.fields["name"].mark if "name" in self.fields else self.mark


def _no_layer(node: Node) -> BadValue:
    if isinstance(node, Mapping) and node.items:
        second = list(node.items)[1]
        found = " and ".join(f'"{key}"' for key in list(node.items)[:3])
        help = f"indent the fields below their kind, or write {EXAMPLE}"
        return BadValue(f"a layer is one kind with its fields; found {found} side by side", node.keys[second], help)
    return BadValue(f"a layer is a kind with its fields; found {describe(node)}", node.mark, EXAMPLE)


class Scope:
    """The names that a list of layers sees: its own earlier ones, and those of the lists around it."""

    __slots__ = ("names", "outer", "prefix", "context", "trainable", "later")

    def __init__(self, prefix: str, context: Context, outer: Scope | None = None, *, trainable: bool = True) -> None:
        self.names: dict[str, int] = {}
        self.prefix, self.context, self.outer, self.trainable = prefix, context, outer, trainable
        self.later: set[str] = set()

    def inside(self, item: Item, *, trainable: bool, part: str = "", context: Context | None = None) -> Scope:
        """The scope of a list inside ``item``, which stands in this one."""
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
