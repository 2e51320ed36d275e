"""YAML text -> Spec. Every node keeps its line and column; unknown keys, duplicates and limits are refused here."""
