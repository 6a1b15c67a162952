"""Default parts of hybrids."""

from recokit.base import Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.factorization import ImplicitALS, SGDMatrixFactorization
from recokit.neighbors import ItemKNN

__all__ = ["default_models"]


def default_models(feedback: str, *, for_few_items: bool = False) -> list[Recommender]:
    """Return new parts of two different families.

    Parameters
    ----------
    feedback : {"explicit", "implicit"}
    for_few_items : bool
        The first part needs no items of the user.
    """
    explicit = feedback == "explicit"
    if for_few_items:
        return [BiasBaseline() if explicit else Popularity(), ItemKNN()]
    return [ItemKNN(), SGDMatrixFactorization() if explicit else ImplicitALS()]
