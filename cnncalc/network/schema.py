"""The JSON Schema (draft-07) of a spec file, made from the fields of the kinds: editors complete and check with it."""

from __future__ import annotations

from typing import Any

from cnncalc import kinds
from cnncalc.kinds.base.fields import REQUIRED
from cnncalc.kinds.base.kind import Kind
from cnncalc.network.blocks import MERGES
from cnncalc.shape import LAYOUTS, WITH_BATCH
from cnncalc.spec.demand import QUANTITIES, TOTALS
from cnncalc.spec.objective import LOSSES

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}  # YAML reads a name such as 5 or true as these
_WHOLE: Schema = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
_SIZES: Schema = {
    "description": "sizes such as 64x64x3, or a list of them",
    "anyOf": [{"type": "integer"}, {"type": "string"},
              {"type": "array", "items": _WHOLE, "minItems": 1, "maxItems": 4}],
}  # fmt: skip
_NUMBERS: Schema = {
    "anyOf": [{"type": ["number", "string"]}, {"type": "array", "items": {"$ref": "#/definitions/numbers"}}]
}
_LAYERS: Schema = {"type": "array", "items": {"$ref": "#/definitions/layer"}}


def schema() -> Schema:
    """The schema of a spec file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cnncalc network",
        "type": "object",
        "required": ["input"],
        "additionalProperties": False,
        "properties": _properties(),
        "definitions": {"layer": _layer(), "from": _from(), "expect": _expect(QUANTITIES), "numbers": _NUMBERS},
    }


def _properties() -> Schema:
    block = _object({"args": {"type": ["object", "null"]}, "layers": _LAYERS}, ["layers"])
    return {
        "name": _TEXT,
        "layout": {"enum": _layouts(), "description": "order in which sizes are written"},
        "input": {
            "description": "sizes of one example, or inputs by name",
            "anyOf": [*_SIZES["anyOf"], {"type": "object", "additionalProperties": _SIZES, "minProperties": 1}],
        },
        "layers": {**_LAYERS, "minItems": 1},
        "encoder": {**_LAYERS, "minItems": 1},
        "decoder": {"anyOf": [_LAYERS, {"const": "mirror"}]},
        "define": {"type": "object", "additionalProperties": block, "description": "blocks by name, for use"},
        "expect": _expect(TOTALS),
        "objective": _objective(),
        "values": {
            "description": "numbers for inputs, weights (conv1.kernel), states and the target, as nested lists",
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/numbers"},
        },
        "given": {"type": "object", "description": "layer.quantity: value, for the solver"},
    }


def _layouts() -> list[str]:
    return [*LAYOUTS, *WITH_BATCH, *map(str.lower, WITH_BATCH)]


def _objective() -> Schema:
    number = {"type": ["number", "string"]}
    sparsity = _object({"layer": _TEXT, "target": number, "weight": number}, ["layer"])
    return _object({"loss": {"enum": list(LOSSES)}, "sparsity": sparsity}, [])


def _expect(quantities: tuple[str, ...]) -> Schema:
    values = {"anyOf": [{"type": ["integer", "string"]}, {"type": "array", "items": _WHOLE}]}
    return {
        "type": "object",
        "description": "quantities that must come out; a text may be a bound such as <= 1000",
        "additionalProperties": False,
        "properties": dict.fromkeys(quantities, values),
    }


def _from() -> Schema:
    return {
        "description": "the layer, or layers, that this one reads; default: the one above",
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
    }


def _layer() -> Schema:
    """A bare word, or a mapping of one kind to its fields."""
    found = kinds.every()
    bare = [
        word for word, kind in found.items() if all(field.default is not REQUIRED for field in kind.fields.values())
    ]
    properties = {word: _kind(kind) for word, kind in found.items()} | _blocks()
    layer = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"anyOf": [{"enum": bare}, {**layer, "properties": properties}]}


def _kind(kind: type[Kind]) -> Schema:
    fields = {
        name: {**field.schema(), "description": field.doc}
        | ({} if field.default in (REQUIRED, None) or field.same_as else {"default": field.default})
        for name, field in kind.fields.items()
    }
    required = [name for name, field in kind.fields.items() if field.default is REQUIRED]
    forms: list[Schema] = [_object({**fields, **_common()}, required)]
    if kind.fields and required in ([], [next(iter(kind.fields))]):
        forms.append(next(iter(fields.values())))
    if not required:
        forms.append({"type": "null"})
    return {"description": " ".join((kind.__doc__ or "").split()), "anyOf": forms}


def _common() -> Schema:
    return {
        "name": {**_TEXT, "pattern": r"^(?!input$)[\w. -]+$"},
        "from": {"$ref": "#/definitions/from"},
        "expect": {"$ref": "#/definitions/expect"},
        "trainable": {"type": "boolean", "default": True},
    }


def _blocks() -> Schema:
    branches = {"type": "array", "items": _LAYERS, "minItems": 1}
    merged = {"branches": branches, "merge": {"enum": list(MERGES)}, **_common()}
    function = kinds.every()["activation"].fields["function"].schema()
    tied = {"transposed": {"type": "boolean"}, "bias": {"type": "boolean"}, "activation": function}
    use = {"block": _TEXT, "layer": _TEXT, **tied, **_common()}
    experts = {"experts": _WHOLE, "top": _WHOLE, "layers": _LAYERS, **_common()}
    return {
        "residual": _object({"body": _LAYERS, "shortcut": _LAYERS, "activation": function, **_common()}, ["body"]),
        "parallel": {"anyOf": [branches, _object(merged, ["branches"])]},
        "repeat": _object({"times": _WHOLE, "layers": _LAYERS, **_common()}, ["times", "layers"]),
        "sequential": {"anyOf": [_LAYERS, _object({"layers": _LAYERS, **_common()}, ["layers"])]},
        "moe": _object(experts, ["experts", "top", "layers"]),
        "use": {"anyOf": [_TEXT, {"type": "object", "properties": use}]},
    }


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
