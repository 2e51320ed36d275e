"""The sums over all layers, and the peak memory of the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cnncalc.network.model import Layer
from cnncalc.spec.demand import COUNTED
from cnncalc.summary.liveness import dying
from cnncalc.symbolic.arithmetic import largest
from cnncalc.symbolic.expr import Count, Number, total


class Counted(Protocol):
    """A row as the totals see it: its layer, its number, and the quantities that are summed."""

    layer: Layer
    index: int

    @property
    def activation_bytes(self) -> Count:
        """The memory of its output."""


class Totals:
    """Sums of the rows' quantities: ``params``, ``macs``, ...; the README says what each means."""

    params: Count
    trainable_params: Count
    non_trainable_params: Count
    weight_params: Count
    bias_params: Count
    macs: Count
    flops: Count
    activations: Count
    weight_bytes: Count
    activation_bytes: Count
    active_params: Count
    kv_cache_bytes: Count

    def __init__(self, rows: Sequence[Counted], inputs: int) -> None:
        """``inputs``: how many inputs the network has; the first row's output is the value of that number."""
        self._rows, self._inputs = rows, inputs

    def __repr__(self) -> str:
        return f"<Totals: {self.params} parameters, {self.macs} multiply-accumulates>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *COUNTED})

    def __getattr__(self, name: str) -> Count:
        if name not in COUNTED:
            raise AttributeError(name)
        result: Count = total(getattr(row, name) for row in self._rows)
        self.__dict__[name] = result
        return result

    @property
    def peak_activation_bytes(self) -> Count:
        """The largest sum of outputs alive at one time, in running order.

        An output lives from its own layer until the last layer that reads it; one that nothing reads, to the end.
        """
        alive: Number = 0
        peaks: list[Number] = []
        for row, values in zip(self._rows, dying(row.layer.sources for row in self._rows), strict=True):
            alive = alive + row.activation_bytes
            peaks.append(alive)
            for value in values:
                if value >= self._inputs:
                    alive = alive - self._rows[value - self._inputs].activation_bytes
        peak: Count = largest(peaks)
        return peak
