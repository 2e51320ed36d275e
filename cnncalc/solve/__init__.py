"""Unknowns: one number of a window, or the letters of a network. The rules themselves are inverted."""

from __future__ import annotations

from cnncalc.solve.network_solution import NetworkSolution
from cnncalc.solve.network_solution import solve as network
from cnncalc.solve.window_solution import WindowSolution, window

__all__ = ["NetworkSolution", "WindowSolution", "network", "window"]
