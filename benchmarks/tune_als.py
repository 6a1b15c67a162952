"""Choose the parameters of ImplicitALS on MovieLens 1M (implicit), by random search on validation splits.

    python benchmarks/tune_als.py                     # 30 candidates, two validation splits
    python benchmarks/tune_als.py --candidates 5

Protocol: 15% of the training interactions are held out at random, twice. A candidate is scored by its mean NDCG@20 on
the two. Only the defaults and the winner are then fitted to the whole training set and scored on the published test
set, so that the test set chooses nothing.
"""

import argparse
import time
from typing import Any

import numpy as np
from _peer_data import data_folder

from recokit import ImplicitALS, Interactions, datasets, evaluate

Part = tuple[Interactions, Interactions]


def split(data: Interactions, seed: int) -> Part:
    """Hold out 15% of the interactions."""
    held_out = np.random.default_rng(seed).random(data.n_interactions) < 0.15
    return data.select(~held_out), data.select(held_out)


def measure(part: Part, parameters: dict[str, Any]) -> tuple[float, float, float]:
    """Return Recall@20 and NDCG@20 on the second part of a split, and the seconds of the fit."""
    train, test = part
    start = time.perf_counter()
    model = ImplicitALS(random_state=0, **parameters).fit(train)
    seconds = time.perf_counter() - start
    means = evaluate(model.recommend(n=20), test, ["recall@20", "ndcg@20"]).means
    return means["recall@20"], means["ndcg@20"], seconds


def draw(rng: np.random.Generator) -> dict[str, Any]:
    """Return a candidate."""
    weight = float(np.exp(rng.uniform(np.log(0.1), np.log(0.6))))
    return {
        "unobserved_weight": round(weight, 3),
        "l2": round(float(0.0035 / weight * np.exp(rng.uniform(-0.5, 0.3))), 4),  # a valley, as a first grid showed
        "l2_exponent": float(rng.choice([0.7, 0.85, 1.0, 1.1])),
        "n_epochs": int(rng.choice([12, 16, 20])),
    }


def main() -> None:
    """Search, and print the candidates, best last, and the test of the defaults and of the winner."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--candidates", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    published = datasets.load_movielens_1m_implicit(data_folder())
    parts = [split(published.train, seed) for seed in (0, 1)]
    rng = np.random.default_rng(options.seed)
    results = []
    for candidate in [{}, *(draw(rng) for _ in range(options.candidates))]:
        score = float(np.mean([measure(part, candidate)[1] for part in parts]))
        results.append((score, candidate))
        print(f"{score:.4f}  {candidate or 'defaults'}", flush=True)
    best = max(results, key=lambda result: result[0])[1]
    print("\n| settings | Recall@20 | NDCG@20 | fit seconds |\n| --- | ---: | ---: | ---: |")
    for name, settings in (("defaults", {}), (str(best), best)):
        recall, ndcg, seconds = measure((published.train, published.test), settings)
        print(f"| {name} | {recall:.4f} | {ndcg:.4f} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
