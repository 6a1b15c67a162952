"""Alternating least squares with dense matrices, straight from its objective."""

import numpy as np


def loss(R, users, items, unobserved_weight, user_l2, item_l2, user_means=0.0, item_means=0.0):
    """Return the objective; R holds strengths, with 0 for unobserved pairs."""
    scores = users @ items.T
    observed = np.sum(R * (1 - scores) ** 2)
    penalty = np.sum(user_l2 * np.sum((users - user_means) ** 2, axis=1))
    penalty += np.sum(item_l2 * np.sum((items - item_means) ** 2, axis=1))
    return observed + unobserved_weight * np.sum(scores**2) + penalty


def solve(R, others, unobserved_weight, l2, means=()):
    """Return the optimal factors of each row given the factors of the columns; its mean for a row of zeros.

    A single mean is that of all rows.
    """
    rows = np.zeros((len(R), others.shape[1]))
    if len(means):
        rows += means
    for u, strengths in enumerate(R):
        if np.any(strengths):
            matrix = others.T @ (strengths[:, None] * others) + unobserved_weight * others.T @ others
            right = others.T @ strengths + l2[u] * rows[u]
            rows[u] = np.linalg.solve(matrix + l2[u] * np.eye(others.shape[1]), right)
    return rows


def feature_weights(features, factors, l2, feature_l2):
    """Return the ridge regression of factors on features: one row of weights for each feature."""
    scales = np.abs(features).max(axis=0)
    scales[scales == 0] = 1
    ridge = feature_l2 * np.mean(l2) * np.diag(scales**2)
    return np.linalg.solve(features.T @ (l2[:, None] * features) + ridge, features.T @ (l2[:, None] * factors))


def common_mean(factors, l2):
    """Return the mean of factors, weighted by their penalties."""
    return l2 @ factors / np.sum(l2)


def penalties(R, unobserved_weight, l2, exponent):
    sizes = (R > 0).sum(axis=1) + unobserved_weight * R.shape[1]
    return l2 * sizes**exponent * sizes.sum() / (sizes**exponent).sum()
