"""The command line. A command loads, calls, renders and returns its exit code; errors become text here."""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    Most commands run for a tenth of a second. Garbage is collected only when there is much of it, and
    modules are not torn down one by one at the end: either would cost a tenth of its time.
    """
    gc.set_threshold(100_000)
    _end_as_by_ctrl_c("SIGTERM", "SIGHUP")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    try:
        from cnncalc.cli.app import run

        code = run(sys.argv[1:])
        sys.stderr.flush()
    except KeyboardInterrupt:  # before or after the code that ``run`` guards
        code = 130
    processes = sys.modules.get("multiprocessing.util")
    if processes is not None:  # its processes end, and its semaphores are given back
        processes._exit_function()
    os._exit(code)


def _end_as_by_ctrl_c(*names: str) -> None:
    """Let these signals interrupt, so that no half-written file remains; except signals that the caller ignores."""
    for name in names:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
