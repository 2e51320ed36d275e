"""``cnncalc schema``."""

from __future__ import annotations

from cnncalc.cli import io, options
from cnncalc.network import schema as room
from cnncalc.render.forms import json

EXAMPLE = "Example: cnncalc schema --output cnncalc.schema.json"


def schema(output: options.Output = None) -> int:
    """The JSON Schema (draft-07) of the spec file, with which an editor completes and checks."""
    io.emit(json.dumps(room.schema(), 1) + "\n", output)
    return 0
