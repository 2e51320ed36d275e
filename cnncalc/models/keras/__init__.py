"""Keras models: a ``.keras`` file, a config as JSON, or a loaded model; all three are read through the config.

``archive.py`` opens files, ``places.py`` finds arrays, ``walk.py`` makes a graph of the layers, ``operations.py`` says
which of them are operators that other sources also have, and ``layers/`` reads the rest, with a file for each family.
"""

from __future__ import annotations

import json
from typing import Any

from cnncalc.errors import SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.models.graph import Graph
from cnncalc.models.keras import archive, layers
from cnncalc.models.keras.places import Live, Place, Stored
from cnncalc.models.keras.walk import Walk

__all__ = ["layers", "read", "read_model"]


def read(path: str, limits: Limits) -> Graph:
    """The graph in the file ``path``. Raises UsageError, LimitError, or SpecError if it holds no model."""
    found = archive.read(path, limits)
    return _graph(path, found.config, found.version, Stored(found.weights) if found.weights else None, limits)


def read_model(model: Any, limits: Limits) -> Graph:
    """The graph of a loaded model. Raises UsageError if it is not a Keras model."""
    try:
        config = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        help = "give your own layers a get_config with the arguments of their constructor"
        raise UsageError(f"the model has no config: {reason}", help=help) from None
    except AttributeError:
        what = f"from_keras takes a model of Keras or a path, not a value of type {type(model).__name__}"
        raise UsageError(what) from None
    return _graph(type(model).__name__, config, str(config.get("keras_version", "")), Live(model), limits)


def _graph(source: str, config: Any, version: str, place: Place | None, limits: Limits) -> Graph:
    try:
        return Walk(source, config, old=version.startswith(("1.", "2.")), most=limits.layers).run(place)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        text = f"{source} is not a Keras model, or is damaged: {type(error).__name__} {str(error)[:80]}"
        raise SpecError(text, help=archive.HELP) from None
