"""Beyond-accuracy metrics: properties of the lists other than their hits."""

from typing import Any

from recokit.metrics import _hits, _list_measures
from recokit.metrics._context import Context, ItemVectors
from recokit.metrics._lists import Lists
from recokit.metrics._measure import mean_over_users, measure_lists
from recokit.metrics._metric import REGISTRY, AllListsMeasure, Definition, HitMeasure, ListMeasure, Metric
from recokit.metrics._mismatch import warn_of_foreign_items, warn_of_short_lists
from recokit.metrics._pairing import Missing

__all__ = ["coverage", "diversity", "gini", "novelty", "personalization", "popularity_bias", "serendipity"]

REGISTRY.update(
    coverage=Definition(AllListsMeasure(_list_measures.coverage)),
    gini=Definition(AllListsMeasure(_list_measures.gini), lower_is_better=True),
    personalization=Definition(AllListsMeasure(_list_measures.personalization)),
    novelty=Definition(ListMeasure(_list_measures.novelty)),
    popularity_bias=Definition(ListMeasure(_list_measures.popularity_bias), lower_is_better=True),
    diversity=Definition(ListMeasure(_list_measures.diversity)),
    serendipity=Definition(HitMeasure(_hits.serendipity)),
)


def coverage(recommendations: Any, catalogue: Any, k: int | None = None) -> float:
    r"""Return the catalogue coverage: the share of the items that are recommended to at least one user.

    .. math:: \mathrm{coverage@}k = \frac{|C \cap \bigcup_u L_u^k|}{|C|}

    with :math:`C` the catalogue and :math:`L_u^k` the first k items of the list of u. All lists count, including the
    lists of users without test items.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        As in `precision`.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids
        Items that could have been recommended; for interactions, all their items.
    k : int, optional
        Cut-off; by default whole lists.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        A user has two lists, or the catalogue is empty or repeats an item.

    See Also
    --------
    recokit.metrics.gini :
        Return the Gini index of the recommendations: the inequality of the numbers of recommendations of the
        items.
    recokit.metrics.personalization :
        Return the personalization: 1 − the mean cosine similarity of the lists of two users.

    References
    ----------
    .. [1] Ge, Delgado-Battenfeld & Jannach (2010), Beyond accuracy: evaluating recommender systems by coverage and
       serendipity, RecSys.

    Examples
    --------
    >>> coverage([["tea", "cup"], ["tea", "pot"]], ["cup", "jug", "pot", "tea"], k=1)
    0.25
    """
    return _measure("coverage", recommendations, k, Context.from_inputs(None, catalogue))


def gini(recommendations: Any, catalogue: Any, k: int | None = None) -> float:
    r"""Return the Gini index of the recommendations: the inequality of the numbers of recommendations of the items.

    .. math:: \mathrm{gini@}k = \frac{\sum_{r=1}^{n} (2r - n - 1) \, x_r}{n \sum_{r=1}^{n} x_r}

    with :math:`x_1 \le \dots \le x_n` the numbers of lists with each of the n catalogue items in their first k places.
    The index is 0 if all numbers are equal, and :math:`1 - 1/n` if only one item is recommended. All lists count.

    Parameters
    ----------
    recommendations, catalogue, k
        As in `coverage`.

    Returns
    -------
    float
        From 0 (equal) to 1 (unequal).

    Raises
    ------
    DataError
        As in `coverage`; or no catalogue item is in a list.

    See Also
    --------
    recokit.metrics.coverage :
        Return the catalogue coverage: the share of the items that are recommended to at least one user.
    recokit.metrics.popularity_bias : Return the popularity bias: the mean popularity of the recommended items.

    References
    ----------
    .. [1] Fleder & Hosanagar (2009), Blockbuster culture's next rise or fall, Management Science 55(5).

    Examples
    --------
    >>> gini([["tea"], ["tea"]], ["cup", "tea"])
    0.5
    """
    return _measure("gini", recommendations, k, Context.from_inputs(None, catalogue))


