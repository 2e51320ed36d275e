"""A layer's output as the model sees it: its axes split, merged, reordered, cut or rolled.

Models reshape and transpose between operators. A value keeps track of this without any layer: each of its dimensions
is a product of factors of the axes of the layer that it is a view of. So heads, windows and tokens are found wherever
the model makes them, and a layer is needed only where an operator cannot read the axes as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from cnncalc.shape import Shape


class Unsupported(Exception):
    """An operator, or a setting of one, that no layer can express."""


class Factor(NamedTuple):
    """``size`` places along ``axis``, each ``step`` after the one before."""

    axis: str
    size: int
    step: int = 1


Dim = tuple[Factor, ...]  # the outermost factor first; empty for a dimension of size 1
BATCH = "batch"


def joined(factors: Sequence[Factor]) -> Dim:
    """Factors side by side, with those that follow each other along an axis merged."""
    found: list[Factor] = []
    for factor in factors:
        last = found[-1] if found else None
        if factor.size == 1:
            continue
        if last and last.axis == factor.axis and last.step == factor.size * factor.step:
            found[-1] = Factor(factor.axis, last.size * factor.size, factor.step)
        else:
            found.append(factor)
    return tuple(found)


def regrouped(dims: Sequence[Dim], sizes: Sequence[int]) -> tuple[Dim, ...] | None:
    """The same places in dimensions of other sizes, as after a reshape; None if an axis cannot be split this way."""
    left = [factor for dim in dims for factor in dim if factor.size > 1][::-1]
    found: list[Dim] = []
    for size in sizes:
        taken: list[Factor] = []
        while size > 1:
            if not left:
                return None
            axis, whole, step = left.pop()
            if whole > size:
                if whole % size:
                    return None
                left.append(Factor(axis, whole // size, step))
                axis, whole, step = Factor(axis, size, step * (whole // size))
            elif size % whole:
                return None
            taken.append(Factor(axis, whole, step))
            size //= whole
        found.append(joined(taken))
    return None if left else tuple(found)


class Value(NamedTuple):
    """A view of the output of the layer ``name``, which has ``shape``. The first of ``dims`` is the batch.

    ``rolls`` says how far an axis is rolled, ``cuts`` has the first place of each axis that is only partly seen,
    ``factor`` multiplies all numbers, and ``label`` is the name for a layer that cuts it.
    """

    name: str
    shape: Shape
    dims: tuple[Dim, ...]
    cuts: Mapping[str, int] = {}
    rolls: Mapping[str, int] = {}
    factor: float = 1.0
    label: str = ""

    @property
    def sizes(self) -> list[int]:
        """The sizes in the source's order, without the batch axis."""
        return self.all_sizes[1:]

    @property
    def all_sizes(self) -> list[int]:
        """The sizes in the source's order, the batch first."""
        return [prod(factor.size for factor in dim) for dim in self.dims]

    @property
    def sizes_by_axis(self) -> dict[str, int]:
        """The sizes of the layer's own axes."""
        return dict(zip(self.shape.axes, self.shape.sizes, strict=True))

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes in the source's order. Raises Unsupported if they are split."""
        names = [self.whole(dim) for dim in self.dims[1:]]
        left = [axis for axis, size in self.sizes_by_axis.items() if size == 1 and axis not in names]
        found = tuple(name or (left.pop(0) if left and not dim else "") for name, dim in zip(names, self.dims[1:]))  # noqa: B905
        if "" in found or left or len(found) != self.shape.rank:
            raise Unsupported(f"axes of {self.name} that are taken apart")
        return found

    @property
    def taken_apart(self) -> bool:
        """Whether it is anything but the layer's own axes in some order."""
        try:
            return bool(self.cuts or self.rolls or self.factor != 1.0 or not self.axes)
        except Unsupported:
            return True

    def whole(self, dim: Dim) -> str:
        """The axis that a dimension covers; "" if it is not one whole axis."""
        if len(dim) != 1 or dim[0].step != 1 or dim[0].axis in self.cuts or dim[0].axis in self.rolls:
            return ""
        return dim[0].axis if self.sizes_by_axis.get(dim[0].axis) == dim[0].size else ""

    def place(self, number: int) -> int:
        """A dimension by its number, which may count from the end. Raises Unsupported if there is none."""
        place = number + len(self.dims) if number < 0 else number
        if not 0 <= place < len(self.dims):
            raise Unsupported(f"an operator along axis {number}, which is not there")
        return place

    def axis(self, number: int) -> str:
        """The name of an axis by its number, counting the batch axis. Raises Unsupported for any other number."""
        place = self.placed(number)
        name = self.whole(self.dims[place])
        return name or self.axes[place - 1]

    def placed(self, number: int) -> int:
        """Like :meth:`place`. Raises Unsupported for the batch too."""
        place = self.place(number)
        dim = joined(self.dims[place])
        if (place == 0 and not dim) or any(factor.axis == BATCH for factor in dim):
            raise Unsupported("an operator along the batch axis")
        return place

    def reshaped(self, sizes: Sequence[int]) -> Value | None:
        """In dimensions of ``sizes``, including the batch; None if that needs a layer."""
        dims = regrouped(self.dims, sizes)
        return None if dims is None else self._replace(dims=dims)

    def transposed(self, order: Sequence[int]) -> Value:
        """With its dimensions in another order."""
        if sorted(order) != list(range(len(self.dims))):
            raise Unsupported(f"a transposition of {len(self.dims)} axes by {list(order)}")
        return self._replace(dims=tuple(self.dims[place] for place in order))

    def part(self, number: int, start: int, stop: int, step: int = 1, label: str = "") -> Value | None:
        """The places from ``start`` up to ``stop`` of a dimension; None if its axes cannot be cut this way."""
        place = self.place(number)
        dim, size = self.dims[place], self.all_sizes[place]
        count = -(-(stop - start) // step)
        if (start, count) == (0, size):
            return self
        if len(dim) != 1 or dim[0].axis == BATCH or count < 1:
            return None
        axis, _, apart = dim[0]
        cut: Dim = () if count == 1 else (Factor(axis, count, apart * step),)
        cuts = {**self.cuts, axis: self.cuts.get(axis, 0) + start * apart}
        return self._replace(dims=(*self.dims[:place], cut, *self.dims[place + 1 :]), cuts=cuts, label=label)

    def taken(self, number: int, index: int, label: str = "") -> Value | None:
        """One place of a dimension, which is removed; None if its axes cannot be cut this way."""
        place = self.place(number)
        cuts, left = dict(self.cuts), index
        for axis, size, step in reversed(self.dims[place]):
            if axis in self.rolls or axis == BATCH:
                return None
            cuts[axis] = cuts.get(axis, 0) + left % size * step
            left //= size
        dims = (*self.dims[:place], *self.dims[place + 1 :])
        return self._replace(dims=dims, cuts=cuts, label=label)

    def rolled(self, number: int, shift: int) -> Value | None:
        """Rolled along a dimension: place p moves to p + shift. None if that is not a whole axis."""
        dim = self.dims[self.place(number)]
        axis = dim[0].axis if dim else ""
        if not self._replace(rolls={}).whole(dim) or axis in self.cuts:
            return None
        moved = (self.rolls.get(axis, 0) - shift) % dim[0].size
        rolls = {key: value for key, value in {**self.rolls, axis: moved}.items() if value}
        return self._replace(rolls=rolls)


def plain(name: str, shape: Shape, axes: Sequence[str], batch: int = 1) -> Value:
    """A layer's output, with its axes in the given order."""
    sizes: dict[str, Any] = dict(zip(shape.axes, shape.sizes, strict=True))
    dims = tuple((Factor(axis, sizes[axis]),) for axis in axes)
    return Value(name, shape, ((Factor(BATCH, batch),) if batch > 1 else (), *dims))


def alike(first: Sequence[Dim], second: Sequence[Dim]) -> bool:
    """Whether the dimensions of two values are the same places, ignoring those of size 1."""
    return [joined(dim) for dim in first] == [joined(dim) for dim in second]
