"""Names of layers, from the names that a model gives its weights and nodes."""

from __future__ import annotations

import re


def of_weight(name: str) -> str:
    """The module that a weight belongs to: ``layer1.0.conv1`` of ``layer1.0.conv1.weight``; "" of a made-up name."""
    module, dot, _ = name.rpartition(".")
    return clean(module) if dot and "::" not in name else ""


def of_node(name: str, op: str) -> str:
    """The module path in a node's name: ``layer1.0.conv1`` of ``/layer1/layer1.0/conv1/Conv``; "" where none is."""
    if "/" not in name:
        return "" if re.fullmatch(r"(node_)?\w*?_?\d*", name) else clean(name)
    path: list[str] = []
    for part in name.strip("/").split("/"):
        if path and part.startswith(path[-1] + "."):
            path[-1] = part
        else:
            path.append(part)
    if len(path) > 1 and re.fullmatch(rf"{op}(_\d+)?", path[-1]):
        path[-1] = path[-1].lower() if op in ("Add", "Concat", "Mul") else ""
    return clean(".".join(part for part in path if part))


def clean(name: str) -> str:
    """``name`` with characters that are not allowed in a layer's name replaced."""
    text = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("_.")[:180]
    return f"{text}_" if text == "input" else text


class Taken:
    """The names given so far."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def free(self, wanted: str, word: str) -> str:
        """``wanted``, or ``word`` with a counter if that is empty; a number is added if the name is taken."""
        name = wanted or word
        count = self._seen.get(name, 0) + 1
        self._seen[name] = count
        if wanted and count == 1:
            return name
        number = count
        while (numbered := f"{name}{'_' if wanted else ''}{number}") in self._seen:
            number += 1
        self._seen[numbered] = 1
        return numbered
