"""A kind's rules in general: its own methods, fed letters that have no value."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.kinds.base.fields import REQUIRED, Count, Field, Padding, Sizes, Word
from cnncalc.kinds.base.kind import Kind, Misfit, axis_letters
from cnncalc.kinds.base.weights import count
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Letter, Number, write


class Description(NamedTuple):
    """A kind for a reader: what it does, its fields, its rules as ``(quantity, formula)``, and where they stand."""

    kind: str
    text: str
    fields: list[dict[str, Any]]
    rules: list[tuple[str, str]]
    reference: str


def describe(kind: type[Kind], style: str = "text") -> Description:
    """What there is to know of a kind."""
    fields = [
        {
            "name": name,
            "letter": field.letter,
            "default": "must be given" if field.default is REQUIRED else _default(field),
            "doc": field.doc,
        }
        for name, field in kind.fields.items()
    ]
    text = " ".join((kind.__doc__ or "").replace("``", "").split())
    return Description(kind.word(), text, fields, _rules(kind, style), kind.reference)


def _default(field: Field) -> str:
    if field.same_as:
        return f"as {field.same_as}"
    default = field.default
    return "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


_EXAMPLES = (
    Shape((Letter("H"), Letter("W")), Letter("C")),
    Shape((Letter("T"),), Letter("C")),
    Shape((), Letter("T")),
    Shape((Letter("Z"), Letter("H"), Letter("W")), Letter("C")),
)


def _rules(kind: type[Kind], style: str) -> list[tuple[str, str]]:
    """The formulas of sizes, parameters and multiply-accumulates for an image (or what else the kind takes)."""
    for x in _EXAMPLES[kind.sequence :]:
        xs = (x,) * max(1, kind.operands[0])
        try:
            made = kind(**{name: _lettered(field) for name, field in kind.fields.items()})
            output = made.output(*xs)
            letters = zip((f"{letter}_out" for letter in axis_letters(output)), output.spatial, strict=True)
            sizes = [*letters, ("C_out" if output.spatial else "N_out", output.channels)]
            named = Shape(tuple(Letter(name) for name, _ in sizes[:-1]), Letter(sizes[-1][0]))
            rules = [*sizes, ("params", count(made.weights(*xs))), ("MACs", made.macs(named, *xs))]
        except (Misfit, ValueError, TypeError):
            continue
        return [(name, write(rule, style)) for name, rule in rules if not _zero(rule)]
    return []


def _zero(number: Number) -> bool:
    return isinstance(number, int) and number == 0


def _lettered(field: Field) -> Any:
    """A value of the field that keeps a rule general: its letter where it is a number."""
    if isinstance(field, Sizes):
        return tuple(Letter(f"{field.letter}_{n}") for n in (1, 2, 3)) if field.letter else (1, 2, 3)
    if isinstance(field, Count | Padding) and field.letter and not field.special:
        return Letter(field.letter)
    return field.words[0] if isinstance(field, Word) and field.default is REQUIRED else field.default