def novelty(recommendations: Any, train: Any, k: int | None = None) -> float:
    r"""Return the novelty: the mean self-information of the recommended items, in bits.

    .. math:: \mathrm{novelty@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k|} \sum_{i \in L_u^k} -\log_2 p_i

    with :math:`p_i` the share of the training users with item i; an item without training users counts as having one.
    The mean is over the users with a non-empty list.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.
    train : Interactions, sparse matrix, frame, (user, item) pairs, or mapping of users to items
        Training data.

    Returns
    -------
    float
        In bits, from 0 (items of all training users) to :math:`\log_2` of the number of training users.

    Raises
    ------
    DataError
        A user has two lists, or all lists are empty.

    See Also
    --------
    recokit.metrics.serendipity : Return the serendipity: the share of the first k places with an unexpected hit.
    recokit.metrics.popularity_bias : Return the popularity bias: the mean popularity of the recommended items.

    References
    ----------
    .. [1] Zhou et al. (2010), Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10).

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(
    ...     ["ann", "bob", "cy", "dan"], ["tea", "tea", "cup", "pot"]
    ... )
    >>> novelty([["tea", "cup"]], train)
    1.5
    """
    return _measure("novelty", recommendations, k, Context.from_inputs(train, None))


def popularity_bias(recommendations: Any, train: Any, k: int | None = None) -> float:
    r"""Return the popularity bias: the mean popularity of the recommended items.

    .. math:: \mathrm{popularity\_bias@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k|} \sum_{i \in L_u^k} p_i

    with :math:`p_i` the share of the training users with item i. The mean is over the users with a non-empty list.

    Parameters
    ----------
    recommendations, train, k
        As in `novelty`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        As in `novelty`.

    See Also
    --------
    recokit.metrics.novelty : Return the novelty: the mean self-information of the recommended items, in bits.
    recokit.metrics.gini :
        Return the Gini index of the recommendations: the inequality of the numbers of recommendations of the
        items.

    References
    ----------
    .. [1] Yin et al. (2012), Challenging the long tail recommendation, PVLDB 5(9).

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(
    ...     ["ann", "bob", "cy", "dan"], ["tea", "tea", "cup", "pot"]
    ... )
    >>> popularity_bias([["tea", "cup"]], train)
    0.375
    """
    return _measure("popularity_bias", recommendations, k, Context.from_inputs(train, None))


def personalization(recommendations: Any, k: int | None = None) -> float:
    r"""Return the personalization: 1 − the mean cosine similarity of the lists of two users.

    .. math::
        \mathrm{personalization@}k = 1 - \frac{1}{|U| (|U| - 1)} \sum_{u \ne v}
        \frac{|L_u^k \cap L_v^k|}{\sqrt{|L_u^k| |L_v^k|}}

    over all pairs of users with non-empty lists. The pairs are not enumerated, so the cost is linear in
    the lengths of the lists.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.

    Returns
    -------
    float
        From 0 (all lists are equal) to 1 (no item is in two lists).

    Raises
    ------
    DataError
        A user has two lists, a list contains an item twice, or there are fewer than two non-empty lists.

    See Also
    --------
    recokit.metrics.diversity : Return the intra-list diversity: 1 − the mean cosine similarity of two items of a list.
    recokit.metrics.coverage :
        Return the catalogue coverage: the share of the items that are recommended to at least one user.

    References
    ----------
    .. [1] Zhou et al. (2010), Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10).

    Examples
    --------
    >>> round(personalization([["tea", "cup"], ["tea", "pot"]]), 6)
    0.5
    """
    return _measure("personalization", recommendations, k, Context())


