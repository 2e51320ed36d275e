"""Blocks as data, and the rows of a table in which they are folded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.spec.demand import QUANTITIES
from cnncalc.summary import quantities

if TYPE_CHECKING:
    from cnncalc.network.model import Block, Network
    from cnncalc.summary.rows import Summary

ROWS = 50  # of a table that chooses its depth itself


class Outline:
    """How the layers of a network are nested in its blocks.

    ``blocks`` are in the order of their layers, outer ones first. A ``use`` of one layer is that layer, not a block.
    """

    def __init__(self, network: Network, rows: int) -> None:
        """``rows``: how many layers are known; blocks that continue below them are left out."""
        layers = network.layers
        found = [
            (name, block)
            for name, block in network.blocks.items()
            if block.last <= rows and not (block.last - block.first == 1 and layers[block.first].name == name)
        ]
        found.sort(key=lambda item: (item[1].first, -item[1].last, len(item[0])))
        self.blocks: dict[str, Block] = dict(found)
        self._around = cache(self._count)

    def depth(self, name: str) -> int:
        """The level of a layer or block: 1 is outside every block."""
        return 1 + self._around(name.rpartition("/")[0])

    def layer_depth(self, name: str) -> int:
        """The level of a layer; a merge at the end of a block has the block's name and is inside it."""
        return 1 + self._around(name if name in self.blocks else name.rpartition("/")[0])

    def _count(self, path: str) -> int:
        """How many blocks ``path`` is inside of, itself included."""
        return bool(path) and (path in self.blocks) + self._around(path.rpartition("/")[0])


def blocks_data(summary: Summary, outline: Outline, layout: str) -> list[dict[str, Any]]:
    """Each block: its number of layers, its inputs, its output, and the sums over its layers."""
    return [_block(summary, outline, layout, name, block) for name, block in outline.blocks.items()]


def _block(summary: Summary, outline: Outline, layout: str, name: str, block: Block) -> dict[str, Any]:
    network = summary.network
    before = len(network.inputs) + block.first
    read = dict.fromkeys(
        source for layer in network.layers[block.first : block.last] for source in layer.sources if source < before
    )
    data: dict[str, Any] = {"name": name, "kind": block.word, "depth": outline.depth(name)}
    data["layers"] = block.last - block.first
    data["from"] = [network.value_name(source) for source in read]
    data["input"] = input_sizes(summary, tuple(read), layout)
    data |= {quantity: quantities.quantity(summary, name, quantity) for quantity in QUANTITIES}
    return data | {"output": input_sizes(summary, (block.value,), layout)}


def input_sizes(summary: Summary, sources: tuple[int, ...], layout: str) -> list[Any]:
    """The sizes of the input; a list of sizes if there are several inputs."""
    first, inputs = len(summary.inputs), list(summary.inputs.values())
    shapes = [inputs[source] if source < first else summary.rows[source - first].output for source in sources]
    sizes = [shape.written(layout) for shape in shapes]
    return sizes[0] if len(sizes) == 1 else sizes


class Shown(NamedTuple):
    """A row of the table: a layer or a block as data, and the numbers of its layers, from ``first`` up to ``last``."""

    data: dict[str, Any]
    first: int
    last: int


def shown(data: dict[str, Any], depth: int, *, headings: bool = False) -> Iterator[Shown]:
    """The rows of a summary's data down to level ``depth`` (0: all); a block at that level is one row.

    With ``headings``, a block that is not folded has a row of its own above its layers.
    """
    layers, blocks = data["layers"], [block for block in data["blocks"] if block["layers"]]
    place = upcoming = 0
    while place < len(layers):
        while upcoming < len(blocks) and inside(layers[place]["name"], blocks[upcoming]["name"]):
            block = blocks[upcoming]
            upcoming += 1
            last = place + block["layers"]
            folded = depth and block["depth"] >= depth
            if folded or headings:
                yield Shown(block, place, last)
            if folded:
                place = last
                while upcoming < len(blocks) and inside(blocks[upcoming]["name"], block["name"]):
                    upcoming += 1
                break
        else:
            yield Shown(layers[place], place, place + 1)
            place += 1


def inside(name: str, block: str) -> bool:
    """Whether a layer or block is in ``block``, or has its name."""
    return name == block or name.startswith(f"{block}/")


def fitting_depth(data: dict[str, Any], rows: int = ROWS) -> int:
    """The depth at which a table has at most ``rows`` rows; 0, for every layer, if that fits or there are no blocks."""
    if not data["blocks"] or len(data["layers"]) <= rows:
        return 0
    deepest = max(block["depth"] for block in data["blocks"])
    fitting = (n for n in range(deepest, 0, -1) if sum(1 for _ in shown(data, n, headings=True)) <= rows)
    return next(fitting, 1)
