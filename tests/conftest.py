"""What several test rooms share."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# In the background of a script, or under nohup, an interrupt is ignored, and so it would be in each process of a test.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in an order drawn by SEED")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that passes only after another one is found in an order of its own."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of published numbers that nobody on this project wrote."""
    return ROOT / "tests" / "facts"
