"""Blocks that a file defines and never places, because a kind of layer has their name."""

from __future__ import annotations

from cnncalc import kinds
from cnncalc.errors import Mark, Problem
from cnncalc.network.blocks import PLACERS
from cnncalc.spec.document import Spec
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence

#: Keys below which layers are.
_INSIDE = ("layers", "body", "shortcut", "branches", *PLACERS)


def find(spec: Spec) -> list[Problem]:
    """A problem for each block that is called as a kind, where its bare name is a layer and no ``use`` places it.

    A file that places the block with ``use`` means the kind by the bare word. So does the block itself.
    """
    names = [name for name in spec.definitions if name in PLACERS or kinds.find(name)]
    if not names:
        return []
    used: set[str] = set()
    bare: dict[str, Mark] = {}
    for nodes in spec.lists.values():
        _walk(nodes, used, bare)
    for name, definition in spec.definitions.items():
        inside: dict[str, Mark] = {}
        _walk(definition.layers, used, inside)
        inside.pop(name, None)
        bare = {**inside, **bare}
    return [
        Problem(
            f'"{name}" is the kind of layer here, and the block of that name is never placed',
            bare[name],
            help=f"use: {name} places the block; or give it another name",
            also=spec.definitions[name].mark,
        )
        for name in names
        if name in bare and name not in used
    ]


def _walk(root: Node, used: set[str], bare: dict[str, Mark]) -> None:
    """Collect the names that ``use`` places below ``root``, and the words of layers with their first places."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # what an alias stands for
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Scalar):
                    bare.setdefault(item.text, item.mark)
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            word, inner = next(iter(node.items.items()), ("", node))
            block = inner.items.get("block", inner) if isinstance(inner, Mapping) else inner
            if word == "use" and isinstance(block, Scalar):
                used.add(block.text)
            else:
                bare.setdefault(word, node.keys.get(word, node.mark))
            waiting += [value for key, value in node.items.items() if key in _INSIDE]
