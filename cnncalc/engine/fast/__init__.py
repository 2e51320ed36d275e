"""Fast forms of kernels: matrix products, Winograd's form, and the work that they are divided into."""
