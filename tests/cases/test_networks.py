"""Whole published networks: every row's sizes, parameters and multiply-accumulates, and the totals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from cnncalc import load


def test_every_row_is_as_published(network_file: Path) -> None:
    published = yaml.load(network_file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    net = load(str(network_file))
    summary = net.summary()
    assert net.findings() == []
    compared = 0
    for layer in published["layers"]:
        ((_, fields),) = layer.items()
        row = summary[fields["name"]]
        for quantity, number in fields.get("expect", {}).items():
            got = "x".join(map(str, row.output.written(summary.layout))) if quantity == "output" else None
            assert (got or getattr(row, quantity)) == number, (row.name, quantity)
            compared += 1
    assert len(summary.rows) == len(published["layers"]) <= compared
    for quantity, number in published["expect"].items():
        assert getattr(summary.totals, quantity) == number, quantity


def test_the_command_prints_the_same_and_exits_with_0(network_file: Path) -> None:
    """As a user runs it; one process for each file."""
    command = [sys.executable, "-m", "cnncalc", "summary", str(network_file), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(done.stdout)
    assert printed["findings"] == []
    summary = load(str(network_file)).summary()
    assert printed["totals"]["params"] == summary.totals.params
    assert [layer["params"] for layer in printed["layers"]] == [row.params for row in summary.rows]
