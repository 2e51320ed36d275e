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
def shared_cases() -> Path:
    """Published facts beside the checkout; tests that need them are skipped where they are not there."""
    cases = ROOT.parent / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("the shared cases are not beside this checkout")
    return cases
