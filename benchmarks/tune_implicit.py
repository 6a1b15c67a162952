"""Choose the parameters of models of implicit feedback on MovieLens 1M, by random search on a validation split.

Protocol: a tenth of each user's training interactions is held out at random. A candidate learns from the rest and is
scored by the NDCG@20 of its lists on that tenth. Only the defaults and the winner of each model then learn from all
training interactions and are scored on the published test set, which so chooses nothing.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit import Interactions, Recommender
from recokit.datasets import load_movielens_1m_implicit
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.metrics import evaluate
from recokit.model_selection import RandomHoldOut, split_interactions
from recokit.neighbors import ItemKNN, UserKNN

METRICS = "recall@20", "ndcg@20"
USUAL_LENGTH = 100.0  # items of a user; penalties are drawn for user_exponent=0.5 and scaled to the one drawn

Parameters = dict[str, Any]


class Measured(NamedTuple):
    """What a model reached, and the seconds of processor time, of all threads, that its fit took."""

    recall: float
    ndcg: float
    seconds: float


class Search(NamedTuple):
    """A model, how its candidates are drawn, and how many for one of the cheapest models' candidates."""

    estimator: type[Recommender]
    draw: Callable[[np.random.Generator], Parameters]
    share: float = 1.0


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform; three digits say enough."""
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}")


def step(rng: np.random.Generator, low: float, high: float, width: float = 0.05) -> float:
    """Draw a multiple of ``width``."""
    return round(float(rng.integers(round(low / width), round(high / width) + 1)) * width, 6)


def draw_ease(rng: np.random.Generator) -> Parameters:
    """Draw a candidate of EASE."""
    user_exponent = step(rng, 0, 1, 0.1)
    return {
        "l2": float(f"{between(rng, 10, 200) * USUAL_LENGTH ** (0.5 - user_exponent):.3g}"),
        "user_exponent": user_exponent,
        "dropout": step(rng, 0, 0.8, 0.1),
        "item_exponent": step(rng, 0, 0.25),
    }


def draw_slim(rng: np.random.Generator) -> Parameters:
    """Draw a candidate of SLIM; where weights may be negative it takes longer, so this is the rarer case."""
    drawn = draw_ease(rng)
    scale = USUAL_LENGTH ** (0.5 - drawn["user_exponent"])
    return {
        "n_neighbors": int(rng.choice([100, 200, 300, 500])),
        "l1": float(f"{between(rng, 0.02, 1) * scale:.3g}"),
        **drawn,
        "l2": float(f"{between(rng, 1, 50) * scale:.3g}"),
        "positive": bool(rng.random() < 0.7),
        "tol": 0.01,
    }


def draw_rp3beta(rng: np.random.Generator) -> Parameters:
    """Draw a candidate of RP3beta."""
    return {
        "n_neighbors": int(rng.choice([30, 50, 100, 200, 400])),
        "alpha": step(rng, 0.5, 1.3, 0.1),
        "beta": step(rng, 0.4, 1.0),
        "normalize": bool(rng.random() < 0.5),
    }


def draw_item_knn(rng: np.random.Generator) -> Parameters:
    """Draw a candidate of ItemKNN."""
    return {
        **draw_knn(rng),
        "user_exponent": step(rng, 0, 1, 0.25),
        "scoring": str(rng.choice(["sum", "normalized_sum"])),
        "amplification": step(rng, 0.5, 2.5, 0.25),
    }


def draw_knn(rng: np.random.Generator) -> Parameters:
    """Draw a candidate of UserKNN, or the greater part of one of ItemKNN."""
    similarity = str(rng.choice(["cosine", "asymmetric_cosine", "jaccard", "tversky", "log_likelihood"]))
    drawn: Parameters = {
        "n_neighbors": int(rng.choice([20, 40, 80, 150, 300, 600])),
        "similarity": similarity,
        "shrinkage": between(rng, 0.1, 200),
    }
    if similarity.endswith("cosine"):
        drawn["weighting"] = (None, "tfidf", "bm25")[rng.integers(3)]
    if similarity in ("asymmetric_cosine", "tversky"):
        drawn["alpha"] = step(rng, 0.1, 0.9, 0.1)
    if similarity == "tversky":
        drawn["beta"] = step(rng, 0.1, 0.9, 0.1)
    return drawn


SEARCHES = {
    search.estimator.__name__: search
    for search in (
        Search(EASE, draw_ease),
        Search(SLIM, draw_slim),
        Search(RP3beta, draw_rp3beta),
        Search(ItemKNN, draw_item_knn),
        Search(UserKNN, draw_knn, 0.5),
    )
}


def measure(model: Recommender, train: Interactions, test: Interactions) -> Measured:
    """Fit, make lists of 20, evaluate."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a candidate that does not converge shows it in its score
        model.fit(train)
    seconds = time.process_time() - start
    means = evaluate(model.recommend(n=20), test, metrics=METRICS).means
    return Measured(*(means[name] for name in METRICS), seconds)


def search_one(search: Search, n_candidates: int, seed: int, parts: tuple[Interactions, Interactions]) -> Parameters:
    """Return the parameters of the best validation NDCG@20, which are {} where no candidate beats the defaults."""
    rng = np.random.default_rng(seed)
    best, highest = {}, -1.0
    for parameters in [{}, *(search.draw(rng) for _ in range(max(1, round(search.share * n_candidates))))]:
        found = measure(search.estimator(**parameters), *parts)
        text = as_text(parameters) or "the defaults"
        print(f"{search.estimator.__name__} {found.ndcg:.4f} {found.seconds:6.1f} s  {text}", flush=True)
        if found.ndcg > highest:
            best, highest = parameters, found.ndcg
    return best


def as_text(parameters: Parameters) -> str:
    """Return parameters as one writes them."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def table_line(name: str, tuned: Parameters, results: tuple[Measured, Measured]) -> str:
    """Return a line of the table in Markdown."""
    cells = " | ".join(f"{one.recall:.4f} | {one.ndcg:.4f} | {one.seconds:.1f}" for one in results)
    return f"| {name} | {cells} | {as_text(tuned) or 'the defaults'} |"


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder that holds ml-1m-implicit/; RECOKIT_DATA where it is not given")
    parser.add_argument("--models", nargs="+", choices=sorted(SEARCHES), default=list(SEARCHES))
    parser.add_argument("--candidates", type=int, default=100, help="drawn for each model")
    parser.add_argument("--quick", action="store_true", help="draw 5 for each model")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    n_candidates = 5 if arguments.quick else arguments.candidates
    start = time.perf_counter()
    split = load_movielens_1m_implicit(arguments.data_dir)
    hold_out = RandomHoldOut(0.1, stratified=True, random_state=arguments.seed)
    ((train, validation),) = split_interactions(split.train, hold_out)
    lines = []
    for name in arguments.models:
        search = SEARCHES[name]
        tuned = search_one(search, n_candidates, arguments.seed, (train, validation))
        default, best = (measure(search.estimator(**one), split.train, split.test) for one in ({}, tuned))
        lines.append(table_line(name, tuned, (default, best)))
    print("\n| model | defaults: Recall@20 | NDCG@20 | CPU s | tuned: Recall@20 | NDCG@20 | CPU s | tuned parameters |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    print("\n".join(lines))
    print(f"\nafter {time.perf_counter() - start:.0f} s; seed {arguments.seed}, {n_candidates} candidates")


if __name__ == "__main__":
    main()
