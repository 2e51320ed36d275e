"""Files of arrays: read within bounds, never unpickled."""
