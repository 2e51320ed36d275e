"""Unknowns: of one window, or the letters of a whole network. The rules themselves are turned round."""

from __future__ import annotations

from cnncalc.solve.letters import NetworkSolution
from cnncalc.solve.letters import solve as network
from cnncalc.solve.single import WindowSolution, window

__all__ = ["NetworkSolution", "WindowSolution", "network", "window"]
