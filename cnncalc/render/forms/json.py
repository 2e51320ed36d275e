"""The one writer of JSON: whatever is printed is printable, and a long result is written record by record."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.render.forms.text import only_ascii


def dumps(data: Any, indent: int | None = None) -> str:
    """``data`` as JSON. A character that could move a cursor or hide is escaped, and so is every character that
    standard output cannot take.
    """
    import json

    text = json.dumps(data, ensure_ascii=only_ascii(sys.stdout), indent=indent)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def pieces(fields: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """An object as pieces of JSON: a key on each line, and for a list or iterator of objects, an object on each line.

    Only one of these objects is in memory, and a value is computed after those before it are written.
    """
    start = "{"
    for key, value in fields:
        yield f"{start}{dumps(key)}: "
        start = ",\n "
        if isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            before = "["
            for record in value:
                yield f"{before}\n  {dumps(record)}"
                before = ","
            yield "]" if before == "," else "[]"
        else:
            yield dumps(value)
    yield "}\n"


def lines(fields: dict[str, Any]) -> str:
    """The same object as one text."""
    return "".join(pieces(fields.items()))
