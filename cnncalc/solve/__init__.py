"""Unknowns: of one window, or the letters of a whole network. The rules themselves are turned round."""

from __future__ import annotations

from cnncalc.solve.network_solution import NetworkSolution
from cnncalc.solve.network_solution import solve as network
from cnncalc.solve.window_solution import WindowSolution, window

__all__ = ["NetworkSolution", "WindowSolution", "network", "window"]
