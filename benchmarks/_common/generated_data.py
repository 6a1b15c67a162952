"""Generated interactions and ratings of realistic size and popularity."""

import numpy as np
from scipy import sparse

__all__ = ["N_RATED_ITEMS", "generate_popular", "generate_ratings", "generate_wide"]

N_RATED_ITEMS = 10_700
_PART_USERS, _PART_RATINGS = 7_000, 1_000_000  # ratings are generated in parts to bound the memory


def generate_popular(n_interactions: int = 20_000_000) -> sparse.csr_array:
    """Return users × 27,000 items with popularity as in MovieLens 20M; 20 million ones have 138,000 users."""
    # A stretched exponential fitted to the rating counts of MovieLens 20M's items by rank.
    weights = np.exp(-0.116 * np.arange(27_000) ** 0.45)
    return _generate(max(1, round(n_interactions * 0.0069)), 27_000, n_interactions, weights, 1.1)


def generate_wide() -> sparse.csr_array:
    """Return 300,000 users × 200,000 items with 10 million ones."""
    return _generate(300_000, 200_000, 10_000_000, (np.arange(200_000) + 20.0) ** -0.9, 1.0)


def _generate(n_users: int, n_items: int, n: int, weights: np.ndarray, spread: float) -> sparse.csr_array:
    """Return distinct interactions of users with log-normal activity, with items drawn by weight."""
    rng = np.random.default_rng(0)
    activity = rng.lognormal(0.0, spread, n_users)
    target = np.minimum(np.maximum(3, activity * n / activity.sum()), n_items // 3).astype(np.int64)
    shares, keys, counts = np.cumsum(weights) / weights.sum(), np.empty(0, dtype=np.int64), np.zeros(n_users, np.int64)
    for _ in range(5):  # each round draws replacements for the duplicates of the previous one
        users = np.repeat(np.arange(n_users), np.maximum(target - counts, 0))
        items = np.minimum(np.searchsorted(shares, rng.random(len(users))), n_items - 1)
        keys = np.sort(np.concatenate([keys, users * n_items + items]))
        keys = keys[np.append(True, keys[1:] != keys[:-1])]
        counts = np.bincount(keys // n_items, minlength=n_users)
    items = rng.permutation(n_items)[keys % n_items].astype(np.int32)
    indptr = np.append(0, np.cumsum(counts))
    matrix = sparse.csr_array((np.ones(len(items), dtype=np.float32), items, indptr), shape=(n_users, n_items))
    matrix.sort_indices()
    return matrix


def generate_ratings(n_ratings: int) -> sparse.csr_array:
    """Return users × 10,700 items with about n ratings from 1 to 5, about 140 for each user.

    A rating is the sum of a mean, biases, a product of eight factors and noise. Popular items are rated more often.
    Duplicate pairs are dropped: 9.6 of 10 million ratings remain.
    """
    rng = np.random.default_rng(0)
    items = rng.normal(0, 0.4, N_RATED_ITEMS), rng.normal(0, 0.55, (N_RATED_ITEMS, 8))
    sizes = np.diff(np.append(np.arange(0, n_ratings, _PART_RATINGS), n_ratings))
    return sparse.csr_array(sparse.vstack([_generate_part(int(size), *items, rng) for size in sizes], format="csr"))


def _generate_part(n_ratings: int, item_bias: np.ndarray, q: np.ndarray, rng: np.random.Generator) -> sparse.csr_array:
    """Return the ratings of a new group of users."""
    n_users = max(1, round(n_ratings * _PART_USERS / _PART_RATINGS))
    users = rng.integers(0, n_users, n_ratings)
    keys = np.unique(users * N_RATED_ITEMS + (N_RATED_ITEMS * rng.random(n_ratings) ** 2.5).astype(np.int64))
    users, items = np.divmod(keys, N_RATED_ITEMS)
    bias, p = rng.normal(0, 0.4, n_users), rng.normal(0, 0.55, (n_users, 8))
    ratings = 3.5 + bias[users] + item_bias[items] + np.einsum("nf,nf->n", p[users], q[items])
    ratings = np.clip(ratings + rng.normal(0, 0.8, len(ratings)), 1, 5).astype(np.float32)
    indptr = np.append(0, np.cumsum(np.bincount(users, minlength=n_users)))
    return sparse.csr_array((ratings, items.astype(np.int32), indptr), shape=(n_users, N_RATED_ITEMS))
