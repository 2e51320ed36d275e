"""The library: load a spec, work it out, explain it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc import network
from cnncalc.errors import Source, SpecError
from cnncalc.limits import Limits
from cnncalc.network.model import Network
from cnncalc.spec import document
from cnncalc.summary import findings, infer
from cnncalc.summary.finding import Finding
from cnncalc.summary.rows import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.engine.model import Model
    from cnncalc.explain.layer import Explanation
    from cnncalc.solve import NetworkSolution

__all__ = ["Net", "calc", "load", "parse"]


class Net:
    """A network, resolved: blocks written out, names and ``from`` bound. Made by :func:`load` and its kin."""

    def __init__(self, resolved: Network) -> None:
        self.network = resolved

    def __repr__(self) -> str:
        return f"<Net {self.name or 'without a name'}: {len(self.network.layers)} layers>"

    @property
    def name(self) -> str:
        """The name that the spec gives, or an empty text."""
        return self.network.name

    @cached_property
    def _summary(self) -> Summary:
        return self.summary()

    def summary(self) -> Summary:
        """Every layer's output, parameters and multiply-accumulates, and the totals.

        Raises SpecError where layers do not fit their inputs: each with its place, its working and what to try.
        """
        return infer.infer(self.network)

    def findings(self, *, strict: bool = False) -> list[Finding]:
        """Failed ``expect``s and lint; with ``strict`` also sizes that had to be rounded."""
        return findings.find(self._summary, strict=strict)

    def explain(self, layer: str | None = None) -> list[Explanation]:
        """The working of every layer, or of the one called ``layer``. Raises UsageError where there is none."""
        from cnncalc.explain import layer as working

        summary = self.summary()
        return [working.explain(summary, row) for row in working.choose(summary, layer)]

    def build(self, weights: str | Mapping[str, Any] | None = None, seed: int = 0, engine: str = "fast") -> Model:
        """The network in NumPy, called on arrays: ``model(x)``; see :class:`cnncalc.engine.model.Model`.

        ``weights`` is the path of an ``.npz`` file, arrays by name (``{"Conv1/kernel": ...}``), or None: drawn by
        ``seed``. Raises SpecError with every array that does not fit, LimitError, UsageError.

        >>> load("specs/worked-example.yaml").build()([[[[0.0] * 3] * 64] * 64]).shape
        (1, 10)
        """
        from cnncalc.engine import model

        return model.build(self._summary, weights, seed, self.network.limits, engine)

    def solve(self) -> NetworkSolution:
        """The unknown letters, from what the spec demands; the algebra in ``working``.

        Raises NoSolution with what is demanded and what would come out, SpecError or LimitError.
        """
        from cnncalc import solve

        return solve.network(self.network)


def load(path: str, limits: Limits | None = None) -> Net:
    """The network in the YAML file at ``path`` (``-``: standard input).

    Raises UsageError (no such file), SpecError (every problem of the file, each with file:line:col) or LimitError.

    >>> load("specs/worked-example.yaml").summary().totals.params
    183242
    """
    from cnncalc.spec import source

    limits = limits or Limits()
    return _read(source.load(path, limits), limits)


def parse(text: str, limits: Limits | None = None) -> Net:
    """The network in a YAML text. Raises as :func:`load` does.

    >>> parse("input: 28x28x1\\nlayers: [{conv: {filters: 10, kernel: 5}}]").summary()["conv1"].params
    260
    """
    return _read(Source("<text>", text), limits or Limits())


def _read(source: Source, limits: Limits) -> Net:
    from cnncalc.spec import reader

    return Net(network.build(document.read(reader.read(source, limits), limits)))


def calc(size: str, *layers: str, limits: Limits | None = None, layout: str = "channels_last") -> Net:
    """The network of one line: ``calc("28x28x1", "conv:10,kernel=5,padding=2", "maxpool:2", "dense:10")``.

    Raises UsageError with the argument that is wrong and the form expected.
    """
    from cnncalc.errors import UsageError
    from cnncalc.network import line

    limits = limits or Limits()
    try:
        return Net(network.build(document.read(line.read(size, layers, layout), limits)))
    except SpecError as error:
        raise UsageError(error.problems) from None
