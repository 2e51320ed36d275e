"""Spec -> layers in running order. Blocks, names and ``from`` are resolved here and nowhere else."""

from __future__ import annotations

from cnncalc.errors import SpecError
from cnncalc.network import shadowed
from cnncalc.network.blocks import PLACERS
from cnncalc.network.builder import Builder
from cnncalc.network.model import Block, Layer, Network
from cnncalc.spec.document import Spec

__all__ = ["Block", "Layer", "Network", "build"]


def build(spec: Spec) -> Network:
    """The network that ``spec`` states. Raises SpecError with every problem of it, or LimitError."""
    doubts = shadowed.find(spec) if spec.definitions else []
    try:
        network = Builder(spec, PLACERS, _mirror).build()
    except SpecError as error:
        if not doubts:
            raise
        raise SpecError([*doubts, *error.problems]) from None  # a field of the block is none of the kind
    network.doubts = doubts
    return network


def _mirror(builder: Builder, above: int) -> int:
    """Place a mirrored decoder; what that takes is loaded only where a spec asks for it."""
    from cnncalc.network import mirror

    return mirror.place(builder, above)
