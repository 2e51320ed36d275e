"""Something to say about a network, how serious it is, and where."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from cnncalc.errors import Mark

Severity = Literal["error", "warning", "note"]


class Finding(NamedTuple):
    """Something to say about a layer or an input (None: about the totals). ``expected`` and ``got`` as in the JSON.

    ``severity``: an ``error`` is an ``expect`` that failed, a ``warning`` is likely to be a mistake, a ``note`` is what
    one should know, such as a size that was rounded.
    """

    mark: Mark
    layer: str | None
    quantity: str
    expected: Any
    got: Any
    message: str
    severity: Severity
