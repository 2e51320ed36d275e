"""``cnncalc schema``."""

from __future__ import annotations

import json

from cnncalc.cli import io, options
from cnncalc.network import schema as room

EXAMPLE = "Example: cnncalc schema --output cnncalc.schema.json"


def schema(output: options.Output = None) -> int:
    """The JSON Schema (draft-07) of the spec file, with which an editor completes and checks."""
    io.emit(json.dumps(room.schema(), indent=1) + "\n", output)
    return 0
