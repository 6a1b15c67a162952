"""Slow, obvious references: plain Python and NumPy, nothing of recokit."""
