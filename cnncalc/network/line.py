"""One line of arguments -> the nodes of a spec: ``28x28x1 conv:10,kernel=5,padding=2 maxpool:2 dense:10``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncalc import kinds
from cnncalc.errors import Mark, Source
from cnncalc.network.arguments import arranged
from cnncalc.spec.listing import listed
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, shown
from cnncalc.spec.values import BadValue

#: What stands for a longer name of a field.
SHORT = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups"}
FORM = "KIND:VALUE,FIELD=VALUE,... such as conv:10,kernel=5,padding=2"


def read(
    size: str, layers: tuple[str, ...], layout: str = "channels_last", given: Iterable[str] | None = None
) -> Mapping:
    """The nodes of a spec; ``given`` is what to solve for. Raises BadValue with the argument and the place in it."""
    size, layers = arranged(size, layers)
    source = Source("INPUT", size)
    items: dict[str, Node] = {
        "layout": _scalar(source, layout, 1),
        "input": _value(source, size, 1),
        "layers": Sequence([_layer(Source(f"LAYER {n}", text), text) for n, text in enumerate(layers, 1)],
                           Mark(source, 1, 1)),
    }  # fmt: skip
    if given:
        items["given"] = _given(given, Mark(source, 1, 1))
    return Mapping(items, {key: node.mark for key, node in items.items()}, Mark(source, 1, 1))


def _layer(source: Source, text: str) -> Node:
    kind, colon, rest = text.partition(":")
    if not kind:
        raise BadValue(f'"{text}" is not a layer', Mark(source, 1, 1), FORM)
    mark = Mark(source, 1, 1, len(kind))
    if not colon:
        return Scalar(kind, mark)
    fields: dict[str, Node] = {}
    keys: dict[str, Mark] = {}
    column = len(kind) + 2
    for part in _parts(rest):
        _field(source, kind, part, column, fields, keys)
        column += len(part) + 1
    if list(fields) == [""]:
        return Mapping({kind: fields[""]}, {kind: mark}, mark)
    first = fields.pop("", None)
    if first is not None:  # the value without a name, and the fields beside it
        return Mapping({kind: first, **fields}, {kind: mark, **keys}, mark)
    return Mapping({kind: Mapping(fields, keys, mark)}, {kind: mark}, mark)


_GIVEN = re.compile(r"\s*([\w. /-]+?)\s*(<=|>=|<|>|=|:|≤|≥)\s*(.+)")


def _given(texts: Iterable[str], mark: Mark) -> Mapping:
    """The demands ``conv1.output=28x28`` and ``params<=1000``, which is about the totals."""
    items: dict[str, Node] = {}
    keys: dict[str, Mark] = {}
    for number, text in enumerate(texts, 1):
        place = Mark(Source(f"GIVEN {number}", text), 1, 1, max(1, len(text)))
        match = _GIVEN.fullmatch(text) if len(text) < 500 else None
        if not match:
            raise BadValue(f'"{shown(text)}" is not QUANTITY=VALUE', place, "params<=1000, or conv1.output=28x28")
        name, relation, wanted = match.groups()
        name = name if "." in name else f"total.{name}"
        if name in keys:
            raise BadValue(f"{name} is given twice", place, "keep one")
        bound = {"=": "", ":": "", "≤": "<= ", "≥": ">= "}.get(relation, f"{relation} ")
        at = place._replace(column=match.start(3) + 1, width=len(wanted))
        items[name], keys[name] = Scalar(f"{bound}{wanted}", at), place
    return Mapping(items, keys, mark)


def _field(source: Source, kind: str, part: str, column: int, fields: dict[str, Node], keys: dict[str, Mark]) -> None:
    name, equals, value = part.partition("=")
    mark = Mark(source, 1, column, max(1, len(part)))
    if not part.strip() or (equals and not value):
        raise BadValue(f'"{part}" is not FIELD=VALUE', mark, FORM)
    if not equals:
        if fields:
            raise BadValue(f'"{part}" needs the name of its field: only the first value goes without', mark, FORM)
        fields[""] = _value(source, part, column)
        return
    name = _long(kind, name.strip())
    if name in fields or name == kind:
        raise BadValue(f'"{name}" is given twice', mark, FORM)
    fields[name] = _value(source, value, column + len(part) - len(value))
    keys[name] = mark


def _long(kind: str, name: str) -> str:
    """The full name of a short one if the kind has that field; the reader knows the others."""
    found, long = kinds.find(kind), SHORT.get(name, name)
    return long if found and name not in found.fields and long in found.fields else name


def _parts(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character == "," and depth <= 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _value(source: Source, text: str, column: int) -> Node:
    """A word, a number, or a list in brackets ``[3, 5]`` (which may hold lists)."""
    node = _scalar(source, text.strip(), column + len(text) - len(text.lstrip()))
    if node.text[:1] not in ("[", "("):
        return node
    depth = deepest = 0
    for character in node.text:
        depth += (character in "[(") - (character in "])")
        deepest = max(deepest, depth)
        if depth < 0:
            raise BadValue(f'"{shown(text)}" closes a bracket that was never opened', node.mark, FORM)
    if deepest > 8:
        raise BadValue("too many brackets", node.mark, FORM)
    if depth:
        raise BadValue(f'"{shown(text)}" does not close its brackets', node.mark, FORM)
    return listed(node, sizes=False)


def _scalar(source: Source, text: str, column: int) -> Scalar:
    return Scalar(text, Mark(source, 1, column, max(1, len(text))))
