"""Drafts become classes: similar drafts share one, and the numbers that differ become its arguments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnncalc.export.code.draft import Attribute, Draft, Made
from cnncalc.export.code.names import Taken, camel
from cnncalc.export.tree import Group

INDENT = "    "
WIDTH = 116
_NUMBER = re.compile(r"(?<![\w.'\"])\d+(?![\w.'\"])")

#: The names of the first numbers of a constructor.
_ROLES = {
    "nn.Conv": ("in_channels", "out_channels", "kernel_size"), "nn.Linear": ("in_features", "out_features"),
    "nn.ConvTranspose": ("in_channels", "out_channels", "kernel_size"), "nn.BatchNorm": ("channels",),
    "nn.LayerNorm": ("features",), "nn.RMSNorm": ("features",), "nn.GroupNorm": ("groups", "channels"),
    "nn.MaxPool": ("kernel_size",), "nn.AvgPool": ("kernel_size",), "nn.Embedding": ("vocab", "features"),
    "layers.Conv": ("filters", "kernel_size"), "layers.ConvTranspose": ("filters", "kernel_size"),
    "layers.Dense": ("units",), "layers.DepthwiseConv": ("kernel_size",),
    "layers.SeparableConv": ("filters", "kernel_size"), "layers.MultiHeadAttention": ("heads", "key_dim"),
    "Attention": ("features", "heads", "key_dim"), "Scale": ("channels",),
}  # fmt: skip


def inside(made: Made) -> Iterator[Draft]:
    """The drafts inside a construction, the innermost first."""
    if isinstance(made, Draft):
        for attribute in made.attributes:
            yield from inside(attribute.made)
        yield made
    elif isinstance(made, list):
        for each in made:
            yield from inside(each)


class Repeated(NamedTuple):
    """Several modules with the same construction."""

    made: Made
    times: str


def resolved(made: Made) -> Made:
    """The same with the calls of classes in place of drafts, once their classes have names."""
    if isinstance(made, Draft):
        return f"{made.class_name}({made.arguments})"
    if not isinstance(made, list):
        return made
    parts = [resolved(each) for each in made]
    alike = len(parts) > 1 and all(part == parts[0] for part in parts) and any(True for _ in inside(made))
    return [Repeated(parts[0], str(len(parts)))] if alike else parts


def flat(made: Made) -> str:
    """A construction in one line."""
    if isinstance(made, Repeated):
        return f"*({flat(made.made)} for _ in range({made.times}))"
    return made if isinstance(made, str) else f"nn.Sequential({', '.join(map(flat, made))})"


def _swapped(made: Made, names: Iterator[str]) -> Made:
    """The same with the next of ``names`` in place of each number, unless the name is empty."""

    def swap(text: str) -> str:
        return _NUMBER.sub(lambda match: next(names) or match[0], text)

    if isinstance(made, Repeated):
        return Repeated(_swapped(made.made, names), swap(made.times))
    return swap(made) if isinstance(made, str) else [_swapped(each, names) for each in made]


def laid_out(made: Made, before: int) -> str:
    """A construction, in several lines if it would be too long for one after ``before`` characters."""
    line = flat(made)
    if len(line) + before <= WIDTH or not isinstance(made, list):
        return line
    listed = "".join(f"{INDENT}{part},\n" for part in indented(laid_out(each, len(INDENT) * 3 + 1) for each in made))
    return f"nn.Sequential(\n{listed})"


def indented(parts: Iterable[str]) -> list[str]:
    """Each part, with all lines but the first indented by one step."""
    return [part.replace("\n", f"\n{INDENT}") for part in parts]


class Classes:
    """The classes of the drafts in a network, except the network's own: their texts in the order of writing."""

    def __init__(self, root: Draft, taken: Taken) -> None:
        self.taken, self.names = taken, set[str]()
        self.texts: list[str] = []
        self.roles: dict[str, tuple[str, ...]] = dict(_ROLES)
        drafts = [draft for attribute in root.attributes for draft in inside(attribute.made)]
        heights: dict[int, list[Draft]] = {}
        for draft in drafts:
            heights.setdefault(_height(draft), []).append(draft)
        for height in sorted(heights):
            alike: dict[tuple[object, ...], list[Draft]] = {}
            for draft in heights[height]:
                draft.attributes = [a._replace(made=resolved(a.made)) for a in draft.attributes]
                alike.setdefault(_signature(draft), []).append(draft)
            for same in alike.values():
                self._name(same)
        root.attributes = [a._replace(made=resolved(a.made)) for a in root.attributes]

    def _name(self, drafts: list[Draft]) -> None:
        """One class for drafts that differ only in numbers."""
        texts = [[flat(a.made) for a in draft.attributes] for draft in drafts]
        found = [[int(number) for text in each for number in _NUMBER.findall(text)] for each in texts]
        columns = list(zip(*found, strict=True))
        first = drafts[0]
        roles = [r for a, text in zip(first.attributes, texts[0], strict=True) for r in self._roles(a.name, text)]
        arguments, places = _arguments(columns, roles)
        varying = list(dict.fromkeys(column for column in columns if len(set(column)) > 1))
        name = self.taken.free(self.named(_class_name(first.group)))
        self.names.add(name)
        for number, draft in enumerate(drafts):
            draft.class_name = name
            draft.arguments = ", ".join(str(column[number]) for column in varying)
        self.roles[name] = tuple(arguments)
        names = iter(places)
        attributes = []
        for number, attribute in enumerate(first.attributes):
            agreed = {draft.attributes[number].sizes for draft in drafts}
            sizes = attribute.sizes if len(agreed) == 1 else ""
            attributes.append(attribute._replace(made=_swapped(attribute.made, names), sizes=sizes))
        self.texts.append(self.text(name, arguments, attributes, first))

    def named(self, name: str) -> str:
        """A name in the style of the framework."""
        return name

    def text(self, name: str, arguments: list[str], attributes: list[Attribute], draft: Draft) -> str:
        """A class."""
        return text_of(name, "", arguments, attributes, draft)

    def _roles(self, attribute: str, text: str) -> list[tuple[str, str]]:
        """For each number of a constructor, the attribute and the role of the number."""
        attribute = f"part{attribute}" if attribute.isdigit() else attribute
        return [(attribute, _role(text[: match.start()], self.roles)) for match in _NUMBER.finditer(text)]


