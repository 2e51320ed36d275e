"""Layers as YAML that a person would have written: activations in their layer, ``from`` only where it is needed."""

from __future__ import annotations

from cnncalc import kinds
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.activated import Activated
from cnncalc.models.importer import Importer, Layer
from cnncalc.spec.written import flow


def folded(layers: list[Layer]) -> list[Layer]:
    """The layers, each activation that alone reads the layer above it put into that layer."""
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer.reads:
            readers[name] = readers.get(name, 0) + 1
    found: list[Layer] = []
    renamed: dict[str, str] = {}
    for layer in layers:
        layer = layer._replace(reads=[renamed.get(name, name) for name in layer.reads])
        above = found[-1] if found else None
        if (
            above is not None
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
    return found


def write(importer: Importer) -> str:
    """The spec. Its layout is the model's."""
    graph = importer.graph
    layers = folded(importer.layers)
    lines = [f"# {remark}" for remark in graph.remarks] + ([f"name: {flow(graph.name)}"] if graph.name else [])
    lines += [f"layout: {graph.layout}", f"input: {_inputs(importer)}", "layers:"]
    above = "input" if len(graph.inputs) == 1 else ""
    for layer in layers:
        lines.append(f"  - {_layer(layer, above)}")
        above = layer.name
    return "\n".join(lines) + "\n"


def _inputs(importer: Importer) -> str:
    shapes = {importer.values[name].name: importer.values[name].shape for name in importer.graph.inputs}
    texts = {name: "x".join(map(str, shape.written(importer.layout))) for name, shape in shapes.items()}
    return texts["input"] if list(texts) == ["input"] else flow(texts)


def _layer(layer: Layer, above: str) -> str:
    fields = {"name": layer.name}
    if layer.reads != [above]:
        fields["from"] = layer.reads[0] if len(layer.reads) == 1 else layer.reads  # type: ignore[assignment]
    return f"{layer.word}: {flow({**fields, **layer.fields})}"
