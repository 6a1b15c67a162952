"""Choose the parameters of SGDMatrixFactorization on MovieLens 100K, by random search on validation splits.

    python benchmarks/tune_sgd.py                          # 60 candidates, two minutes of one core
    python benchmarks/tune_sgd.py --implicit-feedback      # with the implicit term of SVD++

Protocol: of each of the publisher's five training folds, a tenth is held out at random. A candidate is scored by its
mean RMSE over the five tenths. Only the defaults and the winner are then fitted to the whole training folds and scored
on the publisher's test folds, so that the test folds choose nothing. All figures are means over the five folds.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from recokit.factorization import SGDMatrixFactorization
from recokit.metrics import mse, rmse

Fold = tuple[np.ndarray, np.ndarray]


def read_fold(folder: Path, fold: int) -> Fold:
    """Return the training and the test ratings as rows of user, item and rating."""
    base, test = (np.loadtxt(folder / f"u{fold}.{part}", dtype=np.int64)[:, :3] for part in ("base", "test"))
    return base, test


def hold_out(base: np.ndarray, seed: int) -> Fold:
    """Split off a tenth of the ratings at random."""
    order = np.random.default_rng(seed).permutation(len(base))
    cut = len(base) // 10
    return base[order[cut:]], base[order[:cut]]


def measure(folds: list[Fold], parameters: dict[str, Any]) -> dict[str, float]:
    """Return the means over the folds of RMSE and MSE on their second part, and of the CPU seconds of a fit."""
    rows = []
    for train, test in folds:
        start = time.process_time()
        model = SGDMatrixFactorization(random_state=0, **parameters).fit(train[:, :2], train[:, 2])
        seconds = time.process_time() - start
        predicted = model.predict(test[:, :2])
        rows.append((rmse(test[:, 2], predicted), mse(test[:, 2], predicted), seconds))
    return dict(zip(("rmse", "mse", "seconds"), np.mean(rows, axis=0).tolist(), strict=True))


def draw(rng: np.random.Generator, *, implicit_feedback: bool) -> dict[str, Any]:
    """Return a candidate."""
    rate = float(np.exp(rng.uniform(np.log(0.01), np.log(0.04))))
    candidate = {
        "n_factors": int(rng.choice([64, 96, 128])),
        "n_epochs": int(rng.choice([20, 30, 40, 60])),
        "learning_rate": rate,
        "learning_rate_bias": rate * float(rng.choice([0.25, 0.5, 1.0])),
        "learning_rate_decay": float(rng.choice([0.92, 0.94, 0.95, 0.96, 0.97])),
        "l2": float(rng.uniform(0.08, 0.16)),
        "l2_bias": float(np.exp(rng.uniform(np.log(0.003), np.log(0.05)))),
        "l2_exponent": float(rng.choice([0.3, 0.4, 0.5, 0.6, 1.0])),
    }
    if implicit_feedback:
        candidate |= {"implicit_feedback": True, "l2_implicit": float(np.exp(rng.uniform(np.log(10), np.log(400))))}
    return candidate


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("RECOKIT_DATA", "../shared/data"))
    parser.add_argument("--n-candidates", type=int, default=60)
    parser.add_argument("--implicit-feedback", action="store_true", help="search with the implicit term of SVD++")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = Path(arguments.data_dir) / "ml-100k"
    if not folder.is_dir():
        parser.error(f"{folder} is not there; download MovieLens 100K from grouplens.org/datasets/movielens/100k")
    folds = [read_fold(folder, fold) for fold in range(1, 6)]
    splits = [hold_out(base, seed) for seed, (base, _) in enumerate(folds)]
    rng = np.random.default_rng(arguments.seed)
    defaults: dict[str, Any] = {"implicit_feedback": True} if arguments.implicit_feedback else {}
    candidates = [draw(rng, implicit_feedback=arguments.implicit_feedback) for _ in range(arguments.n_candidates)]
    results = []
    for candidate in [defaults, *candidates]:
        results.append((measure(splits, candidate)["rmse"], candidate))
        print(f"{results[-1][0]:.4f}  {candidate or 'the defaults'}", flush=True)
    _report(results, folds)


def _report(results: list[tuple[float, dict[str, Any]]], folds: list[Fold]) -> None:
    """Print the test of the defaults, which are the first of the results, and of the best."""
    print("\n| settings | validation RMSE | test RMSE | test MSE | CPU seconds |\n| --- | ---: | ---: | ---: | ---: |")
    for name, (validation, parameters) in (("defaults", results[0]), ("tuned", min(results, key=lambda each: each[0]))):
        row = measure(folds, parameters)
        print(f"| {name} | {validation:.4f} | {row['rmse']:.4f} | {row['mse']:.4f} | {row['seconds']:.2f} |")
    print(f"\ntuned: {parameters}")


if __name__ == "__main__":
    main()
