"""Layers as YAML that a person would have written: activations in their layer, ``from`` only where needed, and a
stretch that repeats as a definition.
"""

from __future__ import annotations

from typing import Any

from cnncalc import kinds
from cnncalc.errors import Source
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.activated import Activated
from cnncalc.limits import Limits
from cnncalc.models import repeats
from cnncalc.models.importer import Importer, Layer
from cnncalc.models.repeats import Definition, Formula, Use
from cnncalc.models.structure import Item, Structure, leaves
from cnncalc.network import build
from cnncalc.spec import document, reader
from cnncalc.spec.written import flow

UNBOUND = Limits(file=1 << 30, values=1 << 30, layers=1 << 30)  # the text is our own


def folded(layers: list[Layer]) -> tuple[list[Layer], dict[str, str]]:
    """The layers, with each activation that is the only reader of the layer above put into it; and where each went."""
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer.reads:
            readers[name] = readers.get(name, 0) + 1
    again = {layer.fields["layer"] for layer in layers if layer.word == "use"}
    found: list[Layer] = []
    renamed: dict[str, str] = {}
    for layer in layers:
        layer = layer._replace(reads=[renamed.get(name, name) for name in layer.reads])
        above = found[-1] if found else None
        if (
            above is not None
            and above.name not in again
            and layer.word in FUNCTIONS
            and not layer.fields
            and layer.reads == [above.name]
            and readers[above.name] == 1
            and "activation" not in above.fields
            and issubclass(kinds.find(above.word) or object, Activated)
        ):
            found[-1] = above._replace(fields={**above.fields, "activation": layer.word})
            renamed[layer.name] = above.name
        else:
            found.append(layer)
    return found, renamed


class Written:
    """A spec as text, and its layers in the order in which it runs them."""

    def __init__(self, importer: Importer, *, flat: bool) -> None:
        self.importer = importer
        self.layers, renamed = folded(importer.layers)
        self.expected = _expected(importer, renamed)
        self.definitions: list[Definition] = []
        self.uses: dict[str, Use] = {}
        if not flat:
            again = {layer.fields["layer"] for layer in self.layers if layer.word == "use"}
            fixed = again | {layer.name for layer in self.layers if layer.word == "use"}
            structure = Structure(self.layers, fixed)
            self.definitions, self.uses = repeats.find(structure, lambda layer: len(_layer(layer, "")))
        self.text = "\n".join([*self._head(), *self._defined(), "layers:", *self._listed()]) + "\n"

    def named(self) -> list[Layer]:
        """The layers under the names that the spec gives them: those inside definitions have new names."""
        if not self.uses:
            return self.layers
        root = reader.read(Source("the spec of a model", self.text), UNBOUND)
        network = build(document.read(root, UNBOUND))
        return [layer._replace(name=own.name) for layer, own in zip(self.layers, network.layers, strict=True)]

    def _head(self) -> list[str]:
        graph = self.importer.graph
        name = _printable(graph.name)[:200]
        lines = [f"# {_printable(remark)}" for remark in graph.remarks] + ([f"name: {flow(name)}"] if name else [])
        return [*lines, f"layout: {graph.layout}", f"input: {_inputs(self.importer)}"]

    def _defined(self) -> list[str]:
        lines = ["define:"] if self.definitions else []
        for definition in self.definitions:
            lines.append(f"  {definition.name}:")
            if definition.arguments:
                lines.append(f"    args: {flow(definition.arguments)}")
            lines.append("    layers:")
            inside = Inside(definition)
            lines += [line for item in definition.items for line in inside.lines(item, "      ")]
        return lines

    def _listed(self) -> list[str]:
        """The layers and the uses, each where its last layer was."""
        inside = {layer.name for use in self.uses.values() for item in use.items for layer in leaves(item)}
        given = {last: use.name for last, use in self.uses.items()}
        above = "input" if len(self.importer.graph.inputs) == 1 else ""
        lines, order = [], []
        for layer in self.layers:
            use = self.uses.get(layer.name)
            if use is not None:
                reads = [given.get(name, name) for name in use.reads]
                source = {} if reads == [above] else {"from": reads[0]}
                fields = {"name": use.name, **source, **use.given, **self.expected.get(layer.name, {})}
                lines.append(f"  - {use.definition.name}: {flow(fields)}")
                order += [each for item in use.items for each in leaves(item)]
                above = use.name
            elif layer.name not in inside:
                fields = {**layer.fields, **self.expected.get(layer.name, {})}
                known = layer._replace(reads=[given.get(name, name) for name in layer.reads], fields=fields)
                lines.append(f"  - {_layer(known, above)}")
                order.append(layer)
                above = layer.name
        self.layers = order
        return lines


