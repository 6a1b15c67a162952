"""Choose the parameters of SGDMatrixFactorization on MovieLens 100K, by random search on validation splits.

Protocol: of each of the publisher's five training folds, a tenth is held out at random. A candidate is scored by its
mean RMSE over the five tenths. Only the defaults and the winner are then fitted to the whole training folds and scored
on the publisher's test folds, so that the test folds choose nothing.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

from recokit.factorization import SGDMatrixFactorization

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


def mean_rmse(folds: list[Fold], parameters: dict[str, Any]) -> float:
    """Return the mean over the folds of the RMSE on their second part."""
    errors = []
    for train, test in folds:
        model = SGDMatrixFactorization(random_state=0, **parameters).fit(train[:, :2], train[:, 2])
        errors.append(np.sqrt(np.mean((model.predict(test[:, :2]) - test[:, 2]) ** 2)))
    return float(np.mean(errors))


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
        results.append((mean_rmse(splits, candidate), candidate))
        print(f"{results[-1][0]:.4f}  {candidate or 'the defaults'}", flush=True)
    best_error, best = min(results, key=lambda result: result[0])
    print(f"\nvalidation: defaults {results[0][0]:.4f}, best {best_error:.4f} with {best}")
    print(f"test, five folds: defaults {mean_rmse(folds, defaults):.4f}, best {mean_rmse(folds, best):.4f}")


if __name__ == "__main__":
    main()
