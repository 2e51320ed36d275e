"""Problems that are drawn, and the templates they are drawn from."""
