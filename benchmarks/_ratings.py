"""Generated ratings: a mean, biases, eight factors and noise; popular items more often; no pair twice."""

import numpy as np
from scipy import sparse

__all__ = ["N_ITEMS", "generate_ratings"]

N_ITEMS = 10_700
_USERS, _RATINGS = 7_000, 1_000_000  # of a part: parts bound the memory


def generate_ratings(n_ratings: int) -> sparse.csr_array:
    """Return users × 10,700 items with about so many ratings from 1 to 5, about 140 a user.

    Pairs that are drawn twice are kept once: of ten million, 9.6 remain.
    """
    rng = np.random.default_rng(0)
    items = rng.normal(0, 0.4, N_ITEMS), rng.normal(0, 0.55, (N_ITEMS, 8))
    sizes = np.diff(np.append(np.arange(0, n_ratings, _RATINGS), n_ratings))
    return sparse.csr_array(sparse.vstack([_part(int(size), *items, rng) for size in sizes], format="csr"))


def _part(n_ratings: int, item_bias: np.ndarray, q: np.ndarray, rng: np.random.Generator) -> sparse.csr_array:
    n_users = max(1, round(n_ratings * _USERS / _RATINGS))
    users = rng.integers(0, n_users, n_ratings)
    keys = np.unique(users * N_ITEMS + (N_ITEMS * rng.random(n_ratings) ** 2.5).astype(np.int64))
    users, items = np.divmod(keys, N_ITEMS)
    bias, p = rng.normal(0, 0.4, n_users), rng.normal(0, 0.55, (n_users, 8))
    ratings = 3.5 + bias[users] + item_bias[items] + np.einsum("nf,nf->n", p[users], q[items])
    ratings = np.clip(ratings + rng.normal(0, 0.8, len(ratings)), 1, 5).astype(np.float32)
    indptr = np.append(0, np.cumsum(np.bincount(users, minlength=n_users)))
    return sparse.csr_array((ratings, items.astype(np.int32), indptr), shape=(n_users, N_ITEMS))
