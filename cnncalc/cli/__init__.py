"""The command line. A command loads, calls, renders and returns its exit code; errors become text here."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from cnncalc.cli.app import run

    sys.exit(run(sys.argv[1:]))