def _expected(importer: Importer, renamed: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The ``expect`` of the layers that are outputs of the model: the sizes in its file."""
    outputs = {layer.name: layer.output for layer in importer.layers}
    found: dict[str, dict[str, Any]] = {}
    for name in importer.graph.outputs:
        known = importer.graph.known.get(name, ())[1:]
        own = importer.values[name].name if name in importer.values else ""
        sizes = list(outputs[own].written(importer.layout)) if own in outputs else []
        if known and None not in known and sorted(map(str, known)) == sorted(map(str, sizes)):
            found[renamed.get(own, own)] = {"expect": {"output": "x".join(map(str, sizes))}}
    return found


class Inside:
    """Writes the layers of a definition, with its arguments in place of numbers."""

    def __init__(self, definition: Definition) -> None:
        self.definition, self.place = definition, 0

    def lines(self, item: Item, indent: str) -> list[str]:
        """An item of a list whose dashes are indented by ``indent``."""
        if isinstance(item, Layer):
            return [f"{indent}- {self._layer(item)}"]
        word = "residual" if item.residual else "parallel"
        lines = [f"{indent}- {word}:"]
        inner = indent + "    "
        if item.residual:
            lines += self._listed("body", item.body, inner)
            if item.shortcut:
                lines += self._listed("shortcut", item.shortcut, inner)
        else:
            lines.append(f"{inner}merge: {item.join.word}")
            lines += [f"{inner}branches:", *(line for branch in item.branches for line in self._branch(branch, inner))]
        self.place += 1  # the join
        if "activation" in item.join.fields:
            lines.append(f"{inner}activation: {item.join.fields['activation']}")
        return lines

    def _listed(self, key: str, items: tuple[Item, ...], indent: str) -> list[str]:
        return [f"{indent}{key}:", *(line for item in items for line in self.lines(item, indent + "  "))]

    def _branch(self, items: tuple[Item, ...], indent: str) -> list[str]:
        """A branch as a list in the list of branches."""
        if not items:
            return [f"{indent}  - []"]
        lines = [line for item in items for line in self.lines(item, indent + "    ")]
        return [f"{indent}  - {lines[0].lstrip()}", *lines[1:]]

    def _layer(self, layer: Layer) -> str:
        names, numbers = self.definition.names, self.definition.numbers
        fields: dict[str, Any] = {"name": names[self.place]} if names and names[self.place] else {}
        for key, value in layer.fields.items():
            many = value if isinstance(value, list) else [value]
            made = [numbers.get((self.place, key, spot), one) for spot, one in enumerate(many)]
            fields[key] = made if isinstance(value, list) else made[0]
        self.place += 1
        return _written(layer.word, fields)


def _inputs(importer: Importer) -> str:
    shapes = {importer.values[name].name: importer.values[name].shape for name in importer.graph.inputs}
    texts = {name: _sizes(list(shape.written(importer.layout))) for name, shape in shapes.items()}
    return texts["input"] if list(texts) == ["input"] else "{" + ", ".join(f"{n}: {t}" for n, t in texts.items()) + "}"


def _sizes(sizes: list[Any]) -> str:
    """``28x28x1``; a sequence as a list, as ``28x28`` could be an image."""
    square = len(sizes) == 2 and sizes[0] == sizes[1]
    return flow(sizes) if square else "x".join(map(str, sizes))


def _layer(layer: Layer, above: str) -> str:
    fields: dict[str, Any] = {"name": layer.name}
    if layer.reads != [above]:
        fields["from"] = layer.reads[0] if len(layer.reads) == 1 else layer.reads
    return _written(layer.word, {**fields, **layer.fields})


def _written(word: str, fields: dict[str, Any]) -> str:
    """A layer on one line; formulas are not quoted."""
    texts = (f"{key}: {_value(value)}" for key, value in fields.items())
    return f"{word}: {{{', '.join(texts)}}}" if fields else word


def _value(value: Any) -> str:
    if isinstance(value, list) and any(isinstance(one, Formula) for one in value):
        return f"[{', '.join(map(_value, value))}]"
    return value if isinstance(value, Formula) else flow(value)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
