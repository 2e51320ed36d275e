"""The names of repeated stretches, and which stretches contain the same names."""

from __future__ import annotations

import re

from cnncalc import kinds
from cnncalc.models.importer import Layer
from cnncalc.models.structure import Block, Item, leaves

#: Names made of a word and a counter, which no person gave.
COUNTED = re.compile(r"[a-z]+(_[a-z]+)*([1-3]d)?(_?\d+)?")


def layers_of(items: tuple[Item, ...]) -> list[Layer]:
    return [layer for item in items for layer in leaves(item)]


def named_alike(stretches: list[tuple[Item, ...]]) -> list[list[tuple[Item, ...]]]:
    """Stretches grouped by their layers' names after a common prefix, so that the model's names can be recognized;
    layers that are just numbered are compared by the word before the number.
    """
    found: dict[tuple[str, ...], list[tuple[Item, ...]]] = {}
    for items in stretches:
        names = inner(items)
        if not prefix_of(items):
            counted = sum(COUNTED.fullmatch(name) is not None for name in names)
            names = [re.sub(r"_?\d+", "", name) for name in names] if 2 * counted >= len(names) else []
        if names:
            found.setdefault(tuple(names), []).append(items)
    return list(found.values())


def called(items: tuple[Item, ...], taken: set[str]) -> str:
    """A name for a definition, by what it contains."""
    if len(items) == 1 and isinstance(items[0], Block):
        word = "residual_block" if items[0].residual else f"{items[0].join.word}_block"
    else:
        words = [
            item.word if isinstance(item, Layer) else "residual" if item.residual else "branches" for item in items
        ]
        word = "_".join(words) if len(words) < 4 and len(set(words)) == len(words) else f"{words[0]}_block"
    name, number = word, 1
    while name in taken or kinds.find(name):
        number += 1
        name = f"{word}{number}"
    return name


def _word(item: Item) -> str:
    return item.word if isinstance(item, Layer) else "residual" if item.residual else "branches"


def _numbered(layer: Layer) -> bool:
    """Whether a layer is named after its kind, with a counter: ``add_12``, ``batch_normalization_3``."""
    stem = re.sub(r"[_\d]", "", layer.name)
    return COUNTED.fullmatch(layer.name) is not None and stem[:3] == layer.word.replace("_", "")[:3]


def prefix_of(items: tuple[Item, ...]) -> str:
    """The common prefix of all layer names that the model gave, up to a dot or an underscore; "" if there is none."""
    names = [layer.name for layer in layers_of(items) if not _numbered(layer)]
    if len(names) < 2:
        return ""
    first, last = min(names), max(names)  # a prefix of these two is a prefix of all
    common = first[: next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
    if common in names or not all(name[len(common)] in "._" for name in names):
        common = re.sub(r"[^._]*$", "", common)
    return common.rstrip("._")


def inner(items: tuple[Item, ...]) -> list[str]:
    """The names of the layers without their common prefix; empty for a layer without a name of its own."""
    prefix, layers = prefix_of(items), layers_of(items)
    if not prefix:
        return [layer.name for layer in layers]
    return ["" if _numbered(layer) else layer.name[len(prefix) :].lstrip("._") for layer in layers]


def name_of(items: tuple[Item, ...], taken: set[str]) -> str:
    """The name of a use: the common prefix of its layers' names, or the name of its last layer."""
    prefix = prefix_of(items)
    name = prefix if prefix and prefix not in taken else items[-1].name
    taken.add(name)
    return name
