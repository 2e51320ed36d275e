"""What is worked out of a network: rows, totals, receptive fields, findings."""
