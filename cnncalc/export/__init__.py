"""A network as a file of another tool.

``tree.py`` has the blocks of a network as the names of its layers nest; a target is a file of its own. Diagrams need
sizes alone; the others need a translation of each kind, and its weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.errors import UsageError, nearest

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary

#: The targets, and how the name of a file for each ends.
ENDINGS = {"mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv")}
TARGETS = tuple(ENDINGS)


def target_of(path: str) -> str:
    """The target that the ending of a file's name means. Raises UsageError where it means none."""
    for target, endings in ENDINGS.items():
        if path.lower().endswith(endings):
            return target
    known = ", ".join(f"{endings[0]} ({target})" for target, endings in ENDINGS.items())
    text = f'the ending of "{path}" does not say which target is meant' if path else "no target is named"
    raise UsageError(text, help=f"one of {', '.join(TARGETS)}, or a file that ends in {known}")


def export(summary: Summary, target: str) -> bytes:
    """The file of a network for one of TARGETS. Raises UsageError for another target."""
    if target not in TARGETS:
        help = nearest(target, TARGETS) or f"one of {', '.join(TARGETS)}"
        raise UsageError(f'there is no export to "{target}"', help=help)
    from cnncalc.export import dot, mermaid

    write = {"mermaid": mermaid.write, "dot": dot.write}[target]
    return write(summary).encode("utf-8")
