"""Rules changed as students and other tools change them, and the search for the one behind a number."""
