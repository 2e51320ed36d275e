"""Networks that engineers asked about in public threads: each states what must come out, and it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import load

FILES = sorted((Path(__file__).parents[1] / "facts" / "engineers").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_network_expects_comes_out(path: Path) -> None:
    net = load(str(path))
    assert net.network.demands
    assert [finding.message for finding in net.findings() if finding.quantity != "receptive_field"] == []
