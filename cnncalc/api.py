"""The library: load a network, work it out, explain it, build it; solve a window; check problems and mark answers."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc import network
from cnncalc.errors import Source, SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.network.model import Network
from cnncalc.spec import document
from cnncalc.summary import findings, infer, rows, stated
from cnncalc.summary.finding import Finding
from cnncalc.summary.rows import Row
from cnncalc.summary.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cnncalc.engine.model import Model
    from cnncalc.explain.layer import Explanation
    from cnncalc.models import Imported
    from cnncalc.solve import NetworkSolution
    from cnncalc.spec.node import Node

    Path = str | os.PathLike[str]

__all__ = [
    "Finding",
    "Net",
    "Row",
    "Summary",
    "Totals",
    "calc",
    "from_keras",
    "from_onnx",
    "from_torch",
    "load",
    "parse",
]


#: How the names of model files end; those of neither ONNX nor Keras are refused with what to do.
MODELS = (".onnx", ".keras", ".pt", ".pth", ".pkl", ".h5", ".pb", ".tflite")


class Summary(rows.Summary):
    """What was worked out of a network: a row for each layer, and the totals. ``print(summary)`` shows the table.

    ``summary["Conv1"]`` is the row of a layer; ``for row in summary`` goes through them in running order.
    """

    def __str__(self) -> str:
        """The table, as ``cnncalc summary`` prints it into a file."""
        from cnncalc.render import summary as render
        from cnncalc.render.data import summary_data

        data = summary_data(self, findings.find(self))
        return render.render(data, "table", None, to_file=True).rstrip("\n")


class Net:
    """A network, resolved: blocks written out, names and ``from`` bound. Made by ``load``, ``parse`` and ``calc``."""

    def __init__(self, resolved: Network, text: str = "", weights: Mapping[str, Any] | None = None) -> None:
        """``text`` is the YAML that it was read from, ``weights`` the arrays of an imported model, ``remarks``
        what its file no longer contains.
        """
        self.network, self.text, self.weights = resolved, text, weights
        self.remarks: list[str] = []

    def __repr__(self) -> str:
        return f"<Net {self.name or 'without a name'}: {len(self.network.layers)} layers>"

    @property
    def name(self) -> str:
        """The name that the spec gives, or an empty text."""
        return self.network.name

    @cached_property
    def _summary(self) -> Summary:
        return stated.checked(Summary(self.network, infer.infer(self.network).rows))

    def summary(self) -> Summary:
        """Every layer's output, parameters and multiply-accumulates, and the totals; worked out once.

        Raises SpecError if layers do not fit their inputs: each with its place, its working and what to try.
        """
        return self._summary

    def findings(self, *, strict: bool = False) -> list[Finding]:
        """Errors (an ``expect`` that failed), warnings and notes; with ``strict`` also sizes that had to be rounded."""
        return findings.find(self._summary, strict=strict)

    def explain(self, layer: str | None = None) -> list[Explanation]:
        """The working of every layer, or of the one called ``layer``. Raises UsageError if there is none."""
        from cnncalc.explain import layer as working

        return [working.explain(self._summary, row) for row in working.choose(self._summary, layer)]

    def build(self, weights: str | Mapping[str, Any] | None = None, seed: int = 0, engine: str = "fast") -> Model:
        """The network in NumPy, called on arrays: ``model(x)``; see :class:`cnncalc.engine.model.Model`.

        ``weights`` is the path of an ``.npz`` file, arrays by name (``{"Conv1/kernel": ...}``), or None: those of an
        imported model, else drawn by ``seed``. Raises SpecError with every array that does not fit, LimitError or
        UsageError.

        >>> load("specs/worked-example.yaml").build()([[[[0.0] * 3] * 64] * 64]).shape
        (1, 10)
        """
        from cnncalc.engine import model

        model.check_known(self._summary)
        own = self.weights if weights is None else weights
        return model.build(self._summary, own, seed, self.network.limits, engine)

    def export(self, target: str, weights: str | Mapping[str, Any] | None = None, seed: int = 0) -> bytes:
        """The network as the file of another tool: ``onnx``, ``pytorch``, ``keras``, ``mermaid`` or ``dot``.

        ``weights`` and ``seed`` as for :meth:`build`; code can load weights where they are given.

        Raises UsageError, LimitError, or SpecError with every layer that the target cannot express.

        >>> parse("{input: 4, layers: [dense: 2]}").export("mermaid").decode().splitlines()[0]
        'flowchart TD'
        """
        from cnncalc import export

        own = self.weights if weights is None else weights
        return b"".join(export.export(self._summary, target, own, seed, self.network.limits))

    def to_yaml(self) -> str:
        """The spec that the network was read from; for an imported model, the spec that says it."""
        return self.text

    def solve(self) -> NetworkSolution:
        """The unknown letters, from what the spec demands; the algebra in ``working``.

        Raises NoSolution with what is demanded and what would come out, SpecError or LimitError.
        """
        from cnncalc import solve

        return solve.network(self.network)


def load(path: Path, limits: Limits | None = None) -> Net:
    """The network in the YAML file at ``path`` (``-``: standard input), or in a file of ONNX or Keras.

    See :func:`from_onnx` and :func:`from_keras` for models.

    Raises UsageError (no such file), SpecError (every problem of the file, each with file:line:col) or LimitError.

    >>> load("specs/worked-example.yaml").summary().totals.params
    183242
    """
    from cnncalc.spec import source

    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"load takes the path of a file, not {_type(path)}", help="parse takes a text or a dict")
    limits = limits or Limits()
    if _is_model(os.fspath(path)):
        return read_model(path, limits)
    return _read(source.load(os.fspath(path), limits), limits)


def from_onnx(path: Path, limits: Limits | None = None, *, partial: bool = False) -> Net:
    """The network in an ONNX file, with its weights. ``net.to_yaml()`` is its spec, ``net.build()`` runs it.

    ``partial``: an operator that no layer can express becomes an ``opaque`` layer, where the file has its sizes. Raises
    UsageError (no such file), SpecError (every operator that is not read) or LimitError.
    """
    return read_model(path, limits or Limits(), partial=partial)


def from_keras(model: Any, limits: Limits | None = None, *, partial: bool = False) -> Net:
    """The network of a Keras model, with its weights: a model that is loaded, or the path of a ``.keras`` file or of a
    ``config.json``, which has no weights.

    Arrays in a file are read with h5py (``pip install "cnncalc[keras]"``), everything else without a package.
    ``partial`` and what is raised are as for :func:`from_onnx`.
    """
    from cnncalc import models

    limits = limits or Limits()
    if isinstance(model, str | os.PathLike):
        return read_model(model, limits, partial=partial)
    return _imported(models.read_keras(model, limits, partial=partial), type(model).__name__, limits)


def _is_model(path: str) -> bool:
    """Whether a file holds a model rather than a spec."""
    if not path.lower().endswith(".json"):
        return path.lower().endswith(MODELS)
    from cnncalc import models

    return models.is_keras(path)


def read_model(path: Path, limits: Limits, *, partial: bool = False, flat: bool = True) -> Net:
    """The network in a model file of any form; ``flat``: without definitions for what repeats in it."""
    from cnncalc import models

    found = models.read(os.fspath(path), limits, partial=partial, flat=flat)
    return _imported(found, os.fspath(path), limits)


def from_torch(module: Any, *examples: Any, limits: Limits | None = None, partial: bool = False) -> Net:
    """The network of a PyTorch module that is called with ``examples``, with its weights, through ``torch.export``.

    The first axis of each example is the batch. ``partial`` as for :func:`from_onnx`. Raises UsageError if the
    module cannot be traced, SpecError (every operator that is not read) or LimitError.
    """
    from cnncalc import models

    found = models.read_torch(module, examples, partial=partial)
    return _imported(found, type(module).__name__, limits or Limits())


def _imported(found: Imported, name: str, limits: Limits) -> Net:
    net = _read(Source(f"{name} as YAML", found.text), limits)
    net.weights, net.remarks = found.weights, found.remarks
    return net


def parse(text: str | Mapping[str, Any], limits: Limits | None = None) -> Net:
    """The network in a YAML text, or in a dict of the same keys. Raises as :func:`load` does.

    >>> parse("input: 28x28x1\\nlayers: [{conv: {filters: 10, kernel: 5}}]").summary()["conv1"].params
    260
    >>> parse({"input": (28, 28, 1), "layers": [{"conv": {"filters": 10, "kernel": 5}}]}).summary()["conv1"].params
    260
    """
    return _read(Source("<text>", text) if isinstance(text, str) else _as_text(text), limits or Limits())


def _as_text(data: object) -> Source:
    """A dict as a text that errors can point into: JSON, which YAML reads. Raises UsageError."""
    import json
    from collections.abc import Mapping

    if not isinstance(data, Mapping):
        raise UsageError(f"parse takes a YAML text or a dict, not {_type(data)}", help="load takes the path of a file")

    def plain(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        if hasattr(value, "tolist"):  # a number or an array of NumPy
            return value.tolist()
        raise UsageError(f"parse: {_type(value)} has no meaning in a spec", help="numbers, texts, lists and dicts have")

    return Source("<dict>", json.dumps(dict(data), indent=1, default=plain, ensure_ascii=False))


def _read(source: Source, limits: Limits) -> Net:
    from cnncalc.spec import reader

    net = _resolved(reader.read(source, limits), limits)
    net.text = source.text
    return net


def _resolved(root: Node, limits: Limits) -> Net:
    return Net(network.build(document.read(root, limits)))


def calc(
    size: str | int | Iterable[int | str],
    *layers: str,
    limits: Limits | None = None,
    layout: str = "channels_last",
    given: Iterable[str] | None = None,
) -> Net:
    """The network of one line: ``calc("28x28x1", "conv:10,kernel=5,padding=2", "maxpool:2", "dense:10")``.

    The sizes may be numbers: ``calc((28, 28, 1), ...)``. ``given`` is what ``Net.solve`` looks for, such as
    ``["conv1.output=28x28", "params<=1000"]``. Raises UsageError with the argument that is wrong and the
    form expected.
    """
    from cnncalc.network import line

    for layer in layers:
        if not isinstance(layer, str):
            help = 'calc((28, 28, 1), "conv:10,kernel=5", "dense:10"); parse takes layers as dicts'
            raise UsageError(f"calc: a layer is a text, not {_type(layer)}", help=help)
    limits = limits or Limits()
    try:
        return _resolved(line.read(_size(size), layers, layout, given), limits)
    except SpecError as error:
        raise UsageError(error.problems) from None


def _size(size: object) -> str:
    """The sizes of ``calc`` as a text. Raises UsageError."""
    from collections.abc import Iterable

    if isinstance(size, str):
        return size
    if isinstance(size, Iterable):
        return f"[{', '.join(map(str, size))}]"
    if hasattr(size, "__index__"):
        return str(size)
    help = 'a text such as "28x28x1", or a tuple such as (28, 28, 1)'
    raise UsageError(f"calc: {_type(size)} has no sizes", help=help)


def _type(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
