"""What several test rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of published numbers that nobody on this project wrote."""
    return ROOT / "tests" / "facts"
