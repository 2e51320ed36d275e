"""The working of a number, as one would write it in an exam: of a layer, of one quantity, of a kind in general."""
