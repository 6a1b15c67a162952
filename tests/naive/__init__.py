"""Slow and simple reference implementations in plain Python and NumPy, independent of recokit."""
