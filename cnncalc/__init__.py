"""cnncalc: sizes, parameters, multiply-accumulates and receptive fields of networks, with the working.

>>> from cnncalc import load
>>> net = load("specs/worked-example.yaml")
>>> net.summary().totals.params
183242

A network comes from ``load`` (a file), ``parse`` (a YAML text or a dict), ``calc`` (one line), or a model:
``from_onnx``, ``from_keras``, ``from_torch``. The ``Net`` gives a ``Summary`` of ``Row`` and ``Totals``, each
``Finding``, the working, the unknown letters, and a ``Model`` in NumPy.
``window`` solves one window; ``check_answers`` recomputes problem files, ``mark_answers`` marks answer sheets.

What goes wrong is raised as a ``CnncalcError``, whose ``problems`` have the place, the numbers and what to try:
``SpecError`` (a file is invalid), ``UsageError`` (a bad argument), ``NoSolution``, ``LimitError`` (see ``Limits``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.api import (
        Finding,
        Net,
        Row,
        Summary,
        Totals,
        calc,
        from_keras,
        from_onnx,
        from_torch,
        load,
        parse,
    )
    from cnncalc.check.library import check_answers, mark_answers
    from cnncalc.engine.model import Model
    from cnncalc.errors import CnncalcError, LimitError, NoSolution, OutputError, SpecError, UsageError
    from cnncalc.limits import Limits
    from cnncalc.solve.window_solution import window

__version__ = "0.1.0"
__all__ = [
    "CnncalcError", "Finding", "LimitError", "Limits", "Model", "Net", "NoSolution", "OutputError", "Row", "SpecError",
    "Summary", "Totals", "UsageError", "calc", "check_answers", "from_keras", "from_onnx", "from_torch", "load",
    "mark_answers", "parse", "window",
]  # fmt: skip

_ELSEWHERE = {
    "Limits": "limits", "Model": "engine.model", "check_answers": "check.library", "mark_answers": "check.library",
    "window": "solve.window_solution",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names are loaded when first asked for: ``import cnncalc`` by itself costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'cnncalc' has no attribute {name!r}")
    from importlib import import_module

    errors = name.endswith("Error") or name == "NoSolution"
    return getattr(import_module(f"cnncalc.{_ELSEWHERE.get(name, 'errors' if errors else 'api')}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
