"""Default parts of hybrids."""

from recokit.base import Recommender
from recokit.factorization import ImplicitALS, SGDMatrixFactorization
from recokit.neighbors import ItemKNN

__all__ = ["default_models"]


def default_models(feedback: str) -> list[Recommender]:
    """Return new parts of two different families for "explicit" or "implicit" feedback."""
    return [ItemKNN(), SGDMatrixFactorization() if feedback == "explicit" else ImplicitALS()]
