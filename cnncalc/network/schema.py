"""The JSON Schema (draft-07) of a spec file, made from the fields of the kinds: editors complete and check with it."""

from __future__ import annotations

from cnncalc.network import schema_layers
from cnncalc.network.schema_layers import TEXT, WHOLE, Schema, named
from cnncalc.shape import LAYOUTS, WITH_BATCH
from cnncalc.spec.demand import TOTALS
from cnncalc.spec.objective import LOSSES, REDUCTIONS
from cnncalc.spec.vocabulary import patterns

_SIZES: Schema = {
    "description": "sizes such as 64x64x3, or a list of them",
    "anyOf": [{"type": "integer"}, {"type": "string"},
              {"type": "array", "items": WHOLE, "minItems": 1, "maxItems": 5}],
}  # fmt: skip
_NUMBERS: Schema = {
    "anyOf": [{"type": ["number", "string"]}, {"type": "array", "items": {"$ref": "#/definitions/numbers"}}]
}


def schema() -> Schema:
    """The schema of a spec file. In one that defines blocks, their names are layers too."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cnncalc network",
        "type": "object",
        "anyOf": [{"required": [name]} for name in patterns.key("input")],
        "additionalProperties": False,
        "properties": _properties(),
        "if": {"required": ["define"]},
        "then": {"properties": _lists("layer_or_block")},
        "else": {"properties": _lists("layer")},
        "definitions": {**schema_layers.definitions(), "numbers": _NUMBERS},
    }


def _properties() -> Schema:
    inputs: Schema = {
        "description": "sizes of one example, or inputs by name",
        "anyOf": [*_SIZES["anyOf"], {"type": "object", "additionalProperties": _SIZES, "minProperties": 1}],
    }
    return {
        "name": TEXT,
        "layout": _layout(),
        **dict.fromkeys(patterns.key("input"), inputs),
        "layers": {},
        "encoder": {},
        "decoder": {},  # see _lists
        "define": {"type": "object", "additionalProperties": _definition(), "description": "blocks by name, for use"},
        "expect": schema_layers.expect(TOTALS),
        "objective": _objective(),
        "values": {
            "description": "numbers for inputs, weights (conv1.kernel), states and the target, as nested lists",
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/numbers"},
        },
        "given": {"type": "object", "description": "layer.quantity: value, for the solver"},
    }


def _lists(place: str) -> Schema:
    """The lists of layers at the top."""
    one = {"type": "array", "items": {"$ref": f"#/definitions/{place}"}, "minItems": 1}
    return {"layers": one, "encoder": one, "decoder": {"anyOf": [one, {"const": "mirror"}]}}


def _definition() -> Schema:
    inner = {"type": "array", "items": {"$ref": "#/definitions/layer_in_block"}}
    arguments = {"type": ["object", "array", "null"]}
    block = named({"args": arguments, "layers": inner, "body": inner, "shared": {"type": "boolean"}}, [])
    return {"anyOf": [inner, {**block, "anyOf": [{"required": ["layers"]}, {"required": ["body"]}]}]}


def _layout() -> Schema:
    words = [*LAYOUTS, *WITH_BATCH]
    known = {"anyOf": [{"enum": words}, {"type": "string", "pattern": patterns.value(words)}]}
    return {**known, "description": "order in which sizes are written"}


def _objective() -> Schema:
    number = {"type": ["number", "string"]}
    sparsity = named({"layer": TEXT, "target": number, "weight": number}, ["layer"])
    return named({"loss": {"enum": list(LOSSES)}, "reduction": {"enum": list(REDUCTIONS)}, "sparsity": sparsity}, [])
