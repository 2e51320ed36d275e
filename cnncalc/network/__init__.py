"""Spec -> layers in running order. Blocks, names and ``from`` are resolved here and nowhere else."""

from __future__ import annotations

from cnncalc.network.blocks import PLACERS
from cnncalc.network.builder import Builder
from cnncalc.network.model import Block, Layer, Network
from cnncalc.spec.document import Spec

__all__ = ["Block", "Layer", "Network", "build"]


def build(spec: Spec) -> Network:
    """The network that ``spec`` states. Raises SpecError with every problem of it, or LimitError."""
    return Builder(spec, PLACERS, _mirror).build()


def _mirror(builder: Builder, above: int) -> int:
    """Place a mirrored decoder; what that takes is loaded only where a spec asks for it."""
    from cnncalc.network import mirror

    return mirror.place(builder, above)
