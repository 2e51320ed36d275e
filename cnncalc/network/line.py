"""One line of arguments -> the nodes of a spec: ``28x28x1 conv:10,kernel=5,padding=2 maxpool:2 dense:10``."""

from __future__ import annotations

import re

from cnncalc.errors import Mark, Source
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import BadValue

#: What stands for a longer name of a field.
SHORT = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups"}
FORM = "KIND:VALUE,FIELD=VALUE,... such as conv:10,kernel=5,padding=2"

_SCALARS = {"p": ("lppool",)}  # kinds that have a field called like a short name


def read(size: str, layers: tuple[str, ...], layout: str = "channels_last") -> Mapping:
    """The nodes of a spec. Raises BadValue with the argument and the place in it."""
    source = Source("INPUT", size)
    _need_channels(source, size, layers)
    items: dict[str, Node] = {
        "layout": _scalar(source, layout, 1),
        "input": _value(source, size, 1),
        "layers": Sequence([_layer(Source(f"LAYER {n}", text), text) for n, text in enumerate(layers, 1)],
                           Mark(source, 1, 1)),
    }  # fmt: skip
    return Mapping(items, {key: node.mark for key, node in items.items()}, Mark(source, 1, 1))


def _need_channels(source: Source, size: str, layers: tuple[str, ...]) -> None:
    """Raise BadValue where an image seems to be meant by two sizes: they are a sequence."""
    sizes = size.replace("×", "x").split("x")
    if len(sizes) != 2 or not all(sizes) or "[" in size:
        return
    from cnncalc import kinds

    found = kinds.find(layers[0].partition(":")[0]) if layers else None
    if found and not found.sequence:
        raise BadValue(
            f"{size} has no channels",
            Mark(source, 1, 1, len(size)),
            f"write {size}x1 for an image, [{', '.join(sizes)}] for a sequence",
        )


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
    if first is not None:
        name = _first_field(kind, first)
        fields = {name: first, **fields}
        keys[name] = first.mark
    return Mapping({kind: Mapping(fields, keys, mark)}, {kind: mark}, mark)


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
    name = name.strip()
    name = name if kind in _SCALARS.get(name, ()) else SHORT.get(name, name)
    if name in fields:
        raise BadValue(f'"{name}" is given twice', mark, FORM)
    fields[name] = _value(source, value, column + len(part) - len(value))
    keys[name] = mark


def _first_field(kind: str, node: Node) -> str:
    from cnncalc import kinds

    found = kinds.find(kind)
    name = next(iter(found.fields), None) if found else "value"
    if name is None:
        raise BadValue(f"{kind} takes no value", node.mark, f"write {kind}")
    return name


def _parts(text: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if character == "," and depth <= 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _value(source: Source, text: str, column: int) -> Node:
    """A word or number, or a list ``[3, 5]`` (which may hold lists)."""
    stripped = text.strip()
    if not stripped.startswith("["):
        return _scalar(source, stripped, column)
    stack: list[list[Node]] = [[]]
    position = 0
    for match in re.finditer(r"[\[\],]|[^\[\],]+", text):
        token, position = match[0], column + match.start()
        if token == "[":
            stack.append([])
        elif token == "]" and len(stack) > 1:
            items = stack.pop()
            stack[-1].append(Sequence(items, Mark(source, 1, position)))
        elif token == "]":
            raise BadValue(f'"{text}" closes a bracket that was never opened', Mark(source, 1, position), FORM)
        elif token != "," and token.strip():
            stack[-1].append(_scalar(source, token.strip(), position))
        if len(stack) > 8:
            raise BadValue("too many brackets", Mark(source, 1, position), FORM)
    if len(stack) != 1 or len(stack[0]) != 1:
        raise BadValue(f'"{text[:40]}" does not close its brackets', Mark(source, 1, column), FORM)
    return stack[0][0]


def _scalar(source: Source, text: str, column: int) -> Scalar:
    return Scalar(text, Mark(source, 1, column, max(1, len(text))))
