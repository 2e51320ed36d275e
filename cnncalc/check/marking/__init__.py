"""Answer sheets: read, marked, with follow-through."""
