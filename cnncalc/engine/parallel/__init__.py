"""Work shared by threads or processes."""
