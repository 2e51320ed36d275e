"""Drafts become functions: each calls the layers of a block, and returns the block's output."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from cnncalc.export.code.classes import INDENT, WIDTH, Classes
from cnncalc.export.code.draft import Attribute, Draft


class Functions(Classes):
    """The functions of the drafts in a network, their texts in the order of writing."""

    def named(self, name: str) -> str:
        """A class name as the name of a function."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()

    def text(self, name: str, arguments: list[str], attributes: list[Attribute], draft: Draft) -> str:
        """A function; the names of its layers begin with ``name``."""
        head = f"def {name}({', '.join([*draft.parameters, *arguments, 'name'])}):"
        if len(head) > WIDTH:
            wrapped = textwrap.wrap(", ".join([*draft.parameters, *arguments, "name"]) + ",", WIDTH - 4)
            head = "\n".join([f"def {name}(", *(INDENT + line for line in wrapped), "):"])
        lines = called(attributes, draft.lines, "{name}__", self.names)
        return "\n".join([head, *(INDENT + line for line in lines)])


def called(attributes: Iterable[Attribute], lines: list[str], prefix: str, functions: Iterable[str]) -> list[str]:
    """Lines of ``forward`` with layers constructed where they are called; ``prefix`` begins each layer's name."""
    by_name = {f"self.{a.name}": a for a in attributes}
    known = set(functions)
    found = []
    for line in lines:
        sizes = ""
        for place in re.findall(r"self\.\w+", line):
            attribute = by_name[place]
            made = str(attribute.made)
            label = f"{prefix}{attribute.label.replace('.', '_')}"
            name = f'name=f"{label}"' if "{" in prefix else f'name="{label}"'
            word = made.partition("(")[0]
            start = made[:-1] + (", " if not made.endswith("()") else "")
            if word in known:  # a function: its inputs come before its numbers
                given = re.search(re.escape(place) + r"\(([^()]*)\)", line)
                assert given is not None
                inner = made[len(word) + 1 : -1]
                call = ", ".join(filter(None, [given[1], inner, name]))
                line = line.replace(given[0], f"{word}({call})")
            else:
                line = line.replace(place + "(", f"{start}{name})(", 1)
            sizes = attribute.sizes or sizes
        comment = f"  # {sizes}" if sizes and "  # " not in line else ""
        found.append(line + comment if len(line + comment) + len(INDENT) <= WIDTH else line)
    if found[-1].startswith("return ") and len(found) > 2:  # the last line may belong to a loop
        looped = _looped([*found[:-1], found[-1].replace("return ", "x = ", 1)])
        if looped[-1].startswith(INDENT):
            return [*looped, "return x"]
    return [*_looped(found[:-1]), found[-1]]


_NUMBERED = re.compile(r'(.*name=f?"(?:.*__)?)(\d+)(".*)')


def _looped(lines: list[str]) -> list[str]:
    """Lines that differ only in the number that ends a name, as a loop."""
    found: list[str] = []
    place = 0
    while place < len(lines):
        first, count = _NUMBERED.fullmatch(lines[place].partition("  # ")[0]), 1
        while first and place + count < len(lines):
            other = _NUMBERED.fullmatch(lines[place + count].partition("  # ")[0])
            wanted = (first[1], str(int(first[2]) + count), first[3])
            if other is None or other.groups() != wanted:
                break
            count += 1
        if first is None or count < 3 or not lines[place].startswith("x = "):
            found.append(lines[place])
            place += 1
            continue
        start = int(first[2])
        body = f"{first[1]}{{i}}{first[3]}"
        body = body if 'name=f"' in body else body.replace('name="', 'name=f"')
        found += [f"for i in range({start}, {start + count}):", INDENT + body]
        place += count
    return found
