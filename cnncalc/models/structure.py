"""The structure of a list of layers: branches that split and join again, and chains.

A residual or parallel block is found from its join backwards: each of its operands is the end of a chain that begins at
one and the same value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.models.importer import Layer

#: Kinds that join branches, and can be the merge of a parallel block.
MERGES = ("concat", "add", "multiply", "average", "maximum")


class Block(NamedTuple):
    """Branches of one value ``reads[0]``, joined by a layer. A branch without items is the value itself."""

    branches: tuple[tuple[Any, ...], ...]  # of items
    join: Layer

    @property
    def name(self) -> str:
        """The name of its output."""
        return self.join.name

    @property
    def residual(self) -> bool:
        """Whether it is a residual block rather than a parallel one."""
        return self.join.word == "add" and len(self.branches) == 2

    @property
    def body(self) -> tuple[Any, ...]:
        """The longer branch of a residual block."""
        return max(self.branches, key=len)

    @property
    def shortcut(self) -> tuple[Any, ...]:
        """The other branch of a residual block."""
        return self.branches[1] if self.branches[0] is self.body else self.branches[0]


Item = Layer | Block


def leaves(item: Item) -> Iterator[Layer]:
    """The layers of an item in the order in which a spec runs them."""
    if isinstance(item, Layer):
        yield item
        return
    for branch in (item.body, item.shortcut) if item.residual else item.branches:
        for part in branch:
            yield from leaves(part)
    yield item.join


class Structure:
    """Layers with the blocks among them. ``items`` maps the names of values to their items, in running order."""

    def __init__(self, layers: list[Layer], fixed: set[str]) -> None:
        """``fixed`` are names of layers that have to stay where they are."""
        self.fixed = fixed
        self.items: dict[str, Item] = {}
        self.reads: dict[str, list[str]] = {}
        self.readers: Counter[str] = Counter(name for layer in layers for name in layer.reads)
        for layer in layers:
            self.items[layer.name], self.reads[layer.name] = layer, layer.reads
            if layer.word in MERGES and len(layer.reads) > 1:
                self._join(layer)

    def _join(self, layer: Layer) -> None:
        """Make a block of a join and its branches, if they all begin at one value."""
        allowed = {"activation"} if layer.word == "add" and len(layer.reads) == 2 else set()
        if set(layer.fields) - allowed or layer.name in self.fixed or len(set(layer.reads)) < len(layer.reads):
            return
        found = [self._branch(name) for name in layer.reads]
        sources = {source for source, _ in found}
        branches = tuple(branch for _, branch in found)
        if len(sources) > 1 or not any(branches):
            return
        (source,) = sources
        for branch in branches:
            for item in branch:
                del self.items[item.name], self.reads[item.name]
        self.items[layer.name], self.reads[layer.name] = Block(branches, layer), [source]
        self.readers[source] -= len(branches) - 1

    def _branch(self, name: str) -> tuple[str, tuple[Item, ...]]:
        """The chain that ends in a value, and the value that it begins with."""
        chain: list[Item] = []
        while self.readers[name] == 1 and name in self.items and name not in self.fixed and len(self.reads[name]) == 1:
            chain.insert(0, self.items[name])
            (name,) = self.reads[name]
        return name, tuple(chain)

    def chains(self) -> list[list[Item]]:
        """Chains of items: each but the first reads the one before, and nothing else does."""
        found: dict[str, list[Item]] = {}  # by the value at the end of the chain so far
        for name, item in self.items.items():
            reads = self.reads[name]
            above = found.pop(reads[0], None) if len(reads) == 1 and self.readers[reads[0]] == 1 else None
            free = name not in self.fixed and len(reads) == 1
            if free:
                found[name] = [*(above or []), item] if above is not None else [item]
            elif above is not None:
                found[f"{name} before"] = above  # a chain that ends here
        return list(found.values())
