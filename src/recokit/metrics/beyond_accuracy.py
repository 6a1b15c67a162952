"""What lists are like as a whole, whether they hit or not: the measures that need no test set."""

from typing import Any

from recokit.metrics._background import Background, ItemVectors
from recokit.metrics._lists import Lists
from recokit.metrics._measure import mean_of_defined, mean_over_users
from recokit.metrics._metric import REGISTRY, Metric
from recokit.metrics._pairing import Missing

__all__ = ["coverage", "diversity", "gini", "novelty", "personalization", "popularity_bias", "serendipity"]


def coverage(recommendations: Any, catalogue: Any, k: int | None = None) -> float:
    r"""Return the catalogue coverage: which share of the items is recommended to anyone.

    .. math:: \mathrm{coverage@}k = \frac{|C \cap \bigcup_u L_u^k|}{|C|}

    with :math:`C` the catalogue and :math:`L_u^k` the first k items of u's list. All lists count, those of users
    without test items too.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        As in `precision`.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids
        Items that could have been recommended; of interactions, all their items.
    k : int, optional
        Cut-off; whole lists by default.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        A user has two lists, or the catalogue is empty or repeats an item.

    References
    ----------
    .. [1] Ge, Delgado-Battenfeld & Jannach (2010), Beyond accuracy: evaluating recommender systems by coverage and
       serendipity, RecSys.

    Examples
    --------
    >>> coverage([["tea", "cup"], ["tea", "pot"]], ["cup", "jug", "pot", "tea"], k=1)
    0.25
    """
    return _of_lists("coverage", recommendations, k, Background.of(None, catalogue))


def gini(recommendations: Any, catalogue: Any, k: int | None = None) -> float:
    r"""Return the Gini index of the recommendations: how unequally the items are recommended.

    .. math:: \mathrm{gini@}k = \frac{\sum_{r=1}^{n} (2r - n - 1) \, x_r}{n \sum_{r=1}^{n} x_r}

    with :math:`x_1 \le \dots \le x_n` how often each of the n items of the catalogue stands in the first k places of a
    list: 0 where all are recommended alike, :math:`1 - 1/n` where one takes all. All lists count.

    Parameters
    ----------
    recommendations, catalogue, k
        As in `coverage`.

    Returns
    -------
    float
        From 0 to 1; lower is more equal.

    Raises
    ------
    DataError
        As in `coverage`; or no item of the catalogue is in a list.

    References
    ----------
    .. [1] Fleder & Hosanagar (2009), Blockbuster culture's next rise or fall, Management Science 55(5).

    Examples
    --------
    >>> gini([["tea"], ["tea"]], ["cup", "tea"])
    0.5
    """
    return _of_lists("gini", recommendations, k, Background.of(None, catalogue))


def novelty(recommendations: Any, train: Any, k: int | None = None) -> float:
    r"""Return the novelty: the mean self-information of the recommended items, in bits.

    .. math:: \mathrm{novelty@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k|} \sum_{i \in L_u^k} -\log_2 p_i

    with :math:`p_i` the share of the training users who took item i; an item nobody took counts as taken by one. The
    mean is over the users whose lists hold an item.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.
    train : Interactions, sparse matrix, frame or (user, item) pairs
        What was known.

    Returns
    -------
    float
        Bits, from 0 (what everybody took) to :math:`\log_2` of the number of training users.

    Raises
    ------
    DataError
        A user has two lists, or no list holds an item.

    References
    ----------
    .. [1] Zhou et al. (2010), Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10).

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(["ann", "bob", "cy", "dan"], ["tea", "tea", "cup", "pot"])
    >>> novelty([["tea", "cup"]], train)
    1.5
    """
    return _of_lists("novelty", recommendations, k, Background.of(train, None))


def popularity_bias(recommendations: Any, train: Any, k: int | None = None) -> float:
    r"""Return the average popularity of the recommended items.

    .. math:: \mathrm{popularity\_bias@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k|} \sum_{i \in L_u^k} p_i

    with :math:`p_i` the share of the training users who took item i. The mean is over the users whose lists hold an
    item.

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

    References
    ----------
    .. [1] Yin et al. (2012), Challenging the long tail recommendation, PVLDB 5(9).

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(["ann", "bob", "cy", "dan"], ["tea", "tea", "cup", "pot"])
    >>> popularity_bias([["tea", "cup"]], train)
    0.375
    """
    return _of_lists("popularity_bias", recommendations, k, Background.of(train, None))


