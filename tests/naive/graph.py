"""RP3beta with dense matrices."""

import numpy as np


def _transitions(X, alpha):
    sums = X.sum(axis=1, keepdims=True)
    shares = X / np.where(sums > 0, sums, 1)
    return np.where(shares > 0, shares**alpha, 0)


def rp3beta_weights(X, alpha, beta, shrinkage, n_neighbors=None, *, normalize=False):
    """Return W for a dense matrix X of users × items; ties are broken by item."""
    X = np.asarray(X, dtype=np.float64)
    popularity = X.sum(axis=0)
    popularity = np.where(popularity > 0, popularity + shrinkage * X[X > 0].mean(), 1)
    W = _transitions(X.T, alpha) @ _transitions(X, alpha) / popularity**beta
    np.fill_diagonal(W, 0)
    if n_neighbors is not None:
        for row in W:
            row[np.lexsort((np.arange(len(row)), -np.float32(row)))[n_neighbors:]] = 0
    if normalize:
        W = W / np.where(W.sum(axis=1, keepdims=True) > 0, W.sum(axis=1, keepdims=True), 1)
    return W


def rp3beta_scores(X, W, alpha):
    """Return the scores of all items for the users of X."""
    return _transitions(np.asarray(X, dtype=np.float64), alpha) @ W
