"""Alternating least squares with dense matrices, straight from its objective."""

import numpy as np


def loss(R, users, items, unobserved_weight, user_l2, item_l2):
    """Return the objective; R holds strengths, with 0 for unobserved pairs."""
    scores = users @ items.T
    observed = np.sum(R * (1 - scores) ** 2)
    penalty = np.sum(user_l2 * np.sum(users**2, axis=1)) + np.sum(item_l2 * np.sum(items**2, axis=1))
    return observed + unobserved_weight * np.sum(scores**2) + penalty


def solve(R, others, unobserved_weight, l2):
    """Return the optimal factors of each row given the factors of the columns; 0 for a row without interactions."""
    rows = np.zeros((len(R), others.shape[1]))
    for u, strengths in enumerate(R):
        if np.any(strengths):
            matrix = others.T @ (strengths[:, None] * others) + unobserved_weight * others.T @ others
            rows[u] = np.linalg.solve(matrix + l2[u] * np.eye(others.shape[1]), others.T @ strengths)
    return rows


def penalties(R, unobserved_weight, l2, exponent):
    sizes = (R > 0).sum(axis=1) + unobserved_weight * R.shape[1]
    return l2 * sizes**exponent * sizes.sum() / (sizes**exponent).sum()
