"""Quality of recommendations from factors: NDCG on held-out interactions, and agreement with exact lists."""

from pathlib import Path

import numpy as np
from scipy import sparse

from .data import load_matrix, load_test

__all__ = ["agreement", "best_items", "hold_out", "ndcg"]

_N, _BLOCK, _SAMPLE = 20, 1_024, 5_000


def hold_out(matrix: sparse.csr_array, share: float) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Split off a share of the interactions of 5,000 sampled users for testing."""
    rng = np.random.default_rng(2)
    n_users = matrix.shape[0]
    sampled = np.zeros(n_users, dtype=np.bool_)
    sampled[rng.choice(n_users, min(_SAMPLE, n_users), replace=False)] = True
    is_test = np.repeat(sampled, np.diff(matrix.indptr)) & (rng.random(matrix.nnz) < share)
    rows = matrix.tocoo()
    parts = ((rows.data[mask], (rows.row[mask], rows.col[mask])) for mask in (~is_test, is_test))
    train, test = (sparse.csr_array(part, shape=matrix.shape) for part in parts)
    return train, test


def best_items(
    users: np.ndarray, seen: sparse.csr_array, user_factors: np.ndarray, item_factors: np.ndarray
) -> np.ndarray:
    """Return the 20 unseen items with the highest products for each of the given users, best first."""
    lists = np.empty((len(users), _N), dtype=np.int64)
    for start in range(0, len(users), _BLOCK):
        block = users[start : start + _BLOCK]
        scores = user_factors[block] @ item_factors.T
        scores[seen[block].nonzero()] = -np.inf
        best = np.argpartition(-scores, _N, axis=1)[:, :_N]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        lists[start : start + len(block)] = np.take_along_axis(best, order, axis=1)
    return lists


def ndcg(folder: Path, user_factors: np.ndarray, item_factors: np.ndarray) -> dict[str, float]:
    """Return NDCG@20 over the users with held-out interactions."""
    from recokit import Interactions, Recommendations, evaluate

    test = load_test(folder)
    users = np.flatnonzero(np.diff(test.indptr)[: len(user_factors)])
    lists = Recommendations(users, best_items(users, load_matrix(folder), user_factors, item_factors))
    held_out = Interactions.from_matrix(test, feedback="implicit")
    return {f"ndcg@{_N}": evaluate(lists, held_out, [f"ndcg@{_N}"])[f"ndcg@{_N}"]}


def agreement(lists: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Return the share of the items of exact lists that are also in the given lists of the same users."""
    shared = [np.intersect1d(*pair).size for pair in zip(lists, exact, strict=True)]
    return {"agreement": float(np.sum(shared) / exact.size)}
