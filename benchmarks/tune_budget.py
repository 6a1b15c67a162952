"""Compare a search over several models with searches over one model, with the same time budget each.

    python benchmarks/tune_budget.py                                       # 120 s for each search, two data sets
    python benchmarks/tune_budget.py --datasets amazon-toys --alone ItemKNN --budget 60

Protocol: the searches compare candidates on the validation data of the data set (see ``defaults.py``). The estimator
that each search returns is fitted to the whole training data and evaluated on the test data. ``seconds`` is the time of
the search, without this last fit.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from _common.implicit_data import IMPLICIT_DATA, TrainTest, load
from _common.search_spaces import SEARCHES

from recokit import Recommender, evaluate
from recokit.model_selection import tune

JOINT = "ItemKNN", "UserKNN", "RP3beta", "EASE", "SLIM", "ImplicitALS"


def search(models: list[Recommender], data: TrainTest, budget: float) -> tuple[str, float, float, float, int]:
    """Return the best model, its NDCG@20 on the validation and on the test data, and the seconds and trials."""
    splits, start = [(data.train_part, data.validation)], time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing convergence shows in the score
        found = tune(models, data.train, metric="ndcg@20", splitter=splits, budget_seconds=budget)
    total, trials = time.perf_counter() - start, sum(trial.seconds for trial in found.trials)
    users = data.test.users.ids[np.unique(data.test.user_codes)]
    lists = found.best_estimator.recommend(users, n=20, on_unknown="empty")
    ndcg = evaluate(lists, data.test, ["ndcg@20"])["ndcg@20"]
    print(found, f"\n  {total:.0f} s with the last fit", flush=True)
    return found.best_model, found.best_score, ndcg, trials, len(found.trials)


def main(arguments: list[str] | None = None) -> None:
    """Run the searches and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument(
        "--datasets", nargs="+", choices=list(IMPLICIT_DATA), default=["amazon-toys", "online-retail"]
    )  # fmt: skip
    parser.add_argument("--models", nargs="+", choices=list(SEARCHES), default=list(JOINT), help="of the joint search")
    parser.add_argument("--alone", nargs="*", choices=list(SEARCHES), default=list(JOINT), help="searched alone")
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of each search (default: 120)")
    parser.add_argument("--n-threads", type=int)
    options = parser.parse_args(arguments)
    rows = ["| data set | searched | best | validation NDCG@20 | test NDCG@20 | seconds | trials |"]
    rows.append("|---|---|---|--:|--:|--:|--:|")
    for dataset in options.datasets:
        data = load(dataset, options.data_dir)
        for names in [options.models, *([name] for name in options.alone)]:
            models = [SEARCHES[name].estimator(n_threads=options.n_threads) for name in names]
            best, validation, test, seconds, n_trials = search(models, data, options.budget)
            searched = names[0] if len(names) == 1 else f"{len(names)} models"
            rows.append(
                f"| {dataset} | {searched} | {best} | {validation:.4f} | {test:.4f} | {seconds:.0f} | {n_trials} |"
            )
    print("\n" + "\n".join(rows))


if __name__ == "__main__":
    main()
