"""Values as YAML: what the reader reads back."""

from __future__ import annotations

from typing import Any


def flow(value: Any) -> str:
    """A value as YAML on one line.

    >>> flow({"conv": {"filters": 10, "bias": False}, "text": "a: b"})
    '{conv: {filters: 10, bias: false}, text: "a: b"}'
    """
    import json

    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, str):
        bare = value.replace("_", "a").replace(".", "a").isalnum() and value.isascii()
        return value if bare else json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)
