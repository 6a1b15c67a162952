"""Warming up: have the kernels compiled before the first request comes."""

from collections.abc import Iterable

from recokit.base import Recommender

__all__ = ["warm_up"]


def warm_up(recommenders: Iterable[Recommender] | None = None) -> None:
    """Compile, and cache on disk, what a service will call.

    Fits each recommender to a few made-up interactions and calls its methods once. After that, neither this process nor
    a later one that shares the cache has to compile. The cache lies beside the package, or in the folder that the
    environment variable ``NUMBA_CACHE_DIR`` names.

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
            data = example_interactions(feedback)
            model = type(recommender)(**recommender.get_params(deep=False))
            model.set_params(verbose=False, feedback="auto").fit(data, **recommender._example_side(data))
            user, item = next(iter(data.users)), next(iter(data.items))
            model.predict([(user, item), (user, -1)])
            model.recommend(candidates={user: list(data.items)}, exclude=[item])
            model.recommend_for({0: {item: 3.0}})
            model.explain(user, item)
            for similar, key in ((model.similar_items, item), (model.similar_users, user)):
                try:
                    similar([key])
                except NotImplementedError:
                    continue
