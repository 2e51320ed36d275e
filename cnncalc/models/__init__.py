"""Other people's models: a file becomes a spec, and its weights arrays in our layout.

``graph.py`` is the one form that every source is read into, ``patterns.py`` finds what belongs together in it,
``operators/`` says which layer each operator is, ``importer.py`` walks the graph and ``spec.py`` writes the YAML.
Nothing in a model file is executed, and every size in it is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cnncalc.errors import SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.models.graph import Graph

_REFUSED = {
    ".pt": "export it with torch.onnx.export", ".pth": "export it with torch.onnx.export",
    ".pkl": "a pickle can run code: export the model as ONNX", ".h5": "save it as .keras, or export it as ONNX",
    ".pb": "export the model as ONNX", ".tflite": "export the model as ONNX",
}  # fmt: skip


class Imported(NamedTuple):
    """A model as a spec: its YAML, its weights by ``layer/weight`` (None: it has none), and remarks on it."""

    text: str
    weights: Mapping[str, Any] | None
    remarks: list[str]


def read(path: str, limits: Limits, *, partial: bool = False, flat: bool = True) -> Imported:
    """The model in the file ``path``. With ``partial`` an operator without a layer becomes an ``opaque`` layer.

    ``flat``: each layer is written, under the name that the model gives it; otherwise stretches that repeat become
    definitions, and their layers have names inside the uses of these (``layer1.0/conv1``).

    Raises UsageError, LimitError, or SpecError with every operator that is not read.
    """
    if path == "-":
        raise UsageError(
            "a model must be read from a file, not from standard input", help="give the path of an .onnx file"
        )
    for suffix, help in _REFUSED.items():
        if path.lower().endswith(suffix):
            raise SpecError(f"{path}: {suffix} files are not read", help=help)
    if is_keras(path):
        from cnncalc.models import keras

        return _imported(keras.read(path, limits), keras.layers.find, partial=partial, flat=flat)
    from cnncalc.models import onnx

    return _imported(onnx.read(path, limits), partial=partial, flat=flat)


def read_keras(model: Any, limits: Limits, *, partial: bool = False) -> Imported:
    """A loaded Keras model. Raises UsageError, or SpecError as :func:`read` does."""
    from cnncalc.models import keras

    return _imported(keras.read_model(model, limits), keras.layers.find, partial=partial)


def read_torch(module: Any, examples: tuple[Any, ...], *, partial: bool = False) -> Imported:
    """A PyTorch module that is called with ``examples``. Raises UsageError, or SpecError as :func:`read` does."""
    from cnncalc.models import pytorch

    return _imported(pytorch.read(module, examples), partial=partial)


def is_keras(path: str) -> bool:
    """Whether a file is a Keras model: by its name; for JSON, by its first bytes. Raises UsageError."""
    from cnncalc.spec.source import regular

    if not path.lower().endswith(".json"):
        return path.lower().endswith(".keras")
    with regular(path) as stream:
        return b'"class_name"' in stream.read(4096)


def _imported(
    graph: Graph, find: Callable[[str], Any] = lambda op: None, *, partial: bool, flat: bool = True
) -> Imported:
    """``find`` returns the reader of an operator that only this source has."""
    from cnncalc.models import operators, patterns
    from cnncalc.models.importer import Importer
    from cnncalc.models.spec import Written
    from cnncalc.models.weights import Weights

    graph.prune()
    graph = patterns.recognise(graph)
    fold = operators.constants.fold
    importer = Importer(graph, lambda op: find(op) or operators.find(op), fold, partial=partial)
    importer.run()
    written = Written(importer, flat=flat)
    return Imported(written.text, Weights(written.named()) or None, graph.remarks)
