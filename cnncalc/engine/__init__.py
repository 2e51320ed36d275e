"""Networks run in NumPy: the only room that imports NumPy at module level.

Inside, arrays are ``[batch, spatial..., channels]`` whatever the spec's layout. ``kernels/`` has the forward pass of
each kind, short and obviously right; ``fast/`` the fast forms; ``planning/`` turns a summary into a plan.
"""

#: The fast forms, or only the reference kernels. Listed here so that the command line can name them without NumPy.
ENGINES = ("fast", "reference")
