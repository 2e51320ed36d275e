"""The part of the JSON Schema that says what a layer is: kinds and blocks, in our words and in those of others.

Our words are properties, which an editor offers; the words of other frameworks are patterns, which it accepts.
A layer stands in one of three places, and may be more in each than in the one before: in a file without ``define``, in
one with it (its blocks can be placed by name), and inside a block (where an argument may stand for any value).
"""

from __future__ import annotations

from typing import Any

from cnncalc import kinds
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.fields import REQUIRED, Field, Flag, Real, Word
from cnncalc.kinds.base.kind import Kind
from cnncalc.network.blocks import MERGES, PLACERS
from cnncalc.network.scope import COMMON, merges
from cnncalc.network.translation import SPECIAL
from cnncalc.spec.demand import QUANTITIES
from cnncalc.spec.vocabulary import patterns
from cnncalc.spec.vocabulary.fields import DEFAULTS, FIELDS

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "number", "boolean"]}  # YAML reads a name such as 5 or true as these
WHOLE: Schema = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
PLACES = ("layer", "layer_or_block", "layer_in_block")
_TEXTS: Schema = {"type": "array", "items": TEXT, "minItems": 1}
_CALL = r"^[A-Za-z_][\w.]*\(.*\)$"
_TORN = r"^[^(]*\)$|^ *[0-9]+ *$"  # what YAML makes of the end of (5, 5) inside { }
_IN_BLOCK = "_in_block"
_PLAIN = ["string", "number", "boolean", "array"]


def definitions() -> Schema:
    """Everything that the schema refers to."""
    found: Schema = {"from": _from(), "expect": expect(QUANTITIES), "unread": {"pattern": patterns.unread(SPECIAL)}}
    found["activation"] = _words(Word(FUNCTIONS))
    found["word"] = {"pattern": "|".join(patterns.kind(word) for word in (*kinds.every(), *PLACERS))}
    found["bare"] = _bare()
    for place in PLACES:
        found[place] = _layer(place)
        found[f"{place}s"] = layers(place)
    for inside, suffix in ((False, ""), (True, _IN_BLOCK)):
        for word, kind in kinds.every().items():
            own = f"kind_{word}{suffix}"
            found[own] = _kind(kind, own, inside=inside)
            if _defaults(word):
                found[f"{own}_with_defaults"] = _mapping(kind, own, _fields(kind, inside=inside), [])
    return found


def layers(place: str) -> Schema:
    """A list of layers; one layer is a list of one."""
    return {"anyOf": [{"type": "array", "items": _ref(place)}, _ref(place)]}


def expect(quantities: tuple[str, ...]) -> Schema:
    """Quantities that must come out."""
    values = {"anyOf": [{"type": ["integer", "string"]}, {"type": "array", "items": WHOLE}]}
    return {
        "type": "object",
        "description": "quantities that must come out; a text may be a bound such as <= 1000",
        "additionalProperties": False,
        "properties": dict.fromkeys(quantities, values),
        "patternProperties": {patterns.quantity(name): values for name in quantities},
    }


def named(properties: Schema, required: list[str], more: Schema | None = None) -> Schema:
    """A mapping with these keys alone, and those that match the patterns of ``more``."""
    found = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    return found | ({"patternProperties": more} if more else {})


def _from() -> Schema:
    return {
        "description": "the layer, or layers, that this one reads; default: the one above",
        "anyOf": [TEXT, _TEXTS],
    }


def _layer(place: str) -> Schema:
    """A bare word, a mapping of one kind to its fields, or one with the fields beside the kind."""
    found = kinds.every()
    suffix = _IN_BLOCK if place == "layer_in_block" else ""
    refs = {word: _ref(f"kind_{word}{suffix}") for word in found} | _blocks(place)
    refs["linear"] = {"anyOf": [refs["linear"], refs["dense"]]}  # with a value it is PyTorch's
    one: Schema = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": refs}
    bare, beside = _ref("bare"), _beside()
    if place == "layer":
        beside["not"] = {"propertyNames": {"not": _ref("word")}}  # not every key is something else
        words = {patterns.kind(word): _elsewhere(word, ref, suffix) for word, ref in refs.items()}
        one |= {"additionalProperties": False, "patternProperties": {**words, _CALL: {"type": "null"}}}
    else:  # the names of a file's blocks are not known here
        bare = {"anyOf": [bare, {"type": "string", "not": {"enum": [*found, *PLACERS]}}]}
    return {"anyOf": [bare, one, beside]}


def _beside() -> Schema:
    """A kind and its fields side by side: a forgotten indent, which the reader understands."""
    value = {"type": [*_PLAIN, "null"]}
    both: Schema = {"properties": {name: {} for name in COMMON}, "additionalProperties": value}
    fields: Schema = {"anyOf": [{"required": [name]} for name in COMMON]}  # a kind with its fields, and one of these
    fields["propertyNames"] = {"anyOf": [{"enum": list(COMMON)}, _ref("word")]}
    return {"type": "object", "minProperties": 2, "anyOf": [both, fields]}


def _bare() -> Schema:
    """The words that need no field, or none where the framework's own layer has a default."""
    own, others = ["last"], [_CALL]
    for word, kind in kinds.every().items():
        own += [word] if not _required(kind) else []
        others += [patterns.kind(word)] if _required(kind) <= _defaults(word) else []
    return {"anyOf": [{"enum": own}, {"type": "string", "pattern": "|".join(others)}]}


