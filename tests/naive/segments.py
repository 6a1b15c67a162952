"""Scaling of features for clustering, column by column."""

import math

import numpy as np


def scaled(rows, families):
    """Return the scaled rows, None if all columns are constant."""
    columns = [
        column_of(list(column), family) for column, family in zip(zip(*rows, strict=True), families, strict=True)
    ]
    keys = [family or place for place, family in enumerate(families)]
    deviations, found = [None] * len(columns), False
    for key in set(keys):
        members = [place for place in range(len(columns)) if keys[place] == key]
        total = math.sqrt(sum(np.var(columns[place][0]) for place in members))
        for place in members:
            values, center, scale = columns[place]
            if families[place] == "category":
                center, scale = np.mean(values), total if scale > 0 else 0.0
            found = found or scale > 0
            parts = [(value - center) / scale if scale > 0 else 0.0 for value in values]
            deviations[place] = [min(max(part, -3.0), 3.0) for part in parts]
        covariance = np.atleast_2d(np.cov([deviations[place] for place in members], bias=True))
        eigenvalues = np.linalg.eigvalsh(covariance)
        if eigenvalues.sum() > 0:
            n_dimensions = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
            factor = math.sqrt(n_dimensions / eigenvalues.sum())
            for place in members:
                deviations[place] = [factor * part for part in deviations[place]]
    return np.array(deviations).T if found else None


def column_of(values, family):
    """Return filled, possibly logarithmic values, their median, and their robust scale."""
    defined = [value for value in values if not math.isnan(value)]
    fill = float(np.median(defined)) if defined else 0.0
    values = [fill if math.isnan(value) else value for value in values]
    mean, spread = np.mean(values), np.std(values)
    skewness = np.mean([((value - mean) / spread) ** 3 for value in values]) if spread > 0 else 0.0
    if family != "category" and min(values) >= 0 and skewness > 1:
        values = [math.log1p(value) for value in values]
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75])
    scale = (high - low) / 1.349
    scale = scale if scale > 0 else np.std(values)
    return values, center, scale if max(values) > min(values) else 0.0
