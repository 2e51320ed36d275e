"""Layers that belong together, found when all are known: nothing else reads the values in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from cnncalc.models.building import Layer
from cnncalc.models.values import Unsupported

#: Takes a layer and those that it comes from, the nearest first; returns the one that replaces all of them.
Rule = Callable[[list[Layer]], Layer | None]


def _flat_pool(chain: list[Layer]) -> Layer | None:
    """A pool over all positions that keeps axes of size 1, and a flatten: a pool that keeps none."""
    flat, pool = chain
    if flat.output.rank != 1 or not pool.fields.get("keepdims") or not pool.word.startswith("global_"):
        return None
    if flat.word not in ("flatten", "reshape"):
        return None
    fields = {key: value for key, value in pool.fields.items() if key != "keepdims"}
    return pool._replace(fields=fields, output=flat.output)


def _patches(chain: list[Layer]) -> Layer | None:
    """A convolution whose stride equals its kernel, followed by its positions in a row."""
    turned, rows, conv = chain
    fields = conv.fields
    if (turned.word, rows.word, conv.word) != ("permute", "reshape", "conv") or conv.output.rank < 3:
        return None
    if turned.fields["order"] != [2, 1] or set(fields) - {"filters", "kernel", "stride", "bias"}:
        return None
    if fields.get("stride", 1) != fields["kernel"] or turned.output.channels != conv.output.channels:
        return None
    bias = {"bias": fields["bias"]} if "bias" in fields else {}
    own = {"dim": fields["filters"], "patch": fields["kernel"], **bias}
    return Layer(conv.name, "patch_embedding", own, conv.reads, conv.weights, turned.output)


RULES: tuple[tuple[int, Rule], ...] = ((2, _flat_pool), (3, _patches))


def tidied(layers: list[Layer], outputs: set[str], absorbed: set[str], titles: dict[str, str]) -> list[Layer]:
    """The layers, without those that nothing reads and those whose weights are part of another now, whose names are
    free then for ``titles``.

    Raises Unsupported if one of those is still read.
    """
    readers = Counter(name for layer in layers for name in layer.reads)
    while gone := {each.name for each in layers if not readers[each.name] and _spare(each, outputs, absorbed)}:
        layers = [layer for layer in layers if layer.name not in gone]
        readers = Counter(name for layer in layers for name in layer.reads)
    if absorbed & {layer.name for layer in layers}:
        raise Unsupported("queries, keys or values that something else reads too")
    taken = {layer.name for layer in layers}
    renamed = {name: title for name, title in titles.items() if title and title not in taken}
    layers = [layer._replace(name=renamed.get(layer.name, layer.name)) for layer in layers]
    layers = [layer._replace(reads=[renamed.get(name, name) for name in layer.reads]) for layer in layers]
    readers = Counter(name for layer in layers for name in layer.reads)
    by_name = {layer.name: layer for layer in layers}
    found: dict[str, Layer] = {}
    renamed = {}
    for layer in layers:
        layer = layer._replace(reads=[renamed.get(name, name) for name in layer.reads])
        made = _joined(layer, by_name, readers)
        if made is None:
            found[layer.name] = layer
            continue
        one, chain = made
        for part in chain:
            found.pop(part.name, None)
            renamed[part.name] = one.name
        found[one.name] = by_name[one.name] = one
    return list(found.values())


def _spare(layer: Layer, outputs: set[str], absorbed: set[str]) -> bool:
    """Whether a layer that nothing reads is not part of the model."""
    learns = bool(layer.weights) or "params" in layer.fields or layer.word == "use"
    return layer.name in absorbed or not (learns or layer.name in outputs)


def _joined(layer: Layer, by_name: dict[str, Layer], readers: Counter[str]) -> tuple[Layer, list[Layer]] | None:
    for length, rule in RULES:
        chain = [layer]
        while len(chain) < length and len(chain[-1].reads) == 1:
            above = by_name.get(chain[-1].reads[0])
            if above is None or readers[above.name] != 1:
                break
            chain.append(above)
        one = rule(chain) if len(chain) == length else None
        if one is not None:
            return one, chain
    return None
