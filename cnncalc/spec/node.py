"""What a YAML text is made of. Every node keeps its place."""

from __future__ import annotations

from cnncalc.errors import Mark

#: What to try where a tag is found.
NO_TAGS = "leave it out: a value's type follows from the field it is given to"


class Node:
    """A value in a file, and its place."""

    __slots__ = ("mark",)
    mark: Mark


class Scalar(Node):
    """One word or number as written; ``plain`` where no quotes stood around it."""

    __slots__ = ("text", "plain")

    def __init__(self, text: str, mark: Mark, *, plain: bool = True) -> None:
        self.text, self.mark, self.plain = text, mark, plain


class Sequence(Node):
    """A list of values."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node], mark: Mark) -> None:
        self.items, self.mark = items, mark


class Mapping(Node):
    """Values by key, in the order written; ``keys`` has the place of each key."""

    __slots__ = ("items", "keys")

    def __init__(self, items: dict[str, Node], keys: dict[str, Mark], mark: Mark) -> None:
        self.items, self.keys, self.mark = items, keys, mark


def describe(node: Node) -> str:
    """What was found, for a message: ``the text "ten"``, ``a list``, ..."""
    match node:
        case Scalar(text=text):
            if node.plain and is_null(node):
                return "nothing"
            return f'"{shown(text)}"' if node.plain else f'the quoted text "{shown(text)}"'
        case Sequence(items=items):
            return f"a list of {len(items)}" if items else "an empty list"
        case Mapping():
            return "a mapping"
    return "nothing"


def is_null(node: Node) -> bool:
    """Whether the node is YAML's null: ``null``, ``~`` or nothing at all."""
    return isinstance(node, Scalar) and node.plain and node.text in ("", "~", "null", "Null", "NULL")


def shown(text: str) -> str:
    """``text`` as a message quotes it: at most 40 characters, each that cannot be printed as an escape."""
    cut = text if len(text) <= 40 else text[:37] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
