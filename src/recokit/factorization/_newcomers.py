"""How a model is brought up to date: those that are new begin at what those that are known say of them."""

import math

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.factorization._factors import Factors, Ratings, penalty_scale
from recokit.factorization._fold_in import ItemSide

__all__ = ["epochs_of_update", "solve_newcomers"]


def epochs_of_update(merged: Interactions, previous: Interactions, n_epochs: int, least: int = 1) -> int:
    """Return how many epochs over all data an update takes: twice the share that is new, from some few to half of them.

    They start from what was learned, so that a small update needs few, and costs as much less than a refit.
    """
    share = 1 - previous.n_interactions / merged.n_interactions
    return min(max(math.ceil(2 * share * n_epochs), least), n_epochs - n_epochs // 2)


def solve_newcomers(
    factors: Factors,
    known: tuple[BoolArray, BoolArray],
    ratings: Ratings,
    penalties: tuple[float, float, float],
    runner: Runner,
) -> None:
    """Overwrite the biases and factors of new users and items by the best ones, those of the others given.

    New users are solved from the known items, then new items from all users. Those of whom nobody known says anything
    keep the factors that they have.

    Parameters
    ----------
    factors : Factors
        For ratings whose mean is 0; changed.
    known : tuple of (n_users,) and (n_items,) bool arrays
        Which users and items are not new.
    ratings : Ratings
    penalties : tuple of float
        Of biases, of factors, and the exponent with which they grow with the number of ratings.
    runner : Runner
    """
    l2_bias, l2, exponent = penalties
    by_user = Rows.from_arrays(ratings.indptr, ratings.item_codes, ratings.values)
    by_item = by_user.transposed(ratings.n_items, runner)
    users, items = (factors.user_bias, factors.user_factors), (factors.item_bias, factors.item_factors)
    sides = (by_user, known[0], users, items, known[1]), (by_item, known[1], items, users, np.ones_like(known[0]))
    for rows, is_known, (bias, mine), (other_bias, others), is_given in sides:
        new = np.flatnonzero(~is_known)
        if len(new) == 0:
            continue
        scale = penalty_scale(rows.lengths, exponent)
        implicit = factors.implicit_factors if mine is factors.user_factors else factors.implicit_factors[:0]
        given = other_bias * is_given, others * is_given[:, None]
        side = ItemSide(0.0, *given, implicit, l2_bias / scale, l2 / scale, exponent)
        solved = side.solve(rows.take(new), runner)
        bias[new] = solved.bias
        told = np.any(solved.factors, axis=1)
        mine[new[told]] = solved.factors[told]
