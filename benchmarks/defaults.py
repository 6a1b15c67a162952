"""Compare the defaults of the models for implicit feedback with tuned parameters, on data sets of several kinds.

    python benchmarks/defaults.py                                        # all models on all data sets, 100 candidates
    python benchmarks/defaults.py --models EASE SLIM --datasets shop ta-feng --candidates 10
    python benchmarks/defaults.py --quick                                # 3 candidates, 1,000 users

Protocol: validation data are held out from the training data in the way in which the test data were split off: at
random, the last interaction of each user, the last basket of each user, or the latest part of the log. Candidates are
compared by the NDCG@20 of their lists on the validation data. The defaults and the best candidate are then fitted to
the whole training data and evaluated on the test data, so the test data have no influence on the choice. Lists rank
all items except those of the user's history. ``share`` is the NDCG@20 of the defaults divided by that of the best
candidate.
"""

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _common.implicit_data import IMPLICIT_DATA, load, select_users, validation_split
from _common.search_spaces import SEARCHES, Parameters, Search

from recokit import Interactions, Recommender, evaluate

METRICS = "recall@20", "ndcg@20"
QUICK_USERS, QUICK_CANDIDATES = 1_000, 3


class Measured(NamedTuple):
    """Quality of lists of 20 items, and the CPU seconds of the fit over all threads."""

    recall: float
    ndcg: float
    seconds: float


def measure(model: Recommender, train: Interactions, test: Interactions, n_threads: int | None) -> Measured:
    """Fit a model and evaluate its lists for the users of the test data."""
    run = {"random_state": 0, "n_threads": n_threads}
    model.set_params(**{name: value for name, value in run.items() if name in model.get_params()})
    users = test.users.ids[np.unique(test.user_codes)]
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing convergence shows in the score
        model.fit(train)
    seconds = time.process_time() - start
    means = evaluate(model.recommend(users, n=20, on_unknown="empty"), test, metrics=METRICS).means
    return Measured(*(means[name] for name in METRICS), seconds)


def find_best(
    search: Search, n_candidates: int, seed: int, parts: tuple[Interactions, Interactions], n_threads: int | None
) -> Parameters:
    """Return the parameters with the best NDCG@20 on the validation data; {} if no candidate beats the defaults."""
    rng = np.random.default_rng(seed)
    best, highest = {}, -1.0
    for parameters in [{}, *(search.draw(rng) for _ in range(round(search.share * n_candidates)))]:
        result = measure(search.estimator(**parameters), *parts, n_threads)
        print(f"    {result.ndcg:.4f} {result.seconds:6.1f} s  {as_text(parameters) or 'defaults'}", flush=True)
        if result.ndcg > highest:
            best, highest = parameters, result.ndcg
    return best


def as_text(parameters: Parameters) -> str:
    """Return parameters as keyword arguments in text form."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def compare(dataset: str, models: list[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the results of the defaults and of the best candidate of each model on a data set."""
    data = load(dataset, options.data_dir, options.seed)
    data = select_users(data, QUICK_USERS) if options.quick else data
    parts, rows = validation_split(data), []
    print(f"{dataset}: training data {data.train}, test data {data.test}", flush=True)
    for name in models:
        print(f"  {name}", flush=True)
        search = SEARCHES[name]
        tuned = find_best(search, options.candidates, options.seed, parts, options.n_threads)
        default = measure(search.estimator(), data.train, data.test, options.n_threads)
        best = (
            measure(search.estimator(**tuned), data.train, data.test, options.n_threads) if tuned else default
        )  # fmt: skip
        row = {"dataset": dataset, "model": name, "defaults": default._asdict(), "tuned": best._asdict()}
        rows.append({**row, "share": default.ndcg / best.ndcg if best.ndcg else 1.0, "parameters": tuned})
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table, and the mean share of each model."""
    lines = [
        "| data set | model | Recall@20 | NDCG@20 | CPU s | tuned: Recall@20 | NDCG@20 | share | tuned parameters |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        default, tuned = Measured(**row["defaults"]), Measured(**row["tuned"])
        parameters = as_text(row["parameters"]) or "defaults"
        lines.append(
            f"| {row['dataset']} | {row['model']} | {default.recall:.4f} | {default.ndcg:.4f} | {default.seconds:.1f} "
            f"| {tuned.recall:.4f} | {tuned.ndcg:.4f} | {row['share']:.3f} | {parameters} |"
        )
    lines += ["", "| model | mean share | lowest share |", "|---|--:|--:|"]
    for name in dict.fromkeys(row["model"] for row in rows):
        shares = [row["share"] for row in rows if row["model"] == name]
        lines.append(f"| {name} | {np.mean(shares):.3f} | {min(shares):.3f} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Search and print the candidates and a table of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument("--datasets", nargs="+", choices=list(IMPLICIT_DATA), default=list(IMPLICIT_DATA))
    parser.add_argument("--models", nargs="+", choices=list(SEARCHES), default=list(SEARCHES))
    parser.add_argument("--candidates", type=int, default=100, help="candidates per model and data set (default: 100)")
    parser.add_argument("--quick", action="store_true", help="3 candidates and 1,000 users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-threads", type=int)
    parser.add_argument("--output", type=Path, help="JSON file for the results")
    options = parser.parse_args(arguments)
    options.candidates = min(options.candidates, QUICK_CANDIDATES) if options.quick else options.candidates
    start, rows = time.perf_counter(), []
    for dataset in options.datasets:
        rows += compare(dataset, options.models, options)
        if options.output:
            options.output.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print("\n" + table(rows))
    print(f"\ntotal {time.perf_counter() - start:.0f} s; seed {options.seed}, {options.candidates} candidates")


if __name__ == "__main__":
    main()
