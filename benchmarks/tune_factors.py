"""Choose the parameters of the factor models on MovieLens 1M (implicit), by random search on validation splits.

    python benchmarks/tune_factors.py                              # ImplicitALS: 24 candidates, two validation splits
    python benchmarks/tune_factors.py --model BPR --candidates 12

Protocol: two random validation splits hold out 15% of the training interactions. The score of a candidate is its mean
NDCG@20 over the splits. Only the defaults and the best candidate are then fitted to the whole training set and
evaluated on the published test set, so the test set has no influence on the choice.
"""

import argparse
import time
from typing import Any

import numpy as np
from _common.published_data import data_folder

from recokit import BPR, ImplicitALS, Interactions, PureSVD, Recommender, datasets, evaluate

TrainTest = tuple[Interactions, Interactions]


def split(data: Interactions, seed: int) -> TrainTest:
    """Hold out 15% of the interactions at random."""
    held_out = np.random.default_rng(seed).random(data.n_interactions) < 0.15
    return data.select(~held_out), data.select(held_out)


def measure(data: TrainTest, kind: type[Recommender], parameters: dict[str, Any]) -> tuple[float, float, float]:
    """Return Recall@20 and NDCG@20 on the test data, and the seconds of the fit."""
    train, test = data
    start = time.perf_counter()
    seed = {} if kind is PureSVD else {"random_state": 0}
    model = kind(**seed, **parameters).fit(train)
    seconds = time.perf_counter() - start
    means = evaluate(model.recommend(n=20), test, ["recall@20", "ndcg@20"]).means
    return means["recall@20"], means["ndcg@20"], seconds


def draw_als(rng: np.random.Generator) -> dict[str, Any]:
    """Draw parameters of ImplicitALS."""
    weight = float(np.exp(rng.uniform(np.log(0.1), np.log(0.6))))
    return {
        "unobserved_weight": round(weight, 3),
        "l2": round(
            float(0.0035 / weight * np.exp(rng.uniform(-0.5, 0.3))), 4
        ),  # a first grid showed good pairs near this curve
        "l2_exponent": float(rng.choice([0.7, 0.85, 1.0, 1.1])),
        "n_epochs": int(rng.choice([12, 16, 20])),
    }


def draw_bpr(rng: np.random.Generator) -> dict[str, Any]:
    """Draw parameters of BPR."""
    return {
        "n_factors": int(rng.choice([64, 128])),
        "n_epochs": int(rng.choice([30, 50])),
        "learning_rate": round(float(np.exp(rng.uniform(np.log(0.02), np.log(0.12)))), 3),
        "learning_rate_decay": float(rng.choice([0.93, 0.96, 0.98])),
        "l2": round(float(np.exp(rng.uniform(np.log(0.002), np.log(0.04)))), 4),
        "n_candidates": int(rng.choice([1, 2, 4, 8])),
    }


def draw_svd(rng: np.random.Generator) -> dict[str, Any]:
    """Draw parameters of PureSVD."""
    return {"n_factors": int(rng.choice([20, 30, 40, 50, 60, 80, 100])), "centering": rng.choice([None, "mean"])}


_MODELS = {"ImplicitALS": (ImplicitALS, draw_als), "BPR": (BPR, draw_bpr), "PureSVD": (PureSVD, draw_svd)}


def main() -> None:
    """Print the score of each candidate, then the test results of the defaults and of the best candidate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=_MODELS, default="ImplicitALS")
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kind, draw = _MODELS[options.model]
    published = datasets.load_movielens_1m_implicit(data_folder())
    splits = [split(published.train, seed) for seed in (0, 1)]
    rng = np.random.default_rng(options.seed)
    results = []
    for candidate in [{}, *(draw(rng) for _ in range(options.candidates))]:
        score = float(np.mean([measure(data, kind, candidate)[1] for data in splits]))
        results.append((score, candidate))
        print(f"{score:.4f}  {candidate or 'defaults'}", flush=True)
    best = max(results, key=lambda result: result[0])[1]
    print("\n| settings | Recall@20 | NDCG@20 | fit seconds |\n| --- | ---: | ---: | ---: |")
    for name, settings in (("defaults", {}), (str(best), best)):
        recall, ndcg, seconds = measure((published.train, published.test), kind, settings)
        print(f"| {name} | {recall:.4f} | {ndcg:.4f} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
