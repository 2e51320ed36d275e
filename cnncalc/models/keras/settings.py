"""Settings of a Keras layer, each checked before it is used: a config may hold anything."""

from __future__ import annotations

import math
from typing import Any

from cnncalc.models.graph import Node
from cnncalc.models.importer import Unsupported

LARGEST = 2**31


def wrong(node: Node, name: str, value: Any) -> Unsupported:
    """The error for a setting that no layer has."""
    text = repr(value)
    return Unsupported(f"{node.op} with {name} {text if len(text) < 40 else text[:40] + '…'}")


def whole(node: Node, name: str, *, least: int = 1) -> int:
    """A whole number."""
    return _whole(node, name, node.settings.get(name), least)


def _whole(node: Node, name: str, value: Any, least: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not least <= value < LARGEST:
        raise wrong(node, name, value)
    return value


def many(node: Node, name: str, rank: int, usual: Any = 1, *, least: int = 1) -> list[int]:
    """A whole number for each of ``rank`` axes; a single one serves all."""
    value = node.settings.get(name)
    value = usual if value is None else value
    numbers = value if isinstance(value, list) else [value] * rank
    if len(numbers) != rank:
        raise wrong(node, name, value)
    return [_whole(node, name, number, least) for number in numbers]


def flag(node: Node, name: str, *, usual: bool) -> bool:
    """True or false."""
    value = node.settings.get(name, usual)
    if not isinstance(value, bool):
        raise wrong(node, name, value)
    return value


def number(node: Node, name: str, usual: float | None = None) -> float:
    """A number that is finite."""
    value = node.settings.get(name, usual)
    value = usual if value is None else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise wrong(node, name, value)
    return float(value)


def word(node: Node, name: str, usual: str, *known: str) -> str:
    """One of the ``known`` words."""
    value = node.settings.get(name)
    value = usual if value is None else value
    if value not in known:
        raise wrong(node, name, value)
    return str(value)


def usual(node: Node, **settings: Any) -> None:
    """Raise Unsupported if a setting does not have the value that our layers have."""
    for name, value in settings.items():
        if node.settings.get(name, value) not in (value, None):
            raise wrong(node, name, node.settings[name])


def one(numbers: list[Any]) -> Any:
    """One number if all are the same, else the list."""
    return numbers[0] if all(number == numbers[0] for number in numbers) else list(numbers)


def short(value: float) -> float:
    """A number of 32 bits as a person writes it."""
    return float(f"{value:.7g}")
