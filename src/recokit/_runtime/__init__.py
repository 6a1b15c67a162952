"""Threads, BLAS, memory and warnings."""
