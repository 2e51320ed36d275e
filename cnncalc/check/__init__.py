"""Problems and their answers: checked, marked, explained, made up."""
