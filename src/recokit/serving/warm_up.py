"""Warm-up: compile the kernels before the first request."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._runtime.compilation import notice
from recokit._runtime.progress import progress_bar
from recokit._runtime.small_work import preferring_kernels, preferring_numpy
from recokit.base import Recommender
from recokit.data.interactions import Interactions
from recokit.exceptions import first_few

if TYPE_CHECKING:
    from recokit.search import ItemSearch

__all__ = ["warm_up"]


def warm_up(models: Iterable["Recommender | ItemSearch"] | None = None, *, verbose: bool = False) -> None:
    """Compile everything that a service will call, and cache it on disk.

    Fits each model to generated interactions and calls its methods once, with the functions for little work and with
    the kernels for more. Models that use other kernels on large data are also fitted to large data. After that, neither
    this process nor a later one with the same cache has to compile. The cache is beside the package, or in the folder
    named by the environment variable ``NUMBA_CACHE_DIR``.

    Parameters
    ----------
    models : iterable of Recommender and ItemSearch, optional
        Models with the parameters that the service uses; by default all of recokit's, with default parameters, and
        `recokit.reranking.rerank`. Only their kernels are compiled.
    verbose : bool
        Show a progress bar.

    See Also
    --------
    recokit.show_versions :
        Print the versions of recokit and its dependencies, the platform, the processors and the BLAS libraries.
    recokit.serving.ModelStore : Versions of one model in a folder, one of which is current.

    Examples
    --------
    >>> import recokit
    >>> recokit.warm_up([recokit.Popularity()])
    """
    from recokit.datasets import example_interactions  # importing recokit loads neither data sets nor search
    from recokit.search import ItemSearch

    chosen: list[Recommender | ItemSearch]
    chosen = [*_own_recommenders(), ItemSearch()] if models is None else _listed(models)
    notice.is_given = True  # the caller knows
    with progress_bar(len(chosen), "warm up", "models", show=verbose) as bar:
        for model in chosen:
            if isinstance(model, ItemSearch):
                with preferring_kernels():
                    _call_search(model, example_interactions("implicit"))
                bar.update(1)
                continue
            examples = [example_interactions(feedback) for feedback in model._supported_feedback]
            for preferred in (preferring_numpy, preferring_kernels):
                with preferred():
                    for data in examples:
                        _call_all(model, data)
            with preferring_kernels():
                for data in model._warm_up_data():
                    _copy(model).fit(data, **model._example_side(data))
            bar.update(1)
    with preferring_kernels():
        _index_ids()
        if models is None:
            _rerank(example_interactions("implicit"))


def _listed(models: Any) -> "list[Recommender | ItemSearch]":
    """Return models as a list.

    Raises
    ------
    TypeError
        A value is no recommender and no search.
    """
    from recokit.search import ItemSearch

    chosen = list(models) if isinstance(models, Iterable) and not isinstance(models, str | type) else [models]
    wrong = [model for model in chosen if not isinstance(model, Recommender | ItemSearch)]
    if wrong:
        raise TypeError(f"warm_up: expected recommenders such as ItemKNN(), or ItemSearch(), got {first_few(wrong)}")
    return chosen


def _own_recommenders() -> list[Recommender]:
    """Return one recommender of each class at the top level of recokit, with default parameters."""
    import recokit  # not at the top of the module, since recokit imports it

    public = (getattr(recokit, name) for name in recokit.__all__)
    kinds = [thing for thing in public if isinstance(thing, type) and issubclass(thing, Recommender)]
    return [kind() for kind in kinds if kind is not Recommender]


def _call_all(recommender: Recommender, data: Interactions) -> None:
    """Call each method of a fitted copy once."""
    model, side = _copy(recommender), recommender._example_side(data)
    if recommender._reads_order:
        data = replace(data, timestamps=np.arange(data.n_interactions))
    model.fit(data, **side)
    user, item = next(iter(data.users)), next(iter(data.items))
    model.predict([(user, item), (user, -1)])
    model.recommend(exclude=[item])
    model.recommend(candidates=list(data.items)[:2])
    model.recommend(candidates={user: list(data.items)})
    model.recommend(on_unknown="popular")
    model.recommend_for({0: {item: 3.0}})
    model.recommend_users([item])
    model.explain(user, item)
    for similar, key in ((model.similar_items, item), (model.similar_users, user)):
        with suppress(NotImplementedError):
            similar([key])
    model.partial_fit(data.select(np.arange(data.n_interactions) == 0), **side)


def _call_search(search: "ItemSearch", data: Interactions) -> None:
    """Search a copy for a known, a misspelt and an unknown word, with and without users and a log of queries."""
    model, names = type(search)(**search.get_params(deep=False)), search.fields or "title"
    if model.recommender is not None:
        model.set_params(recommender=_copy(model.recommender))
    items = data.items.ids.tolist()
    text = [f"green tea number {chr(97 + place % 26)}" for place in range(len(items))]
    columns = [names] if isinstance(names, str) else list(names)
    clicks = {"query": ["tea", "green tea"], "item_id": items[:2]}
    catalogue = {"item_id": items, **dict.fromkeys(columns, text)}
    model.set_params(verbose=False).fit(catalogue, data, clicks)
    model.search(["tea", "gren tea", "zzz"], users=None if model.recommender is None else next(iter(data.users)))
    model.search("tea", candidates=items[:3])
    model.similar_queries("tea")
    model.fit(catalogue, data).search("tea")


def _rerank(data: Interactions) -> None:
    """Apply rules to lists."""
    from recokit.baselines import Popularity
    from recokit.reranking import Diversity, MaxPer, rerank

    items = data.items.ids.tolist()
    lists = Popularity().fit(data).recommend(n=10)
    catalogue = {"item_id": items, "brand": ["abc"[place % 3] for place in range(len(items))]}
    rerank(lists, [MaxPer("brand", 2), Diversity(columns=["brand"])], catalogue, n=4)


def _copy(recommender: Recommender) -> Recommender:
    model = type(recommender)(**recommender.get_params(deep=False))
    model.set_params(verbose=False, feedback="auto")
    return model


def _index_ids() -> None:
    """Index integers, and integers so far apart that their index is a hash table; merge duplicate pairs."""
    for ids in ([1, 2, 2], [1, 10**15, 10**15]):
        data = Interactions.from_arrays(ids, ids, duplicates="sum")
        data.merge(Interactions.from_arrays([2, 10**14], [2, 10**14]), duplicates="sum")
