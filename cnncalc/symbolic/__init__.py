"""Numbers that remember how they were made, and how a formula is written."""
