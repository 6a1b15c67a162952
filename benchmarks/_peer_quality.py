"""How good the lists of factors are, in blocks of users: against what was held out, and against the exact lists."""

from pathlib import Path

import numpy as np
from _peer_data import load_matrix
from scipy import sparse

__all__ = ["TEST", "agreement", "best_items", "hold_out", "ndcg"]

TEST = "test.npz"
_N, _BLOCK, _SAMPLE = 20, 1_024, 5_000


def hold_out(matrix: sparse.csr_array, share: float) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return what is left, and a share of the interactions of a sample of 5,000 users."""
    rng = np.random.default_rng(2)
    n_users = matrix.shape[0]
    sampled = np.zeros(n_users, dtype=np.bool_)
    sampled[rng.choice(n_users, min(_SAMPLE, n_users), replace=False)] = True
    test = np.repeat(sampled, np.diff(matrix.indptr)) & (rng.random(matrix.nnz) < share)
    rows = matrix.tocoo()
    parts = ((rows.data[mask], (rows.row[mask], rows.col[mask])) for mask in (~test, test))
    train, held_out = (sparse.csr_array(part, shape=matrix.shape) for part in parts)
    return train, held_out


def best_items(
    users: np.ndarray, seen: sparse.csr_array, user_factors: np.ndarray, item_factors: np.ndarray
) -> np.ndarray:
    """Return the 20 items with the highest products for each of some users, best first, without what was seen."""
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
    """Return NDCG@20 of the users of whom something was held out."""
    from recokit import Interactions, Recommendations, evaluate

    test = sparse.csr_array(sparse.load_npz(folder / TEST))
    users = np.flatnonzero(np.diff(test.indptr)[: len(user_factors)])
    lists = Recommendations(users, best_items(users, load_matrix(folder), user_factors, item_factors))
    truth = Interactions.from_matrix(test, feedback="implicit")
    return {f"ndcg@{_N}": evaluate(lists, truth, [f"ndcg@{_N}"])[f"ndcg@{_N}"]}


def agreement(lists: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Return the share of the items of exact lists that lists of the same users have."""
    shared = [np.intersect1d(*pair).size for pair in zip(lists, exact, strict=True)]
    return {"agreement": float(np.sum(shared) / exact.size)}
