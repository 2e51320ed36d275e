"""How the output of each kind comes about by hand, in files named like those of ``kernels``.

A function registered with ``by_hand`` gives either the terms of any one output number, or what is worked out on the
way, step by step, with the output last. A kind without one shows what it reads and what it puts out.
"""
