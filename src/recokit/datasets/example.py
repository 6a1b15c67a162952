"""Small generated data for examples, tests and warm-up."""

import numpy as np
from scipy import sparse

from recokit.data.interactions import Interactions

__all__ = ["example_interactions", "long_rows"]

_N_LONG = 300


def example_interactions(feedback: str, *, strings: bool = False, seed: int = 0) -> Interactions:
    """Return interactions of 25 users with 18 items; each user prefers one half of the items.

    Parameters
    ----------
    feedback : {"explicit", "implicit"}
        Ratings from 1 to 5, or strengths of 1.
    strings : bool
        Make the ids strings instead of integers.
    seed : int
        Seed of the generator.

    See Also
    --------
    recokit.datasets.make_shop : Generate a year of data of a shop: users, products with titles, events and ratings.

    Examples
    --------
    >>> example_interactions("implicit")
    Interactions(25 users × 18 items, 179 interactions, implicit)
    """
    rng = np.random.default_rng(seed)
    users, items = np.arange(25), np.arange(18)
    likes = (users[:, None] + items) % 2 == 0
    rows, columns = np.nonzero(rng.random(likes.shape) < np.where(likes, 0.7, 0.15))
    ratings = np.clip(np.where(likes, 4, 2)[rows, columns] + rng.integers(-1, 2, len(rows)), 1, 5)
    user_ids, item_ids = rows * 3 + 7, columns * 2 + 100
    if strings:
        names = [f"user {user}" for user in user_ids], [f"商品 {item}" for item in item_ids]
        return Interactions.from_arrays(*names, ratings if feedback == "explicit" else None)
    return Interactions.from_arrays(user_ids, item_ids, ratings if feedback == "explicit" else None)


def long_rows(n_ids: int, max_strength: int) -> Interactions:
    """Return implicit interactions in which 300 users and 300 items have very many, and all others none.

    Parameters
    ----------
    n_ids : int
        Number of users, and of items; at least 300.
    max_strength : int
        Strengths are the whole numbers from 1 to this one.
    """
    users, items = np.divmod(np.arange(_N_LONG**2), _N_LONG)
    chosen = (users * 7 + items * 3) % 5 > 1
    strengths = 1.0 + np.arange(chosen.sum()) % max_strength
    cells = sparse.csr_array((strengths, (users[chosen], items[chosen])), shape=(n_ids, n_ids))
    return Interactions.from_matrix(cells, feedback="implicit")
