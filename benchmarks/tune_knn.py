"""Choose the parameters of UserKNN and ItemKNN for ratings on MovieLens 100K, by random search on validation splits.

Protocol: of each of the publisher's five training folds, a tenth is held out at random. A candidate is scored by its
mean RMSE over the five tenths, and so is a small grid around the defaults, which have to serve implicit feedback too
and so keep the cosine. Only the defaults and the winners are then fitted to the whole training folds and scored on the
publisher's test folds, so that the test folds choose nothing.

For lists, `tune_implicit.py` does the same on MovieLens 1M.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

from recokit import Interactions
from recokit.neighbors import ItemKNN, UserKNN

Fold = tuple[Interactions, np.ndarray, np.ndarray]
Parameters = dict[str, Any]
MODELS = {"ItemKNN": ItemKNN, "UserKNN": UserKNN}


def read_fold(folder: Path, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the training and the test ratings as rows of user, item, rating and time."""
    base, test = (np.loadtxt(folder / f"u{fold}.{part}", dtype=np.int64) for part in ("base", "test"))
    return base, test


def hold_out(base: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split off a tenth of the ratings at random."""
    order = np.random.default_rng(seed).permutation(len(base))
    cut = len(base) // 10
    return base[order[cut:]], base[order[:cut]]


def prepared(train: np.ndarray, test: np.ndarray) -> Fold:
    """Return the interactions of the one part, the pairs and the ratings of the other."""
    return Interactions.from_arrays(*train.T), test[:, :2], test[:, 2]


def mean_rmse(name: str, folds: list[Fold], parameters: Parameters) -> float:
    """Return the mean over the folds of the RMSE on their second part."""
    errors = []
    for train, pairs, ratings in folds:
        predicted = MODELS[name](**parameters).fit(train).predict(pairs)
        errors.append(np.sqrt(np.mean((predicted - ratings) ** 2)))
    return float(np.mean(errors))


def draw(rng: np.random.Generator) -> Parameters:
    """Return a candidate."""
    similarity = str(rng.choice(["pearson_baseline", "pearson_baseline", "adjusted_cosine", "pearson", "cosine"]))
    return {
        "n_neighbors": int(rng.choice([20, 30, 40, 60, 80, 120])),
        "similarity": similarity,
        "shrinkage": float(rng.choice([0, 10, 30, 60, 100, 150, 200, 300])),
        "min_common": int(rng.choice([1, 1, 2, 3])),
        "centering": str(rng.choice(["baseline", "baseline", "mean", "zscore"])),
        "amplification": float(rng.choice([1.0, 1.5, 2.0, 2.5, 3.0])),
        "prediction_shrinkage": float(rng.choice([0, 0.02, 0.05, 0.1, 0.2, 0.5])),
    }


def around_the_defaults() -> list[Parameters]:
    """Return settings of the cosine that are simple enough for defaults."""
    return [
        {"n_neighbors": k, "shrinkage": shrinkage, "prediction_shrinkage": less}
        for k in (20, 40, 60, 80, 120)
        for shrinkage in (0.0, 10.0, 50.0)
        for less in (0.0, 0.1, 1.0, 3.0)
    ]


def table(name: str, rows: dict[str, Parameters], splits: list[Fold], folds: list[Fold]) -> str:
    """Return a Markdown table of settings, their validation and their test RMSE."""
    lines = [f"| {name} | parameters | validation RMSE | test RMSE |", "| --- | --- | --- | --- |"]
    for title, parameters in rows.items():
        told = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        errors = mean_rmse(name, splits, parameters), mean_rmse(name, folds, parameters)
        lines.append(f"| {title} | {told} | {errors[0]:.4f} | {errors[1]:.4f} |")
    return "\n".join(lines)


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("RECOKIT_DATA", "../shared/data"))
    parser.add_argument("--n-candidates", type=int, default=150)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = Path(arguments.data_dir) / "ml-100k"
    if not folder.is_dir():
        parser.error(f"{folder} is not there; download MovieLens 100K from grouplens.org/datasets/movielens/100k")
    read = [read_fold(folder, fold) for fold in range(1, 6)]
    folds = [prepared(*fold) for fold in read]
    splits = [prepared(*hold_out(base, seed)) for seed, (base, _) in enumerate(read)]
    for name in arguments.models:
        rng = np.random.default_rng(arguments.seed)
        best: dict[str, tuple[float, Parameters]] = {}
        candidates = {
            "best around the defaults": around_the_defaults(),
            "best of all": [draw(rng) for _ in range(arguments.n_candidates)],
        }
        for title, settings in candidates.items():
            results = [(mean_rmse(name, splits, parameters), parameters) for parameters in settings]
            results.sort(key=lambda result: result[0])
            best[title] = results[0]
            for error, parameters in results[:10]:
                print(f"{name}, {title.removeprefix('best ')}: {error:.4f}  {parameters}", flush=True)
        koren = {"n_neighbors": 40, "similarity": "pearson_baseline", "shrinkage": 100.0}
        rows = {"defaults": {}, "Koren's similarity": koren, **{title: found for title, (_, found) in best.items()}}
        print("\n" + table(name, rows, splits, folds) + "\n", flush=True)


if __name__ == "__main__":
    main()
