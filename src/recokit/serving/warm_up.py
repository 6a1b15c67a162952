"""Warming up: have the kernels compiled before the first request comes."""

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
from scipy import sparse

from recokit.base import Recommender
from recokit.data.interactions import Interactions

__all__ = ["warm_up"]

_N_BUSY = 300  # users, and items, of made-up data where there is much to count


def warm_up(recommenders: Iterable[Recommender] | None = None) -> None:
    """Compile, and cache on disk, what a service will call.

    Fits each recommender to made-up interactions and calls its methods once, on few and, where large data are another
    kernel's work, on many. After that, neither this process nor a later one that shares the cache has to compile. The
    cache lies beside the package, or in the folder that the environment variable ``NUMBA_CACHE_DIR`` names.

    Parameters
    ----------
    recommenders : iterable of Recommender, optional
        With the parameters that will be used; by default all of recokit's, with their default parameters.

    Examples
    --------
    >>> import recokit
    >>> recokit.warm_up([recokit.Popularity()])
    """
    from recokit.testing import all_recommenders, example_interactions  # only here: it imports much

    chosen = [kind() for kind in all_recommenders()] if recommenders is None else list(recommenders)
    for recommender in chosen:
        for feedback in recommender._supported_feedback:
            _call_all(recommender, example_interactions(feedback))
        if hasattr(recommender, "similarity") and "implicit" in recommender._supported_feedback:
            for n_rows in (_N_BUSY, 2**16 + 1):  # ranks have 2 bytes, or 4
                for most in (1, 2):
                    _copy(recommender).fit(_busy(n_rows, most))
    _scattered_ids()


def _call_all(recommender: Recommender, data: Interactions) -> None:
    """Call the methods of a copy once, on data and on some more."""
    model, side = _copy(recommender), recommender._example_side(data)
    model.fit(data, **side)
    user, item = next(iter(data.users)), next(iter(data.items))
    model.predict([(user, item), (user, -1)])
    model.recommend(exclude=[item])
    model.recommend(candidates=list(data.items)[:2])
    model.recommend(candidates={user: list(data.items)})
    model.recommend(on_unknown="popular")
    model.recommend_for({0: {item: 3.0}})
    model.explain(user, item)
    for similar, key in ((model.similar_items, item), (model.similar_users, user)):
        with suppress(NotImplementedError):
            similar([key])
    model.partial_fit([(user, item)], [3.0], **side)


def _copy(recommender: Recommender) -> Recommender:
    model = type(recommender)(**recommender.get_params(deep=False))
    model.set_params(verbose=False, feedback="auto")
    return model


def _busy(n_rows: int, most: int) -> Interactions:
    """Return interactions, of which some users and items have very many, with strengths from 1 to ``most``."""
    users, items = np.divmod(np.arange(_N_BUSY**2), _N_BUSY)
    kept = (users * 7 + items * 3) % 5 > 1
    strengths = 1.0 + np.arange(kept.sum()) % most
    cells = sparse.csr_array((strengths, (users[kept], items[kept])), shape=(n_rows, n_rows))
    return Interactions.from_matrix(cells, feedback="implicit")


def _scattered_ids() -> None:
    """Look up integers that lie so far apart that they are hashed."""
    data = Interactions.from_arrays([1, 10**15], [1, 10**15])
    data.merge(Interactions.from_arrays([2, 10**14], [2, 10**14]), duplicates="sum")
