"""Matrix factorization."""

from recokit.factorization.sgd import SGDMatrixFactorization

__all__ = ["SGDMatrixFactorization"]
