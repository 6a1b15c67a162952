"""Export of user and item vectors for approximate nearest neighbour search."""

from typing import Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from recokit._typing import FloatArray
from recokit.base import Recommender
from recokit.base._state import snapshot
from recokit.factorization._base import FactorRecommender

__all__ = ["export_vectors"]

Metric = Literal["inner_product", "cosine"]


def export_vectors(model: Recommender, metric: Metric = "inner_product") -> tuple[FloatArray, FloatArray]:
    r"""Return vectors whose similarities rank the items of each user as the model does.

    An index for approximate nearest neighbour search (faiss, hnswlib, Annoy, a vector database) finds the best of
    millions of items without scoring all of them. For an index of inner products, the item biases are appended as one
    dimension, in which every user has 1. For an index of cosines or Euclidean distances, items get a further dimension
    :math:`\sqrt{M^2 - \lVert q_i \rVert^2}`, with M the largest norm, and users 0 [1]_. All items then have the same
    norm, so :math:`p \cdot q = \lVert p \rVert M \cos` and the ranking is the same.

    Parameters
    ----------
    model : Recommender
        Fitted `SGDMatrixFactorization`, `BPR`, `ImplicitALS` or `PureSVD`.
    metric : {"inner_product", "cosine"}
        Metric of the index.

    Returns
    -------
    user_vectors : (n_users, n_dimensions) float32 array
        In order of code: row k belongs to ``model.interactions_.users.ids[k]``.
    item_vectors : (n_items, n_dimensions) float32 array

    Raises
    ------
    TypeError
        The model has no factors.
    ValueError
        The metric is unknown.

    See Also
    --------
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.
    recokit.BPR : Matrix factorization of implicit feedback by Bayesian personalized ranking.
    recokit.PureSVD : Truncated singular value decomposition of the user × item matrix.

    Notes
    -----
    Terms that are equal in all scores of a user (the mean, the user's bias) are omitted. An index does not exclude the
    items of a user's history: request more items than needed, and drop the seen ones. `ImplicitALS`, `BPR` and
    `PureSVD` never recommend items whose vectors are 0, such as those of items without interactions and features: do
    not add these items to the index.

    References
    ----------
    .. [1] Y. Bachrach et al. (2014). Speeding up the Xbox recommender system using a Euclidean transformation for
       inner-product spaces. RecSys.

    Examples
    --------
    >>> from recokit import SGDMatrixFactorization
    >>> from recokit.factorization import export_vectors
    >>> from recokit.datasets import example_interactions
    >>> model = SGDMatrixFactorization(4, random_state=0).fit(
    ...     example_interactions("explicit")
    ... )
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
    if not isinstance(model, FactorRecommender):
        raise TypeError(f"{type(model).__name__} has no factors of users and items")
    fitted = snapshot(model)
    users, (items, bias) = fitted._user_factors().vectors, fitted._item_factors()
    if bias is not None:
        users = np.column_stack([users, np.ones(len(users), dtype=np.float32)])
        items = np.column_stack([items, bias.astype(np.float32)])
    if metric == "cosine":
        squares = np.sum(items.astype(np.float64) ** 2, axis=1)
        items = np.column_stack([items, np.sqrt(np.maximum(squares.max() - squares, 0)).astype(np.float32)])
        users = np.column_stack([users, np.zeros(len(users), dtype=np.float32)])
    return np.ascontiguousarray(users), np.ascontiguousarray(items)
