"""A kind's rules in general: its own methods, fed letters that have no value."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.fields import REQUIRED, Count, Field, Padding, Sizes, Word
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.base.kind import Kind, Misfit, axis_letters
from cnncalc.kinds.base.weights import count
from cnncalc.shape import Shape
from cnncalc.spec import vocabulary
from cnncalc.symbolic.expr import Letter, Number, write


class Description(NamedTuple):
    """A kind for a reader: what it does, its fields, its rules as ``(quantity, formula)``, and where they are from.

    ``example`` is YAML, ``names`` what it is called elsewhere by framework, ``group`` what it is listed under.
    """

    kind: str
    text: str
    fields: list[dict[str, Any]]
    rules: list[tuple[str, str]]
    reference: str
    example: str
    names: dict[str, list[str]]
    group: str


def describe(kind: type[Kind], style: str = "text") -> Description:
    """What there is to know of a kind."""
    fields = [
        {
            "name": name,
            "letter": field.letter,
            "default": "must be given" if field.default is REQUIRED else _default(field),
            "doc": _meaning(field),
        }
        for name, field in kind.fields.items()
    ]
    text = " ".join((kind.__doc__ or "").replace("``", "").split())
    word = kind.word()
    rules = _rules(kind, style)
    if issubclass(kind, Function):
        rules.append(("dy_i/dx_j" if kind.over_channels else "dy/dx", kind.derivative.removeprefix("dy_i/dx_j = ")))
    names = vocabulary.names(word)
    return Description(word, text, fields, rules, kind.reference, _example(kind), names, group(kind))


def _meaning(field: Field) -> str:
    """What a field means, with the words that it takes; a long list of activations has a page of its own."""
    words = getattr(field, "words", ())
    if not words or (words == FUNCTIONS and field.default is not REQUIRED):
        return field.doc
    if isinstance(field, Padding):
        return f"{field.doc}; or {', '.join(words)}"
    return f"{field.doc}: {', '.join(words)}" if field.doc else ", ".join(words)


def group(kind: type[Kind]) -> str:
    """What a kind is listed under."""
    stem = kind.__module__.rpartition(".")[2]
    return next((name for name, stems in GROUPS.items() if stem in stems), "other layers")


#: The files of the kinds by what they have in common.
GROUPS = {
    "convolutions": ("conv", "locally_connected", "patch_embedding", "deformable_conv", "conv_lstm"),
    "pooling": ("pool",),
    "dense": ("dense", "matmul", "bias"),
    "normalisation": ("norm", "lrn"),
    "activations": ("activation", "prelu"),
    "sizes and order": ("flatten", "reshape", "permute", "pad", "crop", "upsample", "shuffle", "split", "slice"),
    "merging": ("add", "subtract", "multiply", "average", "maximum", "concat"),
    "sequences": ("rnn", "lstm", "gru", "embedding", "positional_encoding", "class_token", "repeat_vector", "select"),
    "attention": ("attention", "transformer_encoder", "transformer_decoder"),
    "training": ("dropout", "stochastic_depth", "scale"),
}


def _example(kind: type[Kind]) -> str:
    """The kind in a spec, with the fields that must be given."""
    word = kind.word()
    needed = {name: _EXAMPLE.get(name, 2) for name, field in kind.fields.items() if field.default is REQUIRED}
    if kind.operands[0] > 1 or kind.operands[1] > 9:
        return f"- {word}: [a, b]  # the names of layers above"
    if not needed:
        return f"- {word}"
    listed = ", ".join(f"{name}: {example}" for name, example in needed.items())
    short = f"- {word}: {next(iter(needed.values()))}" if len(needed) == 1 else ""
    return short or f"- {word}: {{{listed}}}"


_EXAMPLE = {
    "filters": 64, "kernel": 3, "units": 10, "vocab": 10000, "dim": 128, "heads": 8, "ff": 2048, "shape": "4x4x8",
    "order": "[2, 1]", "function": "relu", "patch": 16, "groups": 4, "index": 1, "output": 1,
}  # fmt: skip


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
