"""Reference kernels, a file for each kind: the forward pass of a kind is the function of its name."""
