"""cnncalc: sizes, parameters, multiply-accumulates and receptive fields of networks, with the working.

>>> from cnncalc import load
>>> net = load("specs/worked-example.yaml")
>>> net.summary().totals.params
183242
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.api import Net, calc, load, parse
    from cnncalc.errors import CnncalcError, LimitError, NoSolution, OutputError, SpecError, UsageError
    from cnncalc.limits import Limits

__version__ = "0.1.0"
__all__ = [
    "CnncalcError", "LimitError", "Limits", "Net", "NoSolution", "OutputError", "SpecError", "UsageError", "calc",
    "load", "parse",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names are loaded when first asked for: ``import cnncalc`` by itself costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'cnncalc' has no attribute {name!r}")
    from importlib import import_module

    room = "api" if name in ("Net", "calc", "load", "parse") else "limits" if name == "Limits" else "errors"
    return getattr(import_module(f"cnncalc.{room}"), name)
