"""What the libraries are given: generated interactions at full size, and MovieLens 1M."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse

from recokit import datasets

__all__ = ["MATRIX", "data_folder", "generate_popular", "load_matrix", "movielens", "popular", "saved", "wide"]

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
MATRIX = "matrix.npz"


def _generate(n_users: int, n_items: int, n: int, weights: np.ndarray, spread: float) -> sparse.csr_array:
    """Return users of log-normal activity who choose items by weight, none twice."""
    rng = np.random.default_rng(0)
    activity = rng.lognormal(0.0, spread, n_users)
    wanted = np.minimum(np.maximum(3, activity * n / activity.sum()), n_items // 3).astype(np.int64)
    shares, keys, have = np.cumsum(weights) / weights.sum(), np.empty(0, dtype=np.int64), np.zeros(n_users, np.int64)
    for _ in range(5):  # what was drawn twice is drawn again, elsewhere
        users = np.repeat(np.arange(n_users), np.maximum(wanted - have, 0))
        items = np.minimum(np.searchsorted(shares, rng.random(len(users))), n_items - 1)
        keys = np.sort(np.concatenate([keys, users * n_items + items]))
        keys = keys[np.append(True, keys[1:] != keys[:-1])]
        have = np.bincount(keys // n_items, minlength=n_users)
    items = rng.permutation(n_items)[keys % n_items].astype(np.int32)
    indptr = np.append(0, np.cumsum(have))
    matrix = sparse.csr_array((np.ones(len(items), dtype=np.float32), items, indptr), shape=(n_users, n_items))
    matrix.sort_indices()
    return matrix


def popular() -> sparse.csr_array:
    """Return users × items, 138,000 × 27,000 with 20 million ones, popularity as in MovieLens 20M."""
    return generate_popular(20_000_000)


def generate_popular(n: int) -> sparse.csr_array:
    """Return the same with n ones, and users in proportion."""
    # A stretched exponential through the numbers of ratings of MovieLens 20M's items by rank.
    return _generate(max(1, round(n * 0.0069)), 27_000, n, np.exp(-0.116 * np.arange(27_000) ** 0.45), 1.1)


def wide() -> sparse.csr_array:
    """Return users × items, 300,000 × 200,000 with 10 million ones."""
    return _generate(300_000, 200_000, 10_000_000, (np.arange(200_000) + 20.0) ** -0.9, 1.0)


def movielens() -> sparse.csr_array:
    """Return the published training split of MovieLens 1M as implicit feedback."""
    return datasets.load_movielens_1m_implicit(data_folder()).train.matrix


def data_folder() -> Path | None:
    """Return the folder with published data beside the checkout, where there is one and none is named otherwise."""
    return None if "RECOKIT_DATA" in os.environ or not _BESIDE_THE_CHECKOUT.is_dir() else _BESIDE_THE_CHECKOUT


def saved(make: Callable[[], sparse.csr_array]) -> Callable[[Path], None]:
    """Return what writes a matrix into a folder."""

    def write(folder: Path) -> None:
        sparse.save_npz(folder / MATRIX, make(), compressed=False)

    return write


def load_matrix(folder: Path) -> sparse.csr_array:
    """Return the matrix of a folder."""
    return sparse.csr_array(sparse.load_npz(folder / MATRIX))
