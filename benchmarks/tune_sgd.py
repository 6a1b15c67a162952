"""Choose the parameters of SGDMatrixFactorization on MovieLens 100K, by random search on validation splits.

    python benchmarks/tune_sgd.py                          # 60 candidates, two minutes of one core
    python benchmarks/tune_sgd.py --implicit-feedback      # with the implicit term of SVD++

Protocol: a tenth of each of the publisher's five training folds is held out at random for validation. The score of a
candidate is its mean RMSE over the five tenths. Only the defaults and the best candidate are then fitted to the whole
training folds and evaluated on the publisher's test folds, so the test folds have no influence on the choice. All
figures are means over the five folds.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _common.published_data import data_folder, hold_out_tenth, read_movielens_100k_folds

from recokit.factorization import SGDMatrixFactorization
from recokit.metrics import mse, rmse

Fold = tuple[np.ndarray, np.ndarray]


def measure(folds: list[Fold], parameters: dict[str, Any]) -> dict[str, float]:
    """Return the means over the folds of test RMSE, test MSE and CPU seconds of a fit."""
    rows = []
    for train, test in folds:
        start = time.process_time()
        model = SGDMatrixFactorization(random_state=0, **parameters).fit(train[:, :2], train[:, 2])
        seconds = time.process_time() - start
        predicted = model.predict(test[:, :2])
        rows.append((rmse(test[:, 2], predicted), mse(test[:, 2], predicted), seconds))
    return dict(zip(("rmse", "mse", "seconds"), np.mean(rows, axis=0).tolist(), strict=True))


def draw(rng: np.random.Generator, *, implicit_feedback: bool) -> dict[str, Any]:
    """Draw the parameters of a candidate."""
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
    """Search and print the candidates and a table of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=data_folder(), help="folder that holds ml-100k/")
    parser.add_argument("--n-candidates", type=int, default=60)
    parser.add_argument("--implicit-feedback", action="store_true", help="tune with the implicit term of SVD++")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        folds = read_movielens_100k_folds(arguments.data_dir)
    except FileNotFoundError as error:
        parser.error(str(error))
    splits = [hold_out_tenth(train, seed) for seed, (train, _) in enumerate(folds)]
    rng = np.random.default_rng(arguments.seed)
    defaults: dict[str, Any] = {"implicit_feedback": True} if arguments.implicit_feedback else {}
    candidates = [draw(rng, implicit_feedback=arguments.implicit_feedback) for _ in range(arguments.n_candidates)]
    results = []
    for candidate in [defaults, *candidates]:
        results.append((measure(splits, candidate)["rmse"], candidate))
        print(f"{results[-1][0]:.4f}  {candidate or 'the defaults'}", flush=True)
    _report(results, folds)


def _report(results: list[tuple[float, dict[str, Any]]], folds: list[Fold]) -> None:
    """Print test results of the defaults, the first entry of ``results``, and of the best candidate."""
    print("\n| settings | validation RMSE | test RMSE | test MSE | CPU seconds |\n| --- | ---: | ---: | ---: | ---: |")
    for name, (validation, parameters) in (
        ("defaults", results[0]),
        ("tuned", min(results, key=lambda result: result[0])),
    ):
        row = measure(folds, parameters)
        print(f"| {name} | {validation:.4f} | {row['rmse']:.4f} | {row['mse']:.4f} | {row['seconds']:.2f} |")
    print(f"\ntuned: {parameters}")


if __name__ == "__main__":
    main()