def _height(draft: Draft) -> int:
    """How many levels of classes there are below a draft."""
    heights = [_height(inner) for a in draft.attributes for inner in inside(a.made)]
    return 1 + max(heights, default=0)


def text_of(
    name: str, doc: str, arguments: list[str], attributes: list[Attribute], draft: Draft, after: Iterable[str] = ()
) -> str:
    """A class. ``after`` are lines at the end of its ``__init__``."""
    base = "nn.Sequential" if draft.sequential else "nn.Module"
    head = [f"class {name}({base}):", *([f'{INDENT}"""{doc}"""', ""] if doc else [])]
    if draft.sequential:
        made = laid_out([a.made for a in attributes], WIDTH).replace("nn.Sequential", "super().__init__", 1)
        return "\n".join([*head, *_defined("__init__", arguments), *_inside(made.split("\n"))])
    made_lines = [line for a in attributes for line in _attribute(a)]
    init = ["super().__init__()", *made_lines, *after]
    lines = [*_defined("__init__", arguments), *_inside(init), ""] if len(init) > 1 else []
    return "\n".join([*head, *lines, *_defined("forward", draft.parameters), *_inside(draft.lines)])


def _defined(name: str, arguments: list[str]) -> list[str]:
    """The first line of a method, or its first lines."""
    line = f"{INDENT}def {name}({', '.join(['self', *arguments])}):"
    if len(line) <= WIDTH:
        return [line]
    wrapped = textwrap.wrap(", ".join(["self", *arguments]) + ",", WIDTH - 8)
    return [f"{INDENT}def {name}(", *_inside(wrapped), f"{INDENT}):"]


def _inside(lines: Iterable[str]) -> list[str]:
    return [INDENT * 2 + line for line in lines]


def _attribute(attribute: Attribute) -> list[str]:
    start = f"self.{attribute.name} = "
    lines = (start + laid_out(attribute.made, len(start) + 2 * len(INDENT))).split("\n")
    comment = f"  # {attribute.sizes}"
    if attribute.sizes and len(lines[-1] + comment) + 2 * len(INDENT) <= WIDTH:
        lines[-1] += comment
    return lines


def _signature(draft: Draft) -> tuple[object, ...]:
    """What drafts of one class have in common: everything but the numbers in their constructors."""
    made = tuple((a.name, _NUMBER.sub("0", flat(a.made))) for a in draft.attributes)
    return (made, tuple(draft.lines), tuple(draft.parameters), draft.sequential)


def _arguments(columns: list[tuple[int, ...]], roles: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The arguments of a class, and for each number its argument, or "" if all are the same."""
    names: dict[tuple[int, ...], str] = {}
    taken = Taken("self")
    written = []
    for column, (attribute, role) in zip(columns, roles, strict=True):
        if len(set(column)) < 2:
            written.append("")
            continue
        if column not in names:
            free = role not in names.values()
            names[column] = taken.free(role if free else f"{attribute}_{role}")
        written.append(names[column])
    return list(names.values()), written


def _role(before: str, roles: dict[str, tuple[str, ...]]) -> str:
    """The role of a number, from the text before it: its keyword, or its place in the call."""
    depth = commas = 0
    place = len(before)
    while depth >= 0 and place:
        place -= 1
        depth += (before[place] == ")") - (before[place] == "(")
        commas += before[place] == "," and not depth
    keyword = re.search(r"(\w+)=\(?$", before) or re.search(r"(\w+)=$", before[:place])
    if keyword:
        return keyword[1]
    called = re.search(r"(((nn|layers)\.)?\w*)$", before[:place])
    word = re.sub(r"[123][dD](?=$|Transpose)", "", called[1]) if called else ""
    if word == "range":
        return "times"
    known = roles.get(word, ())
    return known[commas] if commas < len(known) else "size"


def _class_name(group: Group) -> str:
    parts = [re.sub(r"[\d_]+$", "", part) for part in group.path.split("/")]
    own = parts[-1]
    if not own:  # a repetition or a branch, which has only a number
        return camel(f"{next((part for part in reversed(parts) if part), '')} part", "Block")
    return camel(own, "Block")
