"""Alternating least squares, and the lists of factor models, beside irspack and implicit."""

from pathlib import Path
from typing import Any

import numpy as np
from _peer_data import data_folder, load_matrix, popular, saved
from _peer_process import Run, Work
from scipy import sparse

__all__ = ["WORKS"]

_FACTORS, _EPOCHS, _N, _LIST_FACTORS = 128, 16, 20, 64
_BATCH = 2_048


def _movielens(folder: Path) -> None:
    from recokit import datasets

    split = datasets.load_movielens_1m_implicit(data_folder())
    sparse.save_npz(folder / "matrix.npz", split.train.matrix, compressed=False)
    test = split.test.reindex(split.train.users.union(split.test.users), split.train.items.union(split.test.items))
    sparse.save_npz(folder / "test.npz", test.matrix, compressed=False)


def _ndcg(folder: Path, users: np.ndarray, items: np.ndarray) -> dict[str, float]:
    """Return NDCG@20 of factors, of lists without what was seen; nothing where there is no test set."""
    path = folder / "test.npz"
    if not path.exists():
        return {}
    from recokit import Interactions, Recommendations, evaluate

    train, test = load_matrix(folder), sparse.csr_array(sparse.load_npz(path))
    scores = users @ items.T
    scores[train.nonzero()] = -np.inf
    lists = Recommendations(np.arange(len(scores)), np.argsort(-scores, axis=1)[:, :_N])
    return {"ndcg@20": evaluate(lists, Interactions.from_matrix(test, feedback="implicit"), ["ndcg@20"])["ndcg@20"]}


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import ImplicitALS, Interactions

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    model = ImplicitALS(_FACTORS, n_epochs=_EPOCHS, random_state=0, n_threads=n_threads)
    return Run(lambda: model.fit(data), lambda fitted: _ndcg(folder, fitted.user_factors_, fitted.item_factors_))


def _irspack(folder: Path, n_threads: int) -> Run:
    from irspack import IALSRecommender

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit() -> Any:
        options = {"n_components": _FACTORS, "n_threads": n_threads, "random_seed": 0}
        return IALSRecommender(matrix, train_epochs=_EPOCHS, alpha0=0.3, reg=0.003, **options).learn()

    return Run(fit, lambda model: _ndcg(folder, model.get_user_embedding(), model.get_item_embedding()))


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.als import AlternatingLeastSquares

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit() -> Any:
        options = {"factors": _FACTORS, "iterations": _EPOCHS, "num_threads": n_threads, "random_state": 0}
        model = AlternatingLeastSquares(regularization=0.05, alpha=2.0, **options)
        model.fit(matrix, show_progress=False)
        return model

    return Run(fit, lambda model: _ndcg(folder, model.user_factors, model.item_factors))


def _factors(folder: Path) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Return the data, and random factors for it: lists cost the same whatever they say."""
    matrix, rng = load_matrix(folder), np.random.default_rng(0)
    users, items = (rng.normal(size=(n, _LIST_FACTORS)).astype(np.float32) for n in matrix.shape)
    return matrix, users, items


def _lists_of_recokit(folder: Path, n_threads: int) -> Run:
    from recokit import ImplicitALS, Interactions

    matrix, users, items = _factors(folder)
    data = Interactions.from_matrix(matrix, feedback="implicit")
    model = ImplicitALS(_LIST_FACTORS, n_epochs=1, random_state=0, n_threads=n_threads).fit(data)
    model.user_factors_, model.item_factors_ = users, items
    return Run(lambda: model.recommend(n=_N))


def _lists_of_implicit(folder: Path, n_threads: int) -> Run:
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    matrix, users, items = _factors(folder)
    rows = sparse.csr_matrix(matrix)
    model = AlternatingLeastSquares(factors=_LIST_FACTORS, num_threads=n_threads)
    model.user_factors, model.item_factors = users, items

    def run() -> Any:
        with threadpool_limits(n_threads):
            return [
                model.recommend(part, rows[part], N=_N, filter_already_liked_items=True)
                for part in np.array_split(np.arange(len(users)), len(users) // _BATCH)
            ]

    return Run(run)


def _lists_of_numpy(folder: Path, n_threads: int) -> Run:
    from threadpoolctl import threadpool_limits

    matrix, users, items = _factors(folder)

    def lists(part: np.ndarray) -> np.ndarray:
        scores = users[part] @ items.T
        scores[matrix[part].nonzero()] = -np.inf
        best = np.argpartition(-scores, _N, axis=1)[:, :_N]
        return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, axis=1)), axis=1)

    def run() -> Any:
        with threadpool_limits(n_threads):
            return [lists(part) for part in np.array_split(np.arange(len(users)), len(users) // _BATCH)]

    return Run(run)


_FITS = {"recokit": _recokit, "irspack": _irspack, "implicit": _implicit}

WORKS = {
    "als-ml-1m": Work(
        f"ImplicitALS on MovieLens 1M, {_FACTORS} factors, {_EPOCHS} epochs; each with settings that suit it",
        _movielens,
        _FITS,
    ),
    "als-popular": Work("the same on 138,000 users × 27,000 items, 20 M", saved(popular), _FITS),
    "lists-factors": Work(
        f"the best {_N} of 27,000 items for 138,000 users, {_LIST_FACTORS} factors, without what was seen",
        saved(popular),
        {"recokit": _lists_of_recokit, "implicit": _lists_of_implicit, "numpy": _lists_of_numpy},
    ),
}
