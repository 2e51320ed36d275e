"""Reference kernels. The forward pass of a kind is the function of its name in the file of its name: ``kinds/conv.py``
is served by ``kernels/conv.py``, and so the folder is the registry here too.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cnncalc.errors import EngineError
from cnncalc.kinds.base.kind import Kind

#: A reference kernel: (kind, its weights by name, operands) -> output.
Kernel = Callable[..., Any]

_known: dict[type[Kind], Kernel] = {}


def find(kind: Kind) -> Kernel:
    """The reference kernel of ``kind``. Raises EngineError where there is none."""
    found = _known.get(type(kind))
    if found is None:
        found = _known[type(kind)] = _find(kind)
    return found


def _find(kind: Kind) -> Kernel:
    """The function of the kind's name in the engine's file beside its own, or beside a base's."""
    word = kind.word()
    for base in type(kind).__mro__:
        room, _, stem = base.__module__.rpartition(".")
        if not room.startswith("cnncalc.kinds") or find_spec(f"cnncalc.engine.kernels.{stem}") is None:
            continue
        found: Kernel | None = getattr(import_module(f"cnncalc.engine.kernels.{stem}"), word, None)
        if found is not None:
            return found
    label = getattr(kind, "label", None)
    what = f"{word} ({label})" if label else word
    raise EngineError(f"the engine has no forward pass for {what}")
