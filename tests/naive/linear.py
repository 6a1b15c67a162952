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


def ease_weights(X, l2, user_exponent, dropout, item_exponent=0.0):
    """Return B for a dense matrix X of users × items."""
    X = np.asarray(X, dtype=np.float64)
    G, l2 = X.T @ _weights(X, user_exponent) @ X, l2 * penalty_unit(X)
    penalties = l2 * np.eye(len(G)) + dropout / (1 - dropout) * np.diag(np.diag(G))
    P = np.linalg.inv(G + penalties)
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return B * item_scales(X, item_exponent)


def ease_weights_around(X, C, l2, user_exponent, dropout, item_exponent=0.0):
    """Return B with the penalty around C, column by column: regress each item on the others."""
    X = np.asarray(X, dtype=np.float64)
    G, l2 = X.T @ _weights(X, user_exponent) @ X, l2 * penalty_unit(X)
    penalties = l2 * np.eye(len(G)) + dropout / (1 - dropout) * np.diag(np.diag(G))
    B = np.zeros_like(G)
    for item in range(len(G)):
        others = np.arange(len(G)) != item
        right = G[others, item] + (penalties @ C)[others, item]
        B[others, item] = np.linalg.solve((G + penalties)[np.ix_(others, others)], right)
    return B * item_scales(X, item_exponent)


def slim_problem(X, l2, user_exponent, dropout):
    """Return G and the diagonal of Λ."""
    X = np.asarray(X, dtype=np.float64)
    G = X.T @ _weights(X, user_exponent) @ X
    return G, l2 * penalty_unit(X) + dropout / (1 - dropout) * np.diag(G)


def slim_weights(X, l1, l2, user_exponent, dropout, *, positive, candidates=None, n_passes=3000):
    """Return B by plain coordinate descent; ``candidates`` lists the items that may have a weight, by target."""
    G, penalties = slim_problem(X, l2, user_exponent, dropout)
    n_items = len(G)
    B, l1 = np.zeros((n_items, n_items)), l1 * penalty_unit(X)
    for target in range(n_items):
        allowed = range(n_items) if candidates is None else candidates[target]
        w = B[:, target]
        for _ in range(n_passes):
            for item in allowed:
                if item == target or G[item, item] == 0:
                    continue
                pull = G[item, target] - G[item] @ w + G[item, item] * w[item]
                low = 0 if positive else min(pull + l1, 0)
                w[item] = (max(pull - l1, 0) + low) / (G[item, item] + penalties[item])
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
