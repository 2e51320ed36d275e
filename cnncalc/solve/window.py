"""A question about one window: its kind and all its numbers, one of which may be a letter."""

from __future__ import annotations

from typing import Any

from cnncalc import kinds
from cnncalc.errors import UsageError, nearest
from cnncalc.kinds.base.fields import traced
from cnncalc.kinds.base.kind import Kind, Misfit
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Letter, Number

#: What can be asked for, and its letter.
SYMBOLS = {"padding": "P", "kernel": "F", "stride": "S", "dilation": "D", "input": "W", "output": "O"}


def _slides(kind: type[Kind]) -> bool:
    return {"stride", "padding"} <= set(kind.fields)


def sliding(word: str) -> type[Kind]:
    """The kind with a window that ``word`` names, in our words or another framework's. Raises UsageError."""
    found = kinds.find(word)
    if found is None:
        from cnncalc.spec import vocabulary

        several = vocabulary.several(word)
        if several:
            raise UsageError(f'"{word}" could mean {" or ".join(several)}', help=f"--kind {several[0]}")
        meaning = vocabulary.kind(word)
        found = kinds.find(meaning.kind) if meaning else None
    if found is None or not _slides(found):
        known = [word for word, other in kinds.every().items() if _slides(other)]
        raise UsageError(f'"{word}" is not a kind with a window', help=nearest(word, known) or ", ".join(known))
    return found


class WindowQuestion:
    """A window along one axis with all its numbers; one of them may be a letter."""

    def __init__(self, kind: str, numbers: dict[str, Any], *, ceil: bool, output_padding: int) -> None:
        self.type = found = sliding(kind)
        self.kind, self.numbers, self.ceil, self.output_padding = found.word(), numbers, ceil, output_padding
        self._extra = {name: 1 for name in ("filters",) if name in found.fields}
        for name, option, given, silent in (
            ("dilation", "dilation", numbers["dilation"], 1),
            ("output_padding", "output-padding", output_padding, 0),
            ("ceil_mode", "ceil", ceil, False),
        ):
            if name in found.fields:
                self._extra[name] = given
            elif given != silent:
                raise UsageError(f"{kind} has no {name}", help=f"leave --{option} out")
        self._kernel = "kernel" if "kernel" in found.fields else "size"

    def layer(self, **changed: Any) -> tuple[Kind, Shape]:
        """The kind, and what it reads, with some of the numbers changed."""
        n = {**self.numbers, **changed}
        given = {**self._extra, self._kernel: n["kernel"], "stride": n["stride"], "padding": n["padding"]}
        if "dilation" in given:
            given["dilation"] = n["dilation"]
        return self.type(**given), Shape((n["input"],), 1)

    def output(self, **changed: Any) -> Number | None:
        """The output size; None if the window does not fit."""
        kind, x = self.layer(**changed)
        try:
            return kind.output(x).spatial[0]
        except Misfit:
            return None

    def fits(self, **changed: Any) -> bool:
        """Whether the window gives the wanted output."""
        return bool(self.output(**changed) == changed.get("output", self.numbers["output"]))

    def traced(self, unknown: str) -> Number:
        """The output with a letter for each number; the unknown's has no value. Raises Misfit if there is none."""
        symbol = SYMBOLS[unknown]
        kind, x = self.layer(**{unknown: Letter(symbol)})
        size = traced(x.spatial[0], SYMBOLS["input"])
        try:
            return kind.mapped(traced).output(Shape((size,), 1)).spatial[0]
        except Misfit as misfit:
            if misfit.number is None:
                raise
            return misfit.number


def least(unknown: str) -> int:
    """The smallest number that the unknown may be."""
    return 0 if unknown == "padding" else 1
