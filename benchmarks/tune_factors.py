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
from _common.search_spaces import SEARCHES

from recokit import Interactions, PureSVD, Recommender, datasets, evaluate

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


_MODELS = "ImplicitALS", "BPR", "PureSVD"


def main() -> None:
    """Print the score of each candidate, then the test results of the defaults and of the best candidate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=_MODELS, default="ImplicitALS")
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kind, draw = SEARCHES[options.model][:2]
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
