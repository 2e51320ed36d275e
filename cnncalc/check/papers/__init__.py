"""Problems drawn at random, and the templates they are drawn from."""
