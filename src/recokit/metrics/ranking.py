"""How well lists hit what people took: the measures that need the test set."""

from typing import Any

from recokit.metrics._background import Background
from recokit.metrics._measure import mean_over_users
from recokit.metrics._metric import Denominator, Gain, Metric
from recokit.metrics._pairing import Missing

__all__ = ["auc", "average_precision", "hit_rate", "ndcg", "precision", "recall", "reciprocal_rank"]


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
    r"""Return the precision: which share of the first k places hits.

    .. math:: \mathrm{precision@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|L_u^k \cap R_u|}{k}

    with :math:`L_u^k` the first k items of u's list and :math:`R_u` the items relevant to u. A list shorter than k
    has misses in its free places; an item listed twice is a hit once.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        A frame has the columns user_id and item_id, and rank or score unless its rows are in order. Lists without user
        ids belong to the users 0 … n − 1.
    test : Interactions, frame, (user, item) pairs, mapping of users to items, or sequence of collections of ids
        The relevant items. A frame may have the values in a column rating or value. Pairs are tuples or an array of two
        columns, and go with lists that name their users; a sequence of lists or sets goes with lists that do not. Items
        and users that the lists do not know count as relevant and are never hit: a user without a list scores 0.
    k : int, optional
        Cut-off. None is no cut-off: all places count, and a denominator of k is the length of the longest list.
    denominator : {"k", "relevant", "min"}
        What the hits are divided by: k; :math:`|R_u|`, which makes it `recall`; or the lesser of the two.
    threshold : float, optional
        Test interactions below this value are not relevant; by default all are.
    missing : {"skip", "zero"}
        Whether users without relevant items are left out of the mean, or count 0 if they have a list.
    n_threads : int, optional
        Threads; what Numba has by default.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        Nobody has relevant items, a user has two lists, or the data cannot be read.
    ValueError
        A convention or cut-off that there is not.
    TypeError
        A recommender instead of its recommendations.

    References
    ----------
    .. [1] Herlocker et al. (2004), Evaluating collaborative filtering recommender systems, ACM TOIS 22(1).

    Examples
    --------
    >>> precision([["tea", "cup", "pot"]], [{"tea", "pot", "jug"}], k=2)
    0.5
    """
    metric = Metric("precision", k, denominator)
    return mean_over_users(recommendations, test, metric, threshold, missing, n_threads)


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
    r"""Return the recall: which share of the relevant items stands in the first k places.

    .. math:: \mathrm{recall@}k = \frac{1}{|U|} \sum_{u \in U} \frac{|L_u^k \cap R_u|}{|R_u|}

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    denominator : {"relevant", "min", "k"}
        What the hits are divided by: :math:`|R_u|`; :math:`\min(k, |R_u|)`, so that a full list of hits scores 1 [1]_;
        or k, which makes it `precision`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

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
    metric = Metric("recall", k, denominator)
    return mean_over_users(recommendations, test, metric, threshold, missing, n_threads)


def hit_rate(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the share of users who have a relevant item in the first k places.

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

    References
    ----------
    .. [1] Deshpande & Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22(1).

    Examples
    --------
    >>> hit_rate({"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup"]})
    0.5
    """
    return mean_over_users(recommendations, test, Metric("hit_rate", k), threshold, missing, n_threads)


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
    r"""Return the normalised discounted cumulative gain.

    .. math::
        \mathrm{ndcg@}k = \frac{1}{|U|} \sum_{u \in U} \frac{\sum_{r=1}^{k} g_{u,r} / \log_2(r + 1)}
        {\sum_{r=1}^{m} g^*_{u,r} / \log_2(r + 1)}

    with :math:`g_{u,r}` the gain of the item at rank r, 0 if it is not relevant (or listed above already), and
    :math:`g^*_{u,r}` the r-th highest gain of u's relevant items: the ideal list. A user whose gains are all 0
    scores 0.

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    gain : {"binary", "linear", "exponential"}
        What a hit gains: 1; the test value v [1]_; or :math:`2^v - 1` [2]_.
    denominator : {"min", "relevant", "k"}
        Length m of the ideal list: :math:`\min(k, |R_u|)`, so that the best possible list scores 1;
        :math:`|R_u|`, whatever k; or k hits, however few items are relevant (with binary gain only).

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        As in `precision`; or a value is negative and is to be a gain, or above 1,000 and is to be an exponential one.
    ValueError
        As in `precision`.

    References
    ----------
    .. [1] Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4).
    .. [2] Burges et al. (2005), Learning to rank using gradient descent, ICML.

    Examples
    --------
    >>> round(ndcg([["tea", "cup", "pot"]], [{"tea": 3, "pot": 2}], k=3), 4)
    0.9197
    >>> round(ndcg([["tea", "cup", "pot"]], [{"tea": 3, "pot": 2}], k=3, gain="exponential"), 4)
    0.9558
    """
    metric = Metric("ndcg", k, denominator, gain)
    return mean_over_users(recommendations, test, metric, threshold, missing, n_threads)


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
    r"""Return the mean over users of the average precision (MAP).

    .. math::
        \mathrm{average\_precision@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|R_u|}
        \sum_{r=1}^{k} [\, \text{rank } r \text{ hits} \,] \, \frac{\text{hits among the first } r}{r}

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    denominator : {"relevant", "min", "k"}
        What the sum is divided by: :math:`|R_u|`, as trec_eval does [1]_; :math:`\min(k, |R_u|)`, so that a full
        list of hits scores 1; or k.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As in `precision`.

    References
    ----------
    .. [1] Buckley & Voorhees (2005), Retrieval system evaluation, in: TREC, MIT Press.

    Examples
    --------
    >>> average_precision([["tea", "cup", "pot"]], [["tea", "pot"]])
    0.8333333333333333
    """
    metric = Metric("average_precision", k, denominator)
    return mean_over_users(recommendations, test, metric, threshold, missing, n_threads)


