"""The library's types, as somebody who uses it meets them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = Path(__file__).with_name("client.py")


def test_mypy_reads_a_clients_file(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    strict = "[mypy]\nstrict = true\nwarn_unreachable = true\nfollow_imports = silent\n"  # as of what is installed
    (tmp_path / "mypy.ini").write_text(strict, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", tmp_path / "mypy.ini", "--cache-dir", tmp_path, CLIENT],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
