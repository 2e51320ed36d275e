"""Networks to export."""

from __future__ import annotations

import pytest

import cnncalc


@pytest.fixture
def spec(root):
    """A packaged network by name."""
    return lambda name: cnncalc.load(root / "specs" / f"{name}.yaml")
