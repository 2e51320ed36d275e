"""The packaged examples: as a list."""

from __future__ import annotations

import re

from cnncalc.render.forms import json
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import write

FORMATS = ("table", "json")
_COLUMNS = [Column("name", "Name"), Column("about", "About")]
_ABOUT = re.compile(r"# (.+?)(?:[:.](?:\s|$)|,? \(|$)", re.MULTILINE)


def render(texts: dict[str, str], format: str, *, to_file: bool = False) -> str:
    """Each name with the first words that its file says about itself."""
    rows = []
    for name, content in texts.items():
        found = _ABOUT.match(content)
        rows.append({"name": f"@{name}", "about": found[1] if found else ""})
    if format == "json":
        return json.dumps(rows, 1) + "\n"
    return write(Sheet("", _COLUMNS, rows, ["cnncalc summary @NAME; cnncalc examples NAME shows its text"]), format,
                 to_file=to_file)  # fmt: skip
