"""Choose the parameters of UserKNN and ItemKNN for ratings on MovieLens 100K, by random search on validation splits.

Protocol: a tenth of each of the publisher's five training folds is held out at random for validation. The score of a
candidate is its mean RMSE over the five tenths. Candidates are random draws and a small grid around the defaults; the
grid keeps the cosine, because the defaults also serve implicit feedback. Only the defaults and the best candidates are
then fitted to the whole training folds and evaluated on the publisher's test folds, so the test folds have no influence
on the choice.

`tune_implicit.py` tunes the ranking on MovieLens 1M.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _common.published_data import data_folder, hold_out_tenth, read_movielens_100k_folds

from recokit import Interactions
from recokit.neighbors import ItemKNN, UserKNN

Fold = tuple[Interactions, np.ndarray, np.ndarray]
Parameters = dict[str, Any]
MODELS = {"ItemKNN": ItemKNN, "UserKNN": UserKNN}


def make_fold(train: np.ndarray, test: np.ndarray) -> Fold:
    """Return the training interactions, and the pairs and ratings of the test rows."""
    return Interactions.from_arrays(*train.T), test[:, :2], test[:, 2]


def mean_rmse(name: str, folds: list[Fold], parameters: Parameters) -> float:
    """Return the mean test RMSE over the folds."""
    errors = []
    for train, pairs, ratings in folds:
        predicted = MODELS[name](**parameters).fit(train).predict(pairs)
        errors.append(np.sqrt(np.mean((predicted - ratings) ** 2)))
    return float(np.mean(errors))


def draw(rng: np.random.Generator) -> Parameters:
    """Draw the parameters of a candidate."""
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
    """Return a grid of cosine settings that are simple enough for defaults."""
    return [
        {"n_neighbors": k, "shrinkage": shrinkage, "prediction_shrinkage": prediction_shrinkage}
        for k in (20, 40, 60, 80, 120)
        for shrinkage in (0.0, 10.0, 50.0)
        for prediction_shrinkage in (0.0, 0.1, 1.0, 3.0)
    ]


def table(name: str, rows: dict[str, Parameters], splits: list[Fold], folds: list[Fold]) -> str:
    """Return a Markdown table of settings with validation and test RMSE."""
    lines = [f"| {name} | parameters | validation RMSE | test RMSE |", "| --- | --- | --- | --- |"]
    for title, parameters in rows.items():
        text = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        errors = mean_rmse(name, splits, parameters), mean_rmse(name, folds, parameters)
        lines.append(f"| {title} | {text} | {errors[0]:.4f} | {errors[1]:.4f} |")
    return "\n".join(lines)


def main() -> None:
    """Search and print the best candidates and a table of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=data_folder(), help="folder that holds ml-100k/")
    parser.add_argument("--n-candidates", type=int, default=150)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        published = read_movielens_100k_folds(arguments.data_dir)
    except FileNotFoundError as error:
        parser.error(str(error))
    folds = [make_fold(*fold) for fold in published]
    splits = [make_fold(*hold_out_tenth(train, seed)) for seed, (train, _) in enumerate(published)]
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
        rows = {
            "defaults": {},
            "Koren's similarity": koren,
            **{title: parameters for title, (_, parameters) in best.items()},
        }
        print("\n" + table(name, rows, splits, folds) + "\n", flush=True)


if __name__ == "__main__":
    main()
