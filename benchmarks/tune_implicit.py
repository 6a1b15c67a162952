"""Choose the parameters of implicit-feedback models on MovieLens 1M, by random search on a validation split.

Protocol: a tenth of each user's training interactions is held out at random for validation. A candidate is fitted to
the rest and scored by NDCG@20 on that tenth. Only the defaults and the best candidate of each model are then fitted to
all training interactions and evaluated on the published test set, so the test set has no influence on the choice.
"""

import argparse
import time
import warnings
from typing import NamedTuple

import numpy as np
from _common.search_spaces import SEARCHES, Parameters, Search

from recokit import Interactions, Recommender
from recokit.datasets import load_movielens_1m_implicit
from recokit.metrics import evaluate
from recokit.model_selection import RandomHoldOut, split_interactions

METRICS = "recall@20", "ndcg@20"
MODELS = "EASE", "SLIM", "RP3beta", "ItemKNN", "UserKNN"


class Measured(NamedTuple):
    """Quality of a model, and the CPU seconds of its fit over all threads."""

    recall: float
    ndcg: float
    seconds: float


def measure(model: Recommender, train: Interactions, test: Interactions) -> Measured:
    """Fit a model and evaluate its top-20 lists."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing convergence shows in the score
        model.fit(train)
    seconds = time.process_time() - start
    means = evaluate(model.recommend(n=20), test, metrics=METRICS).means
    return Measured(*(means[name] for name in METRICS), seconds)


def find_best(search: Search, n_candidates: int, seed: int, parts: tuple[Interactions, Interactions]) -> Parameters:
    """Return the parameters with the best validation NDCG@20; {} if no candidate beats the defaults."""
    rng = np.random.default_rng(seed)
    best, highest = {}, -1.0
    for parameters in [{}, *(search.draw(rng) for _ in range(max(1, round(search.share * n_candidates))))]:
        result = measure(search.estimator(**parameters), *parts)
        text = as_text(parameters) or "the defaults"
        print(f"{search.estimator.__name__} {result.ndcg:.4f} {result.seconds:6.1f} s  {text}", flush=True)
        if result.ndcg > highest:
            best, highest = parameters, result.ndcg
    return best


def as_text(parameters: Parameters) -> str:
    """Return parameters as keyword arguments in text form."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def table_row(name: str, tuned: Parameters, results: tuple[Measured, Measured]) -> str:
    """Return a Markdown table row."""
    cells = " | ".join(f"{one.recall:.4f} | {one.ndcg:.4f} | {one.seconds:.1f}" for one in results)
    return f"| {name} | {cells} | {as_text(tuned) or 'the defaults'} |"


def main() -> None:
    """Search and print the candidates and a table of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder that holds ml-1m-implicit/ (default: RECOKIT_DATA)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--candidates", type=int, default=100, help="candidates per model (default: 100)")
    parser.add_argument("--quick", action="store_true", help="5 candidates per model")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    n_candidates = 5 if arguments.quick else arguments.candidates
    start = time.perf_counter()
    split = load_movielens_1m_implicit(arguments.data_dir)
    hold_out = RandomHoldOut(0.1, stratified=True, random_state=arguments.seed)
    ((train, validation),) = split_interactions(split.train, hold_out)
    rows = []
    for name in arguments.models:
        search = SEARCHES[name]
        tuned = find_best(search, n_candidates, arguments.seed, (train, validation))
        default, best = (measure(search.estimator(**one), split.train, split.test) for one in ({}, tuned))
        rows.append(table_row(name, tuned, (default, best)))
    print("\n| model | defaults: Recall@20 | NDCG@20 | CPU s | tuned: Recall@20 | NDCG@20 | CPU s | tuned parameters |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    print("\n".join(rows))
    print(f"\ntotal {time.perf_counter() - start:.0f} s; seed {arguments.seed}, {n_candidates} candidates")


if __name__ == "__main__":
    main()
