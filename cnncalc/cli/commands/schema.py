"""``cnncalc schema``."""

from __future__ import annotations

from cnncalc.cli import io, options
from cnncalc.network import schema as room
from cnncalc.render.forms import json

EXAMPLE = "Example: cnncalc schema --output cnncalc.schema.json"


def schema(output: options.Output = None) -> int:
    """Print the JSON Schema of the spec file, for editors. It is draft-07; an editor completes and checks with it."""
    io.emit(json.dumps(room.schema(), 1) + "\n", output)
    return 0