def personalization(recommendations: Any, k: int | None = None) -> float:
    r"""Return the personalization: how different the lists of two users are.

    .. math::
        \mathrm{personalization@}k = 1 - \frac{1}{|U| (|U| - 1)} \sum_{u \ne v}
        \frac{|L_u^k \cap L_v^k|}{\sqrt{|L_u^k| |L_v^k|}}

    over all pairs of users whose lists hold an item, without looking at the pairs one by one.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.

    Returns
    -------
    float
        From 0 (the same for all) to 1 (no item in two lists).

    Raises
    ------
    DataError
        A user has two lists, a list holds an item twice, or there are not two lists that hold an item.

    References
    ----------
    .. [1] Zhou et al. (2010), Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10).

    Examples
    --------
    >>> round(personalization([["tea", "cup"], ["tea", "pot"]]), 6)
    0.5
    """
    return _of_lists("personalization", recommendations, k, Background())


def diversity(recommendations: Any, vectors: Any, items: Any, k: int | None = None) -> float:
    r"""Return the intra-list diversity: how different the items of a list are.

    .. math::
        \mathrm{diversity@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|L_u^k| (|L_u^k| - 1)}
        \sum_{i \ne j \in L_u^k} 1 - \cos(x_i, x_j)

    over the users whose lists hold two items at least, without looking at the pairs one by one.

    Parameters
    ----------
    recommendations, k
        As in `coverage`.
    vectors : (n_items, n_features) array or sparse matrix
        x: what each item is like, such as the genres, the words of the title (``item_vectors_`` of
        `recokit.TfidfRecommender`) or learned factors. The cosine with a vector of zeros is 0.
    items : Interactions, IdIndex or sequence of ids
        Whose vectors these are, in order; of interactions, all their items.

    Returns
    -------
    float
        From 0 (all alike), where no vector has negative numbers, to 1 (nothing in common).

    Raises
    ------
    DataError
        A recommended item has no vector, something is no finite number, a list holds an item twice, or no list holds
        two items.

    References
    ----------
    .. [1] Ziegler, McNee, Konstan & Lausen (2005), Improving recommendation lists through topic diversification, WWW.

    Examples
    --------
    >>> drinks = [[1, 0], [1, 0], [0, 1]]
    >>> round(diversity([["tea", "coffee", "cup"]], drinks, ["tea", "coffee", "cup"]), 6)
    0.666667
    """
    background = Background()._replace(vectors=ItemVectors.of(vectors, items))
    return _of_lists("diversity", recommendations, k, background)


def serendipity(
    recommendations: Any,
    test: Any,
    train: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
) -> float:
    r"""Return the serendipity: which share of the first k places hits, and with what is not obvious.

    .. math::
        \mathrm{serendipity@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|(L_u^k \cap R_u) \setminus (P_u^k \cup T_u)|}{k}

    with :math:`T_u` what u has taken in training, and :math:`P_u^k` what everybody would be shown: the k other items
    that most training users took, however strongly, equal ones in order of id.

    Parameters
    ----------
    recommendations, test, threshold, missing
        As in `recokit.metrics.precision`.
    train : Interactions, sparse matrix, frame or (user, item) pairs
        What was known.
    k : int, optional
        Cut-off; the length of the longest list by default.

    Returns
    -------
    float
        From 0 to the precision with a denominator of k.

    Raises
    ------
    DataError
        As in `recokit.metrics.precision`.

    References
    ----------
    .. [1] Murakami, Mori & Orihara (2008), Metrics for evaluating the serendipity of recommendation lists, New
       Frontiers in Artificial Intelligence.
    .. [2] Ge, Delgado-Battenfeld & Jannach (2010), Beyond accuracy: evaluating recommender systems by coverage and
       serendipity, RecSys.

    Examples
    --------
    >>> from recokit import Interactions
    >>> train = Interactions.from_arrays(["ann", "bob", "cy", "dan"], ["tea", "tea", "tea", "pot"])
    >>> serendipity({"dan": ["tea", "jug"]}, {"dan": ["tea", "jug"]}, train, k=1)
    0.0
    >>> serendipity({"dan": ["jug", "tea"]}, {"dan": ["tea", "jug"]}, train, k=1)
    1.0
    """
    metric, background = Metric("serendipity", k), Background.of(train, None)
    return mean_over_users(recommendations, test, metric, threshold, missing, background=background)


def _of_lists(name: str, recommendations: Any, k: int | None, background: Background) -> float:
    metric = Metric(name, k)
    definition = REGISTRY[name]
    value = definition.measure(Lists.of(recommendations, metric.k), metric.k, background)
    return mean_of_defined(value, metric) if definition.is_by_user else float(value)
