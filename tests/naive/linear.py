"""EASE by a dense inverse and SLIM by coordinate descent over dense columns, as in the papers."""

import numpy as np


def _weights(X, user_exponent):
    counts = np.maximum((X != 0).sum(axis=1), 1)
    return np.diag(counts**-user_exponent)


def item_scales(X, item_exponent):
    """Return n^−item_exponent for items with n users, and 1 for items without users."""
    return np.maximum((np.asarray(X) != 0).sum(axis=0), 1.0) ** -item_exponent


def penalty_unit(X):
    """Return the square of the mean of the strengths above 0, which multiplies penalties."""
    X = np.asarray(X, dtype=np.float64)
    return X[X > 0].mean() ** 2 if np.any(X > 0) else 1.0


def ease_weights(X, l2, user_exponent, dropout, item_exponent=0.0, intercept=False):
    """Return B for a dense matrix X of users × items."""
    return ease_weights_around(X, None, l2, user_exponent, dropout, item_exponent, intercept)


def ease_weights_around(X, C, l2, user_exponent, dropout, item_exponent=0.0, intercept=False):
    """Return B with the penalty around C, column by column: regress each item on the others.

    With an intercept, the last row has the weights of a constant, times its value.
    """
    X = np.asarray(X, dtype=np.float64)
    columns = with_constant(X) if intercept else X
    G = columns.T @ _weights(X, user_exponent) @ columns
    penalties = l2 * penalty_unit(X) * np.eye(len(G)) + dropout / (1 - dropout) * np.diag(np.diag(G))
    prior = np.zeros_like(G)
    if C is not None:
        prior[: X.shape[1], : X.shape[1]] = C
    B = np.zeros((len(G), X.shape[1]))
    for item in range(X.shape[1]):
        others = np.arange(len(G)) != item
        right = G[others, item] + (penalties @ prior)[others, item]
        B[others, item] = np.linalg.solve((G + penalties)[np.ix_(others, others)], right)
    if intercept:
        B[-1] *= penalty_unit(X) ** 0.5
    return B * item_scales(X, item_exponent)


def with_constant(X):
    """Return X with a last column that is the mean strength for users with a strength above 0."""
    X = np.asarray(X, dtype=np.float64)
    return np.column_stack([X, (X > 0).any(axis=1) * penalty_unit(X) ** 0.5])


def slim_problem(X, l2, user_exponent, dropout, intercept=False):
    """Return G and the diagonal of Λ."""
    X = np.asarray(X, dtype=np.float64)
    columns = with_constant(X) if intercept else X
    G = columns.T @ _weights(X, user_exponent) @ columns
    return G, l2 * penalty_unit(X) + dropout / (1 - dropout) * np.diag(G)


def slim_weights(X, l1, l2, user_exponent, dropout, *, positive, candidates=None, n_passes=3000, intercept=False):
    """Return B by plain coordinate descent; ``candidates`` lists the items that may have a weight, by target.

    With an intercept, the last row has the weights of the constant, times its value.
    """
    G, penalties = slim_problem(X, l2, user_exponent, dropout, intercept)
    n_items = len(G)
    B, l1 = np.zeros((n_items, n_items)), l1 * penalty_unit(X)
    for target in range(n_items):
        allowed = range(n_items) if candidates is None else candidates[target]
        w = B[:, target]
        for _ in range(n_passes):
            before = w.copy()
            for item in allowed:
                if item == target or G[item, item] == 0:
                    continue
                pull = G[item, target] - G[item] @ w + G[item, item] * w[item]
                low = 0 if positive else min(pull + l1, 0)
                w[item] = (max(pull - l1, 0) + low) / (G[item, item] + penalties[item])
            if np.array_equal(w, before):
                break
    if intercept:
        B[-1] *= penalty_unit(X) ** 0.5
        return B[:, :-1]
    return B


def slim_candidates(X, l1, l2, user_exponent, dropout, n_neighbors):
    """Return the items whose single weight lowers the loss most, by target; use ``l1=0`` for weights of any sign."""
    G, penalties = slim_problem(X, l2, user_exponent, dropout)
    lists, l1 = [], l1 * penalty_unit(X)
    for target in range(len(G)):
        gains = np.float32(np.maximum(G[:, target] - l1, 0) ** 2 / np.maximum(np.diag(G) + penalties, 1e-300))
        ranked = sorted((-gains[item], item) for item in range(len(G)) if item != target and G[item, item] > 0)
        lists.append([item for _, item in ranked[:n_neighbors]])
    return lists
