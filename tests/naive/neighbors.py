"""Ratings and scores from neighbours, straight from their definitions. A missing rating is NaN."""

import numpy as np

from tests.naive.similarity import nearest


def nearest_mean(similarities, rated, k, amplification=1.0, shrinkage=0.0, decays=None):
    """Return the weighted mean of the ``rated`` values over the k nearest neighbours with a value; NaN without any.

    The weights are similarities to the power of ``amplification``, times the time decays ``decays``. The mean
    is shrunk towards 0.
    """
    candidates = np.where(np.isnan(rated), 0.0, similarities)
    codes, scores = nearest(candidates, k)
    if not codes:
        return np.nan
    decays = np.ones(len(rated)) if decays is None else decays
    weights = [float(s) ** amplification * decays[c] for c, s in zip(codes, scores, strict=True)]
    return sum(w * rated[c] for c, w in zip(codes, weights, strict=True)) / (sum(weights) + shrinkage)


def baseline(R, l2_user=5.0, l2_item=3.0, n_epochs=10):
    """Return the mean, user biases and item biases from alternating regularized least squares."""
    rated = ~np.isnan(R)
    mean = R[rated].mean()
    users, items = np.zeros(R.shape[0]), np.zeros(R.shape[1])
    for _ in range(n_epochs):
        for i in range(R.shape[1]):
            items[i] = sum(R[u, i] - mean - users[u] for u in np.flatnonzero(rated[:, i])) / (
                rated[:, i].sum() + l2_item
            )
        for u in range(R.shape[0]):
            users[u] = sum(R[u, i] - mean - items[i] for i in np.flatnonzero(rated[u])) / (rated[u].sum() + l2_user)
    return mean, users, items


def expected_ratings(R, centering):
    """Return the (rows × columns) expected ratings and the (rows,) spreads of the deviations from them."""
    rated = ~np.isnan(R)
    overall = R[rated].mean()
    spreads = np.ones(len(R))
    if centering is None:
        return np.zeros(R.shape), spreads
    if centering == "baseline":
        raise ValueError("the baseline depends on which side the users are: see `baseline`")
    means = np.array([R[r, rated[r]].mean() if rated[r].any() else overall for r in range(len(R))])
    if centering == "zscore":
        overall_spread = R[rated].std() or 1.0
        spreads = np.array([(R[r, rated[r]].std() if rated[r].any() else 0.0) or overall_spread for r in range(len(R))])
    return np.repeat(means[:, None], R.shape[1], axis=1), spreads


def predict(R, similarities, expected, spreads, k, *, alone):
    """Return the clipped predictions of all cells, from the k nearest rows with a rating in the same column."""
    predictions = np.empty(R.shape)
    deviations = (R - expected) / spreads[:, None]
    for row in range(R.shape[0]):
        for column in range(R.shape[1]):
            mean = nearest_mean(similarities[row], deviations[:, column], k)
            deviation = alone if np.isnan(mean) else spreads[row] * mean
            predictions[row, column] = expected[row, column] + deviation
    return np.clip(predictions, np.nanmin(R), np.nanmax(R))


def sums(profiles, lists):
    """Return Σ_j profile_pj list_jt for every profile p and target t; −∞ if it is not positive."""
    scores = np.nan_to_num(profiles) @ lists
    return np.where(scores > 0, scores, -np.inf)
