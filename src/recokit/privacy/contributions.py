"""limit_contributions: at most a number of items of each user."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from recokit._runtime.arguments import check_count
from recokit.data.interactions import Interactions

__all__ = ["limit_contributions"]


def limit_contributions(interactions: Interactions, max_items: int, random_state: Any = None) -> Interactions:
    """Return at most ``max_items`` interactions of each user, chosen at random.

    The limit bounds the part of a user in sums over all users, and so the noise that hides it.

    Parameters
    ----------
    interactions : Interactions
    max_items : int
        Maximum number of interactions of a user, at least 1.
    random_state : int, RandomState or None
        Seed of the choice.

    Returns
    -------
    Interactions
        Over the same users and items.

    Raises
    ------
    ValueError
        ``max_items`` is not a whole number of at least 1.
    TypeError
        The data are not Interactions.

    See Also
    --------
    recokit.privacy.private_popularity :
        Return the number of users of each item with (ε, δ)-differential privacy for users.
    recokit.privacy.private_gram :
        Return the Gram matrix of the most popular items with (ε, δ)-differential privacy for users.

    Examples
    --------
    >>> from recokit import Interactions
    >>> from recokit.privacy import limit_contributions
    >>> data = Interactions.from_dense([[5, 4, 3], [2, 0, 0]])
    >>> limit_contributions(data, 2, random_state=0).rows.lengths.tolist()
    [2, 1]
    """
    max_items = check_count(max_items, "max_items")
    if not isinstance(interactions, Interactions):
        raise TypeError(
            f"expected Interactions, got {type(interactions).__name__}; make them first, such as with "
            "log.interactions() of an EventLog, or with Interactions.from_frame"
        )
    lengths = interactions.rows.lengths
    if np.all(lengths <= max_items):
        return interactions
    keys = check_random_state(random_state).random_sample(interactions.n_interactions)
    order = np.lexsort((keys, interactions.user_codes))
    ranks = np.arange(len(order)) - np.repeat(interactions.indptr[:-1], lengths)
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[order[ranks < max_items]] = True
    return interactions.select(chosen)
