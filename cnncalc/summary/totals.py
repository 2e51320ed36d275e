"""The sums over all layers, and the most memory that outputs take at one time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.spec.demand import COUNTED
from cnncalc.symbolic.expr import Number, largest, total

if TYPE_CHECKING:
    from cnncalc.summary.infer import Summary


class Totals:
    """Sums of the rows' quantities: ``params``, ``macs``, ...; what each means stands in the README."""

    params: Number
    trainable_params: Number
    non_trainable_params: Number
    weight_params: Number
    bias_params: Number
    macs: Number
    flops: Number
    activations: Number
    weight_bytes: Number
    activation_bytes: Number

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def __getattr__(self, name: str) -> Number:
        if name not in COUNTED:
            raise AttributeError(name)
        result = self.__dict__[name] = total(getattr(row, name) for row in self._summary.rows)
        return result

    @property
    def peak_activation_bytes(self) -> Number:
        """The largest sum of outputs alive at one time, in the order listed.

        An output lives from its own layer until the last layer that reads it; one that nothing reads, to the end.
        """
        summary = self._summary
        first = len(summary.inputs)
        last_read = {source: row.index for row in summary.rows for source in row.layer.sources}
        dying: dict[int, list[Number]] = {}
        alive: Number = 0
        peaks: list[Number] = []
        for row in summary.rows:
            size = row.activation_bytes
            alive = alive + size
            peaks.append(alive)
            if first + row.index in last_read:
                dying.setdefault(last_read[first + row.index], []).append(size)
            for freed in dying.pop(row.index, ()):
                alive = alive - freed
        return largest(peaks)
