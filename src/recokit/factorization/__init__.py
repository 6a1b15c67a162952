"""Matrix factorization."""

from recokit.factorization.als import ImplicitALS
from recokit.factorization.bpr import BPR
from recokit.factorization.export import export_vectors
from recokit.factorization.pure_svd import PureSVD
from recokit.factorization.sgd import SGDMatrixFactorization

__all__ = ["BPR", "ImplicitALS", "PureSVD", "SGDMatrixFactorization", "export_vectors"]