def _elsewhere(word: str, ref: Schema, suffix: str) -> Schema:
    """A kind by another's name: also with its values by their places, and with the framework's defaults."""
    if _defaults(word):
        ref = {"anyOf": [ref, _ref(f"kind_{word}{suffix}_with_defaults")]}
    return {"anyOf": [ref, {"type": [*_PLAIN, "null"]}]}


def _required(kind: type[Kind]) -> set[str]:
    return {name for name, field in kind.fields.items() if field.default is REQUIRED}


def _defaults(word: str) -> set[str]:
    """The fields that have a default in another framework."""
    return {name for (_, kind), fields in DEFAULTS.items() if kind == word for name in fields}


def _kind(kind: type[Kind], here: str, *, inside: bool) -> Schema:
    """The fields of a kind, by our names and by those of others, or its value alone; ``here`` is what it is called."""
    own = _fields(kind, inside=inside)
    required = [name for name in kind.fields if name in _required(kind)]
    forms: list[Schema] = [_mapping(kind, here, own, required)]
    if merges(kind):
        forms.append(_TEXTS)
    elif kind.fields and required in ([], [next(iter(kind.fields))]):
        forms.append(WHOLE if kind.restates else next(iter(own.values())))
    if not required:
        forms.append({"type": "null"})
    return {"description": " ".join((kind.__doc__ or "").split()), "anyOf": forms}


def _fields(kind: type[Kind], *, inside: bool) -> Schema:
    return {
        name: {**_value(kind.word(), name, field, inside=inside), "description": field.doc}
        | ({} if field.default in (REQUIRED, None) or field.same_as else {"default": field.default})
        for name, field in kind.fields.items()
    }


def _mapping(kind: type[Kind], here: str, own: Schema, required: list[str]) -> Schema:
    """The fields of a kind by name; those ``required`` by any of their names."""
    word, theirs = kind.word(), FIELDS.get(kind.word(), {})
    renamed = {patterns.field(word, n): _ref(f"{here}/anyOf/0/properties/{n}") for n in own if n in theirs}
    others = [*renamed, *([patterns.field(word, "in_channels")] if "in_channels" in theirs else [])]
    names = {"anyOf": [{"enum": [*own, *common()]}, {"pattern": "|".join([*others, _TORN])}, _ref("unread")]}
    needed = [_has(patterns.field(word, name)) if name in theirs else {"required": [name]} for name in required]
    found = {"type": "object", "properties": {**own, **common()}, "patternProperties": renamed, "propertyNames": names}
    return found | ({"allOf": needed} if needed else {})


def _has(pattern: str) -> Schema:
    """That a key matches ``pattern``: not every key is another one."""
    return {"not": {"propertyNames": {"not": {"pattern": pattern}}}}


def _value(word: str, name: str, field: Field, *, inside: bool) -> Schema:
    """The values of a field; inside a block, the name of an argument may take its place."""
    own: Schema = field.schema()
    if isinstance(field, Word):
        own = _ref("activation") if field.words == FUNCTIONS else _words(field)
    more: list[Schema] = [{"type": "string"}] if inside and isinstance(field, Word | Flag | Real) else []
    if not SPECIAL.keys().isdisjoint((name, *FIELDS.get(word, {}).get(name, "").split())):
        more.append(WHOLE)  # the number of an axis, or a word that others have here
    return {"anyOf": [own, *more]} if more or "$ref" in own else own


def _words(field: Word) -> Schema:
    return {"anyOf": [field.schema(), {"type": "string", "pattern": patterns.value(field.words)}]}


def common() -> Schema:
    """The fields that every layer takes."""
    return {
        "name": {**TEXT, "pattern": r"^(?!input$)[\w. -]+$"},
        "from": _ref("from"),
        "expect": _ref("expect"),
        "trainable": {"type": "boolean", "default": True},
    }


def _blocks(place: str) -> Schema:
    inner = _ref(f"{place}s")
    body = {"body": inner, "layers": inner}
    either = [{"required": ["body"]}, {"required": ["layers"]}]
    branches = {"type": "array", "items": {"anyOf": [inner, named(body, [])]}, "minItems": 1}
    function = _value("activation", "function", Word(FUNCTIONS), inside=place == PLACES[2])
    residual = named({**body, "shortcut": inner, "activation": function, **common()}, [])
    merge = {"anyOf": [{"enum": list(MERGES)}, {"type": "string", "pattern": patterns.value(MERGES)}]}
    repeated = named({"times": WHOLE, "n": WHOLE, **body, **common()}, [])
    times = [{"required": ["times"]}, {"required": ["n"]}]
    experts = named({"experts": WHOLE, "top": WHOLE, **body, **common()}, ["experts", "top"])
    return {
        "residual": {"anyOf": [inner, {**residual, "oneOf": either}]},
        "parallel": {"anyOf": [branches, named({"branches": branches, "merge": merge, **common()}, ["branches"])]},
        "repeat": {**repeated, "allOf": [{"oneOf": either}, {"oneOf": times}]},
        "sequential": {"anyOf": [inner, {**named({**body, **common()}, []), "oneOf": either}]},
        "moe": {**experts, "oneOf": either},
        "use": {"anyOf": [TEXT, {"type": "object", "properties": _use(function)}]},
    }


def _use(function: Schema) -> Schema:
    tied = {"transposed": {"type": "boolean"}, "bias": {"type": "boolean"}, "activation": function}
    return {"block": TEXT, "layer": TEXT, **tied, **common()}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}