def reciprocal_rank(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    threshold: float | None = None,
    missing: Missing = "skip",
    n_threads: int | None = None,
) -> float:
    r"""Return the mean over users of the reciprocal rank of the first hit (MRR).

    .. math:: \mathrm{reciprocal\_rank@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{\text{rank of the first hit}}

    where a user without a hit in the first k places counts 0.

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

    References
    ----------
    .. [1] Voorhees (1999), The TREC-8 question answering track report, TREC.

    Examples
    --------
    >>> reciprocal_rank([["tea", "cup", "pot"]], [["pot"]], k=3)
    0.3333333333333333
    """
    return mean_over_users(recommendations, test, Metric("reciprocal_rank", k), threshold, missing, n_threads)


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
    r"""Return the area under the ROC curve: how often a relevant item stands before one that is not.

    .. math::
        \mathrm{auc@}k = \frac{1}{|U|} \sum_{u \in U} \frac{1}{|R_u| \, |C \setminus R_u|}
        \sum_{i \in R_u} \sum_{j \in C \setminus R_u} [i \text{ before } j] + \tfrac12 [i \text{ and } j \text{ tied}]

    with :math:`C` the catalogue. All items that are not in the first k places are tied behind those that are. So an
    empty list has 0.5; a user without a list scores 0, as in all metrics, and so does one to whom all of the catalogue
    is relevant. What the user took in training counts among the others, and lists leave it out, which is in their
    favour: take it out of the catalogue to see how much.

    Parameters
    ----------
    recommendations, test, k, threshold, missing, n_threads
        As in `precision`.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids
        Items that could have been recommended; of interactions, all their items. Those of the first k places of the
        lists and of the test set are added.

    Returns
    -------
    float
        From 0 to 1; 0.5 where lists say nothing.

    Raises
    ------
    DataError, ValueError
        As in `precision`; or the catalogue is empty or repeats an item.

    References
    ----------
    .. [1] Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27(8).

    Examples
    --------
    >>> auc([["tea", "cup", "pot"]], [["cup"]], ["tea", "cup", "pot", "jug"])
    0.6666666666666666
    """
    background = Background.of(None, catalogue)
    return mean_over_users(recommendations, test, Metric("auc", k), threshold, missing, n_threads, background)
