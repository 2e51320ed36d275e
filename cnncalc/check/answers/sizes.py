"""Sizes as people write them: ``28x28x10``, ``(28, 28, 10)``, ``10@28x28``, ``H=28, W=28, C=10``, ``28², depth 10``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate

from cnncalc.check.answers import words
from cnncalc.check.answers.arithmetic import Unreadable, Value, evaluate
from cnncalc.check.answers.numbers import DECIMALS
from cnncalc.check.answers.separators import with_separators
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Letter

Sizes = tuple[Value, ...] | Shape  # in the order in which they were written, or by name

_MOST = 6
_BATCH = ("None", "?")
_SEPARATORS = ("x", ",;|", "*", "/", " ")  # tried in this order; only outside brackets
_OPENING, _CLOSING = "([{⌊⌈", ")]}⌋⌉"
_CHANNELS = (
    r"(?:feature[ -]?maps|channels?|filters?|kernels?|maps|karten|features|depth|deep|kanälen?|filtern?|tief|tiefe"
    r"|canaux|canales)"
)
_COUNTED = re.compile(
    rf"(?:(\d+)\s*{_CHANNELS}\b(?:\s*(?:of|each|from|with|à|mit|von|der|je))*(?:\s*(?:size|größe))?"
    rf"|\b{_CHANNELS}\s*[:=]?\s*(\d+))",
    re.I,
)
_JOIN = re.compile(r"[\s,;(]*(?:\b(?:with|and|mit|und|avec|con)\b)?\s*\(?\s*$", re.I)
_AXES = {
    "h": "height", "height": "height", "high": "height", "rows": "height", "w": "width", "width": "width",
    "wide": "width", "columns": "width", "t": "time", "time": "time", "length": "time", "c": "channels",
    "channels": "channels", "channel": "channels", "k": "channels", "filters": "channels", "features": "channels",
    "f": "channels", "d": "depth", "depth": "depth", "deep": "depth", "tiefe": "depth", "tief": "depth",
    "höhe": "height", "hoch": "height", "breite": "width", "breit": "width", "b": "width", "kanäle": "channels",
    "z": "depth",
}  # fmt: skip
_AXIS = "|".join(sorted(_AXES, key=len, reverse=True))
_NAMED = re.compile(rf"(?:\b({_AXIS})(?:_?(?:out|new|o|2)(?=\s*[=:]))?\s*[=:]?\s*(\d+)|(\d+)\s*({_AXIS}))\b", re.I)
_EQUAL = re.compile(rf"\b((?:(?:{_AXIS})\s*=\s*)+(?:{_AXIS}))\s*=\s*(\d+)\b,?", re.I)  # W = H = 55
_ORDER = re.compile(r"\(?\b([hwdzcktf](?:\s*[x,]\s*[hwdzcktf]){1,3})\b\)?", re.I)  # HxWxC
_TOGETHER = re.compile(r"\b([HWDCT]{2,4})\b(?=\s*[:=])")  # CHW:


@lru_cache(maxsize=4096)
def sizes(text: str) -> tuple[tuple[Sizes, ...], ...]:
    """What ``text`` may mean as sizes, in groups: by name, literally, and with its words left out.

    >>> sizes("28×28×10"), sizes("10@28x28")[1][0].channels
    ((((28, 28, 10),),), 10)
    """
    if re.fullmatch(r"[0-9]{1,9}(?:x[0-9]{1,9}){1,3}", text.replace("×", "x")):
        return ((tuple(map(int, text.replace("×", "x").split("x"))),),)
    try:
        text = with_separators(words.plain(text))
        text = _EQUAL.sub(lambda found: "".join(f"{name} = {found[2]}, " for name in found[1].split("=")), text)
    except Unreadable:
        return ()
    named = [*_named(text), *_ordered(text)]
    return tuple(tuple(group) for group in (named, _of_maps(text), _counted(text), _listed(text), _worded(text)))


def _named(text: str) -> list[Sizes]:
    """``H=28, W=28, D=10``: sizes by the names of their axes. D is the depth of a volume if channels are named too."""
    found = list(_NAMED.finditer(text))
    if len(found) < 2 or re.sub(r"[\s,;x()\[\]]", "", _NAMED.sub("", _labelled(text))):
        return []
    return _by_axis([(match[1] or match[4], int(match[2] or match[3])) for match in found])


def _ordered(text: str) -> list[Sizes]:
    """``CxHxW = 10x28x28``: sizes in an order that is named beside them."""
    text = _TOGETHER.sub(lambda found: "x".join(found[1]), text)
    order = _ORDER.search(text)
    if order is None:
        return []
    names = re.split(r"\s*[x,]\s*", order[1].lower().replace("x", ","))
    listed = _listed(text[: order.start()] + text[order.end() :].lstrip(" =:"))
    return [shape for found in listed if len(found) == len(names) for shape in _by_axis(zip(names, found, strict=True))]


def _by_axis(pairs: Iterable[tuple[str, Value]]) -> list[Sizes]:
    """Sizes with the names of their axes; none if an axis is named twice."""
    by_name: dict[str, Value] = {}
    for name, size in pairs:
        axis = _AXES[name.lower()]
        if axis in by_name:
            return []
        by_name[axis] = size
    channels = by_name.pop("channels", None)
    if channels is None and {"height", "time"} <= by_name.keys():  # the T of Tiefe
        channels = by_name.pop("time")
    if channels is None:
        channels = by_name.pop("depth", None)
    spatial = tuple(by_name[axis] for axis in ("time", "depth", "height", "width") if axis in by_name)
    return [spatial if channels is None else Shape(spatial, channels)]


def _labelled(text: str) -> str:
    return re.sub(r"^\s*(?:output|size|shape|answer)\b[^\d:=]*[:=]", "", text, flags=re.I)


def _of_maps(text: str) -> list[Sizes]:
    """``10@28x28`` and ``28x28@10``: maps and their sizes."""
    first, at, second = (part.strip() for part in text.partition("@"))
    if not at:
        return []
    first = (words.steps(first) or [""])[-1]
    count, rest = (first, second) if first.isdigit() else (second, first)
    return _shapes(count, rest)


def _counted(text: str) -> list[Sizes]:
    """``28x28, depth 10`` and ``10 filters of 28x28``: spatial sizes, and a number of channels in words."""
    found = list(_COUNTED.finditer(text))
    if len(found) != 1:
        return []
    before, after = _JOIN.sub("", text[: found[0].start()]), text[found[0].end() :].strip(" ,;)x")
    before = before if re.search(r"\d", before) else ""
    if re.search(r"[\d\s)][xX*]$", before) or (before and after and re.search(r"\d", after)):
        return []
    return _shapes(found[0][1] or found[0][2], before or after)


def _shapes(count: str, rest: str) -> list[Sizes]:
    """``count`` channels beside the spatial sizes that ``rest`` lists."""
    if not (count.isascii() and count.isdigit() and len(count) < 20):
        return []
    listed = [found for found in (*_listed(rest), *_worded(rest)) if len(found) < 4]
    return [Shape(tuple(spatial), int(count)) for spatial in listed]


def _worded(text: str) -> list[Sizes]:
    try:
        return [found for plain in words.without_words(text) for found in _listed(plain, mixed=False)]
    except Unreadable:
        return []


def _listed(text: str, *, mixed: bool = True) -> list[Sizes]:
    """Sizes in their order; for a calculation, the last step with several sizes, or else the last step.

    ``mixed``: commas may stand between sizes beside other signs, as in ``28x28,16``.
    """
    steps = [_without_brackets(step) for step in words.steps(text)]
    if not steps:
        return []
    several = [step for step in reversed(steps) if len(_parts(step)) > 1]
    step = next((step for step in several if len(_split(step, "x")) > 1), (several or steps[-1:])[0])
    # 1,024 is two sizes or one; 28x28,16 is three sizes or two
    ways = [_parts(step), [step] if len(_split(step, "x")) == 1 else _split(step, "x,;") if mixed else []]
    *before, last = re.split(r"[,;]", step)
    if before and len(_split(last, "x")) > 1 and all(len(_split(part, "x")) == 1 for part in before):
        ways.append(_split(last, "x"))  # 55; 55x55x96
    if steps[-1].isdigit():
        ways.append(steps[-1:])  # 11+(3-1)x4 = 19
    found = (reading for way in ways for decimal in DECIMALS for reading in _read(way, decimal))
    return [reading for reading in dict.fromkeys(found) if 1 <= len(reading) <= _MOST]


def _read(parts: list[str], decimal: str) -> Iterator[tuple[Value, ...]]:
    """The parts as numbers; a power such as 28² is first read as that many equal sizes."""
    try:
        plain = tuple(Letter("N") if part in _BATCH else evaluate(part, decimal) for part in parts)
    except Unreadable:
        return
    spread = [re.fullmatch(r"(.+)\^([23])", part) for part in parts]
    if any(spread):
        sides = [
            [part] if power is None else [power[1]] * int(power[2]) for part, power in zip(parts, spread, strict=True)
        ]
        with suppress(Unreadable):
            yield tuple(evaluate(side, decimal) for equal in sides for side in equal)
    yield plain


def _without_brackets(text: str) -> str:
    """``text`` without brackets around all of it."""
    while text and text[0] in _OPENING[:3]:
        depths = list(accumulate((c in _OPENING) - (c in _CLOSING) for c in text))
        if 0 in depths[:-1] or depths[-1] != 0:
            break
        text = text[1:-1].strip()
    return text


def _parts(text: str) -> list[str]:
    """``text`` at the first of the separators that is in it."""
    return next((found for sign in _SEPARATORS if len(found := _split(text, sign)) > 1), [text.strip()])


def _split(text: str, signs: str) -> list[str]:
    """``text`` at each of ``signs`` outside brackets; at ``*`` or spaces only if all parts are digits."""
    parts, depth = [""], 0
    for character in text.replace("X", "x") if "x" in signs else text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0 and character in signs:
            parts.append("")
        else:
            parts[-1] += character
    parts = [part.strip() for part in parts if signs != " " or part]
    if signs in "*/ " and not all(re.fullmatch(r"\d+(\^[23])?", part) or part in _BATCH for part in parts):
        return [text]
    return parts
