"""Answers as people write them: read into numbers, sizes and expressions, and compared."""
