"""Ranking metrics of recokit and ranx for 100,000 users; ranx reads its own data structures."""

from pathlib import Path

import numpy as np

from .measure import Run, Workload

__all__ = ["WORKLOADS"]

_USERS, _ITEMS, _LENGTH, _RELEVANT = 100_000, 20_000, 100, 20
_METRICS = {"ndcg@10(gain=linear)": "ndcg@10", "map": "map", "mrr": "mrr", "recall@20": "recall@20"}
_METRICS |= {"precision@10": "precision@10"}
_RECOKIT_VALUES, _TOLERANCE = "recokit.npy", 1e-9


def _distinct(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n distinct items for each user; popular items are drawn more often."""
    drawn = (_ITEMS * rng.random((_USERS, 2 * n)) ** 2).astype(np.int32)
    lists = np.empty((_USERS, n), dtype=np.int32)
    for user, items in enumerate(drawn):
        first = np.sort(np.unique(items, return_index=True)[1])[:n]
        lists[user, : len(first)] = items[first]
        lists[user, len(first) :] = _ITEMS + np.arange(n - len(first))  # rare padding, never relevant
    return lists


def _make(folder: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(folder / "lists.npz", lists=_distinct(rng, _LENGTH), relevant=_distinct(rng, _RELEVANT))


def _load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(folder / "lists.npz") as arrays:
        return arrays["lists"], arrays["relevant"]


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import Interactions, Recommendations, evaluate
    from recokit.metrics import Evaluation

    lists, relevant = _load(folder)
    recommendations = Recommendations(np.arange(_USERS), lists)
    test = Interactions.from_arrays(np.repeat(np.arange(_USERS), _RELEVANT), relevant.ravel())

    def save_values(result: Evaluation) -> dict[str, float]:
        np.save(folder / _RECOKIT_VALUES, np.stack([result.per_user[metric] for metric in _METRICS]))
        return {ranx_name: result[metric] for metric, ranx_name in _METRICS.items()}

    return Run(lambda: evaluate(recommendations, test, list(_METRICS), n_threads=n_threads), save_values)


def _ranx(folder: Path, n_threads: int) -> Run:
    import numba
    from ranx import Qrels, evaluate
    from ranx import Run as RanxRun

    numba.set_num_threads(n_threads)
    lists, relevant = _load(folder)
    users, names = [str(user) for user in range(_USERS)], np.array([str(item) for item in range(2 * _ITEMS)])
    scores = list(map(float, range(_LENGTH, 0, -1)))
    run = RanxRun(
        {user: dict(zip(names[row].tolist(), scores, strict=True)) for user, row in zip(users, lists, strict=True)}
    )
    qrels = Qrels({user: dict.fromkeys(names[row].tolist(), 1) for user, row in zip(users, relevant, strict=True)})

    def compare(means: dict[str, float]) -> dict[str, float]:
        if not (folder / _RECOKIT_VALUES).exists():
            return means
        scores = np.array([[run.scores[metric][user] for user in users] for metric in _METRICS.values()])
        largest = float(np.abs(scores - np.load(folder / _RECOKIT_VALUES)).max())
        if largest > _TOLERANCE:
            raise AssertionError(
                f"recokit and ranx differ by {largest:.3g} for one user; expected at most {_TOLERANCE}"
            )
        return {**means, "largest difference from recokit over users": largest}

    return Run(lambda: evaluate(qrels, run, list(_METRICS.values())), compare)


WORKLOADS = {
    "metrics": Workload(
        f"ndcg@10, map, mrr, recall@20, precision@10: {_USERS:,} users, top {_LENGTH}, {_RELEVANT} relevant items each",
        _make,
        {"recokit": _recokit, "ranx": _ranx},
    )
}
