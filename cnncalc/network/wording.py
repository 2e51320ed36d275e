"""Whether a layer is in our own words. Only where it is not, the words of other frameworks are loaded."""

from __future__ import annotations

from collections.abc import Collection

from cnncalc import kinds
from cnncalc.errors import Problem
from cnncalc.kinds.base.kind import Kind, Misfit
from cnncalc.network.scope import COMMON, Item, merges
from cnncalc.shape import Shape
from cnncalc.spec.document import Spec
from cnncalc.spec.node import Node, Scalar
from cnncalc.spec.values import BadValue


def understand(item: Item, blocks: Collection[str], definitions: Collection[str]) -> None:
    """Put the word of ``item`` in ours, or find the definition that it places. Raises SpecError.

    A kind of ours comes before a definition of its name, and a definition before a word of other frameworks.
    """
    if item.word == "use":
        node = item.fields.get("block", item.scalar)
        item.block = node.text if isinstance(node, Scalar) else ""
    elif item.word in blocks or (item.word != "linear" and kinds.find(item.word)):
        return
    elif item.word in definitions:
        item.block = item.word
    else:
        from cnncalc.network import foreign

        foreign.name(item, (*blocks, *definitions))
        item.block = item.word if item.word in definitions else ""


def translated(item: Item) -> list[Problem]:
    """Put the fields of ``item`` in our words where they are in others; the problems of those that cannot be read."""
    problems: list[Problem] = []
    if not _ours(item):
        from cnncalc.network import foreign

        foreign.translate(item, problems)
    return problems


def _ours(item: Item) -> bool:
    """Whether the kind, its fields and a value without a name are all as we call them."""
    kind = kinds.find(item.word)
    if kind is None or item.word != item.written or (item.scalar is not None and not _takes(kind, item.scalar)):
        return False
    return all((name in kind.fields and name != "axis") or name in COMMON for name in item.fields)  # axis: -1 is theirs


def _takes(kind: type[Kind], scalar: Node) -> bool:
    """Whether the value without a name is simply the kind's first field."""
    return bool(kind.fields) and not kind.restates and (isinstance(scalar, Scalar) or not merges(kind))


def need_channels(spec: Spec, name: str, x: Shape, item: Item, kind: Kind) -> None:
    """Raise BadValue if the input 28x28 meets a layer with a window: an image seems to be meant.

    Two sizes are a sequence, and [28, 28] says so.
    """
    windowed = not kind.sequence and (kind.fields.keys() & {"kernel", "size", "output"} or "global" in item.word)
    if name not in spec.doubtful or not windowed or item.axes == 1:
        return
    try:
        kind.output(x)
    except Misfit:
        return  # which is reported with its own reason
    node = spec.doubtful[name]
    text = node.text if isinstance(node, Scalar) else ""
    help = f"write {text}x1 for an image, [{x.spatial[0]}, {x.channels}] for a sequence"
    raise BadValue(f"{text} has no channels", node.mark, help)
