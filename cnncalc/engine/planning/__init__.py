"""The plan of a run: folded layers, buffers, memory, and the work of each step."""
