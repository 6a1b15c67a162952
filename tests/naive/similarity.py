"""Similarities of two rows, straight from their formulas. A missing cell is NaN."""

import math

import numpy as np


def similarity(name, x, y, *, alpha=0.5, beta=0.5, shrinkage=0.0, min_common=1):
    """Return the shrunk similarity of row x to row y; for correlations, x and y are already centred."""
    in_x, in_y = ~np.isnan(x), ~np.isnan(y)
    both = in_x & in_y
    n = int(both.sum())
    if n == 0 or n < min_common:
        return 0.0
    correlation = name in ("pearson", "adjusted_cosine", "pearson_baseline")
    support = n - 1 if correlation else n
    if support == 0:
        return 0.0
    value = (
        _from_common_columns(name, x[both], y[both]) if correlation else _from_rows(name, x, y, in_x, in_y, alpha, beta)
    )
    return value * support / (support + shrinkage)


def _from_common_columns(name, x, y):
    if name == "pearson":
        if len(set(x)) == 1 or len(set(y)) == 1:
            return 0.0
        x, y = x - x.mean(), y - y.mean()
    norm = math.sqrt((x * x).sum() * (y * y).sum())
    return (x * y).sum() / norm if norm > 0 else 0.0


def _from_rows(name, x, y, in_x, in_y, alpha, beta):
    n, a, b, n_columns = (in_x & in_y).sum(), in_x.sum(), in_y.sum(), len(x)
    if name in ("cosine", "asymmetric_cosine"):
        x, y = np.nan_to_num(x), np.nan_to_num(y)
        square_x, square_y = (x * x).sum(), (y * y).sum()
        if square_x == 0 or square_y == 0:
            return 0.0
        exponent = 0.5 if name == "cosine" else alpha
        return (x * y).sum() / (square_x**exponent * square_y ** (1 - exponent))
    return {
        "jaccard": lambda: n / (a + b - n),
        "dice": lambda: 2 * n / (a + b),
        "tversky": lambda: n / (n + alpha * (a - n) + beta * (b - n)),
        "conditional_probability": lambda: n / a,
        "lift": lambda: n * n_columns / (a * b),
        "log_likelihood": lambda: log_likelihood(n, a, b, n_columns),
    }[name]()


def log_likelihood(n, a, b, n_columns):
    """Return G² = 2 Σ observed log(observed / expected); 0 unless n exceeds its expectation."""
    table = np.array([[n, a - n], [b - n, n_columns - a - b + n]], dtype=float)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n_columns
    if table[0, 0] <= expected[0, 0]:
        return 0.0
    filled = table > 0
    return 2 * (table[filled] * np.log(table[filled] / expected[filled])).sum()


def similarities(name, queries, rows, **options):
    """Return the similarity of every query to every row."""
    return np.array([[similarity(name, x, y, **options) for y in rows] for x in queries])


def nearest(row, k, own=-1):
    """Return the codes and similarities of the k most similar rows above 0, best first, ties by code."""
    row = np.asarray(row, dtype=np.float32)
    codes = sorted((code for code in range(len(row)) if row[code] > 0 and code != own), key=lambda c: (-row[c], c))
    return codes[:k], row[codes[:k]]


def weighted_set_similarity(name, x, y, n_columns, *, alpha=0.5, beta=0.5):
    """Return the similarity of two weighted sets; Σxy, Σx² and Σy² replace the sizes of the sets."""
    x, y = np.nan_to_num(x), np.nan_to_num(y)
    a, b = (x * x).sum(), (y * y).sum()
    n = min((x * y).sum(), a, b)
    if n == 0:
        return 0.0
    if name == "log_likelihood":
        return log_likelihood(n, a, b, n_columns)
    return {
        "jaccard": n / (a + b - n),
        "dice": 2 * n / (a + b),
        "tversky": n / (n + alpha * (a - n) + beta * (b - n)),
        "conditional_probability": n / a,
        "lift": n * n_columns / (a * b),
    }[name]
