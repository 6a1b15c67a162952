"""Biases by alternating least squares on a list of ratings, and from the normal equations."""

import numpy as np


def alternate(ratings, mean, l2_user, l2_item, n_epochs, user_bias, item_bias):
    """Return the biases after ``n_epochs`` alternations and the largest change in the last epoch.

    ``ratings`` is a list of (user, item, rating).
    """
    user_bias, item_bias = list(user_bias), list(item_bias)
    change = 0.0
    for _ in range(n_epochs):
        before = user_bias + item_bias
        for item in range(len(item_bias)):
            residuals = [r - mean - user_bias[u] for u, i, r in ratings if i == item]
            item_bias[item] = sum(residuals) / (len(residuals) + l2_item) if residuals else 0.0
        for user in range(len(user_bias)):
            residuals = [r - mean - item_bias[i] for u, i, r in ratings if u == user]
            user_bias[user] = sum(residuals) / (len(residuals) + l2_user) if residuals else 0.0
        change = max(abs(new - old) for new, old in zip(user_bias + item_bias, before, strict=True))
    return user_bias, item_bias, change


def solve(ratings, mean, l2_user, l2_item, n_users, n_items):
    """Return the biases that minimize the penalized squared error, from one linear system."""
    design = np.zeros((len(ratings), n_users + n_items))
    target = np.zeros(len(ratings))
    for row, (user, item, rating) in enumerate(ratings):
        design[row, user] = design[row, n_users + item] = 1.0
        target[row] = rating - mean
    penalty = np.diag([l2_user] * n_users + [l2_item] * n_items)
    both = np.linalg.solve(design.T @ design + penalty, design.T @ target)
    return both[:n_users], both[n_users:]
