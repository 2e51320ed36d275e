"""Kinds built from other kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.kinds.base.kind import Kind, Reach, Weights
from cnncalc.shape import Shape


class Part(NamedTuple):
    """A layer of a composite kind. ``reads`` has the numbers of what it reads: the operands of the whole are counted
    from 0, then the parts in order.
    """

    name: str
    kind: Kind
    reads: tuple[int, ...]


class Composite(Kind):
    """A kind that states its ``parts``; in a network they are placed in its stead, as rows ``name/part``."""

    def parts(self, *xs: Shape) -> list[Part]:
        """The layers that this one is built from, in order; the last gives the output."""
        raise TypeError(f"{self.word()} states no parts")

    def walk(self, *xs: Shape) -> Iterator[tuple[Part, list[Shape], Shape]]:
        """Every part with its inputs and its output."""
        shapes = list(xs)
        for part in self.parts(*xs):
            reads = [shapes[number] for number in part.reads]
            shapes.append(part.kind.output(*reads))
            yield part, reads, shapes[-1]

    def output(self, *xs: Shape) -> Shape:
        *_, (_, _, y) = self.walk(*xs)
        return y

    def weights(self, *xs: Shape) -> Weights:
        return {
            f"{part.name}/{name}": sizes
            for part, reads, _ in self.walk(*xs)
            for name, sizes in part.kind.weights(*reads).items()
        }

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