def diversity(recommendations: Any, vectors: Any, items: Any, k: int | None = None) -> float:
    r"""Return the intra-list diversity: 1 − the mean cosine similarity of two items of a list.

    .. math::
        \mathrm{diversity@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k| (|L_u^k| - 1)}
        \sum_{i \ne j \in L_u^k} 1 - \cos(x_i, x_j)

    over the users with at least two items in their lists. The pairs are not enumerated.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.
    vectors : (n_items, n_features) array or sparse matrix
        Feature vectors x of the items, such as genres, words of the title (``item_vectors_`` of
        `recokit.TfidfRecommender`) or learned factors. The cosine with a zero vector is 0.
    items : Interactions, IdIndex or sequence of ids
        Item of each vector; for interactions, all their items.

    Returns
    -------
    float
        From 0 (all items are alike) to 1 (no features in common), if the vectors are not negative.

    Raises
    ------
    DataError
        A recommended item has no vector, a value is not finite, a list contains an item twice, or no list has two
        items.

    See Also
    --------
    recokit.metrics.personalization :
        Return the personalization: 1 − the mean cosine similarity of the lists of two users.
    recokit.metrics.coverage :
        Return the catalogue coverage: the share of the items that are recommended to at least one user.

    References
    ----------
    .. [1] Ziegler, McNee, Konstan & Lausen (2005), Improving recommendation lists through topic diversification, WWW.

    Examples
    --------
    >>> drinks = [[1, 0], [1, 0], [0, 1]]
    >>> round(diversity([["tea", "coffee", "cup"]], drinks, ["tea", "coffee", "cup"]), 6)
    0.666667
    """
    return _measure("diversity", recommendations, k, Context(vectors=ItemVectors.from_arrays(vectors, items)))


def serendipity(
    recommendations: Any,
    test: Any,
    train: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
) -> float:
    r"""Return the serendipity: the share of the first k places with an unexpected hit.

    .. math::
        \mathrm{serendipity@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|(L_u^k \cap R_u) \setminus (P_u^k \cup T_u)|}{k}

    with :math:`T_u` the training items of u, and :math:`P_u^k` the k other items with the most training users, ties in
    order of id. The strengths of interactions have no influence on the popularity.

    Parameters
    ----------
    recommendations, test, threshold, missing
        As in `recokit.metrics.precision`.
    train : Interactions, sparse matrix, frame, (user, item) pairs, or mapping of users to items
        Training data.
    k : int, optional
        Cut-off; by default the length of the longest list.

    Returns
    -------
    float
        From 0 to the precision with a denominator of k.

    Raises
    ------
    DataError
        As in `recokit.metrics.precision`.

    See Also
    --------
    recokit.metrics.novelty : Return the novelty: the mean self-information of the recommended items, in bits.

    References
    ----------
    .. [1] Murakami, Mori & Orihara (2008), Metrics for evaluating the serendipity of recommendation lists, New
       Frontiers in Artificial Intelligence.
    .. [2] Ge, Delgado-Battenfeld & Jannach (2010), Beyond accuracy: evaluating recommender systems by coverage and
       serendipity, RecSys.

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(
    ...     ["ann", "bob", "cy", "dan"], ["tea", "tea", "tea", "pot"]
    ... )
    >>> serendipity({"dan": ["tea", "jug"]}, {"dan": ["tea", "jug"]}, train, k=1)
    0.0
    >>> serendipity({"dan": ["jug", "tea"]}, {"dan": ["tea", "jug"]}, train, k=1)
    1.0
    """
    metric, context = Metric("serendipity", k), Context.from_inputs(train, None)
    return mean_over_users(recommendations, test, metric, threshold, missing, context=context)


def _measure(name: str, recommendations: Any, k: int | None, context: Context) -> float:
    metric = Metric(name, k)
    lists = Lists.from_input(recommendations, metric.k).without_padding(*context.item_indices())
    if context.catalogue is not None:
        name = "the catalogue" if context.train is None else "the training data"
        warn_of_foreign_items(lists.items, context.catalogue, name)
    warn_of_short_lists(lists, [metric.k], context)
    return measure_lists(lists, metric, context)
