"""Ranking metrics: agreement of the lists with the test set."""

from typing import Any

from recokit._runtime.threads import Runner, thread_count
from recokit.kernels import ranking
from recokit.metrics._context import Context
from recokit.metrics._measure import mean_over_users
from recokit.metrics._metric import REGISTRY, Definition, Denominator, Gain, Metric, RankMeasure
from recokit.metrics._pairing import Missing

__all__ = ["auc", "average_precision", "hit_rate", "ndcg", "precision", "recall", "reciprocal_rank"]

REGISTRY.update(
    precision=Definition(RankMeasure(ranking.HITS), denominator="k", has_parts=True),
    recall=Definition(RankMeasure(ranking.HITS), denominator="relevant", has_parts=True),
    hit_rate=Definition(RankMeasure(ranking.HIT_RATE), has_parts=True),
    ndcg=Definition(RankMeasure(ranking.NDCG), denominator="min", gain="binary", has_parts=True),
    average_precision=Definition(RankMeasure(ranking.AVERAGE_PRECISION), denominator="relevant", has_parts=True),
    reciprocal_rank=Definition(RankMeasure(ranking.RECIPROCAL_RANK), has_parts=True),
    auc=Definition(RankMeasure(ranking.AUC)),
)


def precision(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    denominator: Denominator = "k",
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the precision: the share of the first k places with a relevant item.

    .. math:: \mathrm{precision@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|L_u^k \cap R_u|}{k}

    with :math:`L_u^k` the first k items of the list of u and :math:`R_u` the items relevant to u. Empty places of a
    list shorter than k are misses. An item listed twice is a hit once.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        Ranked lists. A frame, or a mapping of its columns, has the columns user_id and item_id, and rank or score
        unless its rows are in order. A pandas Series of lists is read by its index, and a frame can also have the whole
        list of a user in each row. Lists without user ids belong to the users 0 … n − 1. Missing ids at the end of a
        list are padding, and so is −1 if it occurs only at the ends of lists, all other ids are integers of at least 0,
        and −1 is not a known item.
    test : Interactions, frame, (user, item) pairs, mapping of users to items, or sequence of collections of ids
        Relevant items. A frame, or a mapping of its columns, can have their values in a column rating or value. A
        pandas Series of collections is read by its index. Pairs are tuples or an array of two columns; use them with
        lists that have user ids, and a sequence of lists or sets with lists that do not. Items that are in no list
        count as relevant and are never hit. A user without a list scores 0.
    k : int, optional
        Cut-off. None: whole lists; a denominator of k is then the length of the longest list.
    denominator : {"k", "relevant", "min"}
        Denominator of the hits: k; :math:`|R_u|`, which gives `recall`; or the smaller of the two.
    threshold : float, optional
        Lowest value of a relevant item; by default all test items are relevant.
    missing : {"skip", "zero"}
        Whether users with a list but without relevant items are skipped or score 0.
    n_threads : int, optional
        Number of threads; by default Numba's.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        No user has relevant items, a user has two lists, or the data are invalid.
    ValueError
        A convention or the cut-off is invalid.
    TypeError
        The input is a recommender instead of its recommendations.

    Warns
    -----
    UserWarning
        The lists and the test set have no user or no item in common; or every list is shorter than k, although the
        items suffice for longer lists.

    See Also
    --------
    recokit.metrics.recall : Return the recall: the share of the relevant items in the first k places.
    recokit.metrics.hit_rate : Return the hit rate: the share of users with a relevant item in the first k places.
    recokit.metrics.ndcg : Return the normalized discounted cumulative gain.

    References
    ----------
    .. [1] Herlocker et al. (2004), Evaluating collaborative filtering recommender systems, ACM TOIS 22(1).

    Examples
    --------
    >>> precision([["tea", "cup", "pot"]], [{"tea", "pot", "jug"}], k=2)
    0.5
    """
    metric, runner = Metric("precision", k, denominator), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def recall(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    denominator: Denominator = "relevant",
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the recall: the share of the relevant items in the first k places.

    .. math:: \mathrm{recall@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|L_u^k \cap R_u|}{|R_u|}

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    denominator : {"relevant", "min", "k"}
        Denominator of the hits: :math:`|R_u|`; :math:`\min(k, |R_u|)`, with which a full list of hits scores 1 [1]_;
        or k, which gives `precision`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

    See Also
    --------
    recokit.metrics.precision : Return the precision: the share of the first k places with a relevant item.
    recokit.metrics.hit_rate : Return the hit rate: the share of users with a relevant item in the first k places.
    recokit.metrics.ndcg : Return the normalized discounted cumulative gain.

    References
    ----------
    .. [1] Liang et al. (2018), Variational autoencoders for collaborative filtering, WWW.

    Examples
    --------
    >>> recall([["tea", "cup"]], [["tea", "pot", "jug"]], k=2)
    0.3333333333333333
    >>> recall([["tea", "cup"]], [["tea", "pot", "jug"]], k=2, denominator="min")
    0.5
    """
    metric, runner = Metric("recall", k, denominator), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def hit_rate(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the hit rate: the share of users with a relevant item in the first k places.

    .. math:: \mathrm{hit\_rate@}k = \frac{1}{|U|} \sum_{u \in U} [\, |L_u^k \cap R_u| > 0 \,]

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

    See Also
    --------
    recokit.metrics.recall : Return the recall: the share of the relevant items in the first k places.
    recokit.metrics.reciprocal_rank : Return the mean reciprocal rank (MRR) of the first hit over users.

    References
    ----------
    .. [1] Deshpande & Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22(1).

    Examples
    --------
    >>> hit_rate({"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup"]})
    0.5
    """
    metric, runner = Metric("hit_rate", k), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def ndcg(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    gain: Gain = "binary",
    denominator: Denominator = "min",
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the normalized discounted cumulative gain.

    .. math::
        \mathrm{ndcg@}k = \frac{1}{|U|} \sum_{u \in U} \frac{\sum_{r=1}^{k} g_{u,r} / \log_2(r + 1)}
        {\sum_{r=1}^{m} g^*_{u,r} / \log_2(r + 1)}

    with :math:`g_{u,r}` the gain of the item at rank r, 0 if it is not relevant or a repetition, and
    :math:`g^*_{u,r}` the r-th highest gain of the items relevant to u: the ideal list. A user scores 0 if all gains
    are 0.

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    gain : {"binary", "linear", "exponential"}
        Gain of a hit: 1; the test value v [1]_; or :math:`2^v - 1` [2]_.
    denominator : {"min", "relevant", "k"}
        Length m of the ideal list: :math:`\min(k, |R_u|)`, with which the best possible list scores 1;
        :math:`|R_u|` for every k; or k, even if fewer items are relevant (with binary gain only).

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        As in `precision`; or a value is negative with linear or exponential gain, or above 1,000 with exponential gain.
    ValueError
        As in `precision`.

    See Also
    --------
    recokit.metrics.average_precision : Return the mean average precision (MAP) over users.
    recokit.metrics.recall : Return the recall: the share of the relevant items in the first k places.

    References
    ----------
    .. [1] Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4).
    .. [2] Burges et al. (2005), Learning to rank using gradient descent, ICML.

    Examples
    --------
    >>> round(ndcg([["tea", "cup", "pot"]], [{"tea": 3, "pot": 2}], k=3), 4)
    0.9197
    >>> round(
    ...     ndcg([["tea", "cup", "pot"]], [{"tea": 3, "pot": 2}], k=3, gain="exponential"),
    ...     4,
    ... )
    0.9558
    """
    metric, runner = Metric("ndcg", k, denominator, gain), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def average_precision(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    denominator: Denominator = "relevant",
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the mean average precision (MAP) over users.

    .. math::
        \mathrm{average\_precision@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|R_u|}
        \sum_{r=1}^{k} [\, \text{rank } r \text{ hits} \,] \, \frac{\text{hits among the first } r}{r}

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    denominator : {"relevant", "min", "k"}
        Denominator of the sum: :math:`|R_u|`, as in trec_eval [1]_; :math:`\min(k, |R_u|)`, with which a full list of
        hits scores 1; or k.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

    See Also
    --------
    recokit.metrics.ndcg : Return the normalized discounted cumulative gain.
    recokit.metrics.precision : Return the precision: the share of the first k places with a relevant item.

    References
    ----------
    .. [1] Buckley & Voorhees (2005), Retrieval system evaluation, in: TREC, MIT Press.

    Examples
    --------
    >>> average_precision([["tea", "cup", "pot"]], [["tea", "pot"]])
    0.8333333333333333
    """
    metric, runner = Metric("average_precision", k, denominator), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def reciprocal_rank(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the mean reciprocal rank (MRR) of the first hit over users.

    .. math:: \mathrm{reciprocal\_rank@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{\text{rank of the first hit}}

    A user without a hit in the first k places scores 0.

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

    See Also
    --------
    recokit.metrics.hit_rate : Return the hit rate: the share of users with a relevant item in the first k places.
    recokit.metrics.ndcg : Return the normalized discounted cumulative gain.

    References
    ----------
    .. [1] Voorhees (1999), The TREC-8 question answering track report, TREC.

    Examples
    --------
    >>> reciprocal_rank([["tea", "cup", "pot"]], [["pot"]], k=3)
    0.3333333333333333
    """
    metric, runner = Metric("reciprocal_rank", k), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, metric, threshold, missing, runner=runner)


def auc(
    recommendations: Any,
    test: Any,
    catalogue: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the area under the ROC curve: the share of (relevant, other) item pairs in the correct order.

    .. math::
        \mathrm{auc@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|R_u| \, |C \setminus R_u|}
        \sum_{i \in R_u} \sum_{j \in C \setminus R_u} [i \text{ before } j] + \tfrac12 [i \text{ and } j \text{ tied}]

    with :math:`C` the catalogue. All items outside the first k places are tied, behind the items in them. So an empty
    list has an AUC of 0.5. A user without a list scores 0, as in all metrics, and so does a user with no other items
    than relevant ones. Items from the user's training history count as other items. Lists exclude them, which raises
    the AUC; to measure this effect, remove them from the catalogue.

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids
        Items that could have been recommended; for interactions, all their items. Items in the first k places of the
        lists and items of the test set are added.

    Returns
    -------
    float
        From 0 to 1; 0.5 for uninformative lists.

    Raises
    ------
    DataError, ValueError
        As in `precision`; or the catalogue is empty or repeats an item.

    See Also
    --------
    recokit.metrics.ndcg : Return the normalized discounted cumulative gain.

    References
    ----------
    .. [1] Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27(8).

    Examples
    --------
    >>> auc([["tea", "cup", "pot"]], [["cup"]], ["tea", "cup", "pot", "jug"])
    0.6666666666666666
    """
    context, runner = Context.from_inputs(None, catalogue), Runner(thread_count(n_threads))
    return mean_over_users(recommendations, test, Metric("auc", k), threshold, missing, context=context, runner=runner)
