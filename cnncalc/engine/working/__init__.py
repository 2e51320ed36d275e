"""The working of each kind's output by hand, in files named like those of ``kernels``.

A function registered with ``by_hand`` returns either the terms of any one output number, or the intermediate results
step by step, with the output last. A kind without one shows its input and its output.
"""
