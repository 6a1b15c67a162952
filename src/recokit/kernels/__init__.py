"""Numba kernels: arrays in, arrays out.

A kernel that works on rows takes ``start`` and ``stop`` first, reads what it likes and writes only to the rows it was
given. It is compiled without the GIL, so that `recokit._threads.for_rows` can run it on disjoint ranges of rows from
several threads, with the same result for any number of them.
"""
