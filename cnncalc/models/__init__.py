"""Other people's models: a file becomes a spec, and its weights arrays in our layout.

``graph.py`` is the one form that every source is read into, ``patterns.py`` finds what belongs together in it,
``operators/`` says which layer each operator is, ``importer.py`` walks the graph and ``spec.py`` writes the YAML.
Nothing in a model file is executed, and no size in it is believed before it is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.errors import SpecError
from cnncalc.limits import Limits
from cnncalc.models.graph import Graph

_REFUSED = {
    ".pt": "torch.onnx.export writes a model that is read", ".pth": "torch.onnx.export writes a model that is read",
    ".pkl": "a pickle can run code: export the model as ONNX", ".h5": "export the model as ONNX",
    ".pb": "export the model as ONNX", ".tflite": "export the model as ONNX",
}  # fmt: skip


class Imported(NamedTuple):
    """A model as a spec: its YAML, its weights by ``layer/weight``, what is opaque, and what else is to be said."""

    text: str
    weights: Mapping[str, Any]
    remarks: list[str]


def read(path: str, limits: Limits, *, partial: bool = False) -> Imported:
    """The model in the file ``path``. With ``partial`` an operator without a layer becomes an ``opaque`` layer.

    Raises UsageError, LimitError, or SpecError with every operator that is not read.
    """
    for suffix, help in _REFUSED.items():
        if path.lower().endswith(suffix):
            raise SpecError(f"{path}: {suffix} files are not read", help=help)
    from cnncalc.models import onnx

    return _imported(onnx.read(path, limits), partial=partial)


def read_torch(module: Any, examples: tuple[Any, ...], *, partial: bool = False) -> Imported:
    """A PyTorch module that is called with ``examples``. Raises UsageError, or SpecError as :func:`read` does."""
    from cnncalc.models import pytorch

    return _imported(pytorch.read(module, examples), partial=partial)


def _imported(graph: Graph, *, partial: bool) -> Imported:
    from cnncalc.models import operators, patterns, spec
    from cnncalc.models.importer import Importer
    from cnncalc.models.weights import Weights

    graph = patterns.recognise(graph)
    importer = Importer(graph, operators.find, operators.constants.fold, partial=partial)
    importer.run()
    return Imported(spec.write(importer), Weights(importer.layers), graph.remarks)
