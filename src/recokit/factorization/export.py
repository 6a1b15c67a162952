"""Vectors of users and items for indexes of approximate nearest neighbours."""

from typing import Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from recokit._typing import FloatArray
from recokit.base import Recommender

__all__ = ["export_vectors"]

Metric = Literal["inner_product", "cosine"]


def export_vectors(model: Recommender, metric: Metric = "inner_product") -> tuple[FloatArray, FloatArray]:
    r"""Return vectors whose similarity orders the items of each user as the model does.

    Indexes of approximate nearest neighbours (faiss, hnswlib, Annoy, a vector database) find the best of millions of
    items without scoring all. For those that go by the inner product, the biases of items are one more dimension, in
    which every user has 1. For those that go by the cosine or the Euclidean distance, items get a further one,
    :math:`\sqrt{M^2 - \lVert q_i \rVert^2}`, with M the largest norm, and users 0 [1]_: then all items are of one
    norm, so that the order is the same, and :math:`p \cdot q = \lVert p \rVert M \cos`.

    Parameters
    ----------
    model : Recommender
        Fitted; one with ``user_factors_`` and ``item_factors_``: `SGDMatrixFactorization`, `BPR`, `ImplicitALS` or
        `PureSVD`.
    metric : {"inner_product", "cosine"}
        What the index goes by.

    Returns
    -------
    user_vectors : (n_users, n_dimensions) float32 array
        In order of code: row k is of ``model.interactions_.users.ids[k]``.
    item_vectors : (n_items, n_dimensions) float32 array

    Raises
    ------
    TypeError
        The model has no factors.
    ValueError
        The metric is another.

    Notes
    -----
    What a model adds to all scores of a user is left out (the mean, the bias of the user). An index knows nothing of
    what a user has seen: ask for more than is needed, and leave out what is in the history. Items without interactions
    have factors of 0. `ImplicitALS`, `BPR` and `PureSVD` never list them, which an index cannot know: leave out of it
    the items whose ``model.item_counts_`` is 0.

    References
    ----------
    .. [1] Y. Bachrach et al. (2014). Speeding up the Xbox recommender system using a Euclidean transformation for
       inner-product spaces. RecSys.

    Examples
    --------
    >>> from recokit import SGDMatrixFactorization
    >>> from recokit.factorization import export_vectors
    >>> from recokit.datasets import example_interactions
    >>> model = SGDMatrixFactorization(4, random_state=0).fit(example_interactions("explicit"))
    >>> users, items = export_vectors(model)
    >>> users.shape, items.shape
    ((25, 5), (18, 5))
    >>> best = model.interactions_.items.take([(items @ users[0]).argmax()])
    >>> bool(best[0] == model.recommend(7, n=1, exclude_seen=False)[7][0][0])
    True
    """
    if metric not in ("inner_product", "cosine"):
        raise ValueError(f"metric={metric!r}: expected 'inner_product' or 'cosine'")
    check_is_fitted(model)
    users, items = getattr(model, "user_factors_", None), getattr(model, "item_factors_", None)
    if users is None or items is None:
        raise TypeError(f"{type(model).__name__} has no factors of users and items")
    bias = getattr(model, "item_bias_", getattr(model, "item_means_", None))
    if bias is not None:
        users = np.column_stack([users, np.ones(len(users), dtype=np.float32)])
        items = np.column_stack([items, bias.astype(np.float32)])
    if metric == "cosine":
        squares = np.sum(items.astype(np.float64) ** 2, axis=1)
        items = np.column_stack([items, np.sqrt(np.maximum(squares.max() - squares, 0)).astype(np.float32)])
        users = np.column_stack([users, np.zeros(len(users), dtype=np.float32)])
    return np.ascontiguousarray(users), np.ascontiguousarray(items)
