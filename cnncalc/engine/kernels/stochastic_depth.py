"""Stochastic depth: the identity when run."""

from __future__ import annotations

from typing import Any

from cnncalc.engine.arrays import Array, Weights


def stochastic_depth(kind: Any, weights: Weights, x: Array) -> Array:
    return x
