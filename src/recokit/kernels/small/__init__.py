"""Kernels by NumPy: the same results with the same bits, for work too small to be worth compiling.

A function here has the arguments of its kernel. `registry` holds the function of each kernel, and
`recokit._runtime.small_work` chooses between the two.
"""
