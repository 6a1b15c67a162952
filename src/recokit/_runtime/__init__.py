"""How work runs: threads, BLAS, memory and warnings."""
