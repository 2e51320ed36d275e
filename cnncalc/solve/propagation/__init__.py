"""Constraint propagation over expressions: intervals, their operations, the graph, the search."""
