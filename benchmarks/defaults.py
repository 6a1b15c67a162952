"""Compare the defaults of the models for implicit feedback with tuned parameters, on data sets of several kinds.

    python benchmarks/defaults.py --output results.json --resume         # all models on all data sets, 100 candidates
    python benchmarks/defaults.py --models EASE SLIM --datasets shop ta-feng --candidates 10
    python benchmarks/defaults.py --quick                                # 3 candidates, 1,000 users
    python benchmarks/defaults.py --models SLIM --datasets shop --first-share 1 --given '{"l2": 5}' '{"l2": 50}'
    python benchmarks/defaults.py --table results.json now.json          # print the table of the documentation

Protocol: validation data are held out from the training data in the way in which the test data were split off: at
random, the last interaction of each user, the last basket of each user, or the latest part of the log. Candidates are
compared by the NDCG@20 of their lists on the validation data. The defaults and the best candidate are then fitted to
the whole training data and evaluated on the test data, so the test data have no influence on the choice. Lists rank
all items except those of the user's history. ``share`` is the NDCG@20 of the defaults divided by that of the best
candidate.

All candidates of the models with a fast fit see all users. The others start with a ninth of the users; a third of the
candidates moves on to a third of the users, and a third of these to all users (successive halving). The defaults are
always among the last. ``--first-share 1`` compares all candidates on all users.

With ``--output``, each result is written when it is ready; ``--resume`` skips the results in the file, so that the
search can be split into runs.

``--table`` prints results as reStructuredText and runs nothing. Of several rows for a model and a data set, that with
most candidates gives the tuned parameters, and the last row the defaults, so that changed defaults can be measured
alone with ``--candidates 0``.
"""

import argparse
import json
import math
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _common.implicit_data import IMPLICIT_DATA, TrainTest, load, select_users
from _common.search_spaces import SEARCHES, Parameters, Search

from recokit import Interactions, Recommender, evaluate

METRICS = "recall@20", "ndcg@20"
QUICK_USERS, QUICK_CANDIDATES = 1_000, 3
_TITLES = {
    "movielens-1m-implicit": "MovieLens 1M",
    "amazon-toys": "Amazon Toys & Games",
    "online-retail": "Online Retail",
    "ta-feng": "Ta-Feng",
    "shop": "generated shop",
}
FACTOR = 3  # growth of the share of users from step to step; one in so many candidates moves on


class Measured(NamedTuple):
    """Quality of lists of 20 items, and the CPU seconds of the fit over all threads."""

    recall: float
    ndcg: float
    seconds: float


class Step(NamedTuple):
    """A step of the search: the share of the users, and the number of candidates."""

    share: float
    n_candidates: int


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


def find_best(search: Search, data: TrainTest, options: argparse.Namespace) -> tuple[Parameters, list[Step]]:
    """Return the parameters with the best NDCG@20 on the validation data, {} for the defaults, and the steps."""
    rng = np.random.default_rng(options.seed)
    candidates = options.given or [search.draw(rng) for _ in range(round(search.share * options.candidates))]
    steps = []
    for share in _shares(options.first_share if search.halving and candidates else 1.0):
        parts = _sample(data, share, options.seed)
        scored = []
        for number, parameters in enumerate([{}, *candidates]):
            result = measure(search.estimator(**parameters), *parts, options.n_threads)
            text = f"{result.ndcg:.4f} {result.seconds:6.1f} s  {as_text(parameters) or 'defaults'}"
            print(f"    {share:4.0%} {text}", flush=True)
            scored.append((-result.ndcg, number, parameters))
        steps.append(Step(share, len(candidates)))
        ranked = [parameters for _, _, parameters in sorted(scored, key=lambda each: each[:2])]
        candidates = [each for each in ranked if each][: math.ceil(len(candidates) / FACTOR)]
    return ranked[0], steps


def _shares(first: float) -> list[float]:
    """Return the share of the users of each step: the first is near ``first``, the last is 1."""
    n_steps = round(math.log(1 / first, FACTOR))
    return [FACTOR**-step for step in range(n_steps, -1, -1)]


def _sample(data: TrainTest, share: float, seed: int) -> tuple[Interactions, Interactions]:
    """Return the part to fit to and the validation data of a share of the users; larger shares include smaller ones."""
    if share == 1:
        return data.train_part, data.validation
    users = np.random.default_rng(seed).permutation(data.train_part.users.ids)
    return select_users(data, users[: round(share * len(users))])[2:]


def as_text(parameters: Parameters) -> str:
    """Return parameters as keyword arguments in text form."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def compare(dataset: str, name: str, data: TrainTest, options: argparse.Namespace) -> dict[str, Any]:
    """Return the results of the defaults and of the best candidate of a model on a data set."""
    print(f"  {name}", flush=True)
    search = SEARCHES[name]
    tuned, steps = find_best(search, data, options)
    default = measure(search.estimator(), data.train, data.test, options.n_threads)
    best = measure(search.estimator(**tuned), data.train, data.test, options.n_threads) if tuned else default
    row = {"dataset": dataset, "model": name, "defaults": default._asdict(), "tuned": best._asdict()}
    share = default.ndcg / best.ndcg if best.ndcg else 1.0
    return {**row, "share": share, "parameters": tuned, "steps": [step._asdict() for step in steps]}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table, and the mean share of each model."""
    lines = [
        "| data set | model | Recall@20 | NDCG@20 | CPU s | tuned: Recall@20 | NDCG@20 | share "
        "| candidates | tuned parameters |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|---|",
    ]
    for row in rows:
        default, tuned = Measured(**row["defaults"]), Measured(**row["tuned"])
        parameters = as_text(row["parameters"]) or "defaults"
        lines.append(
            f"| {row['dataset']} | {row['model']} | {default.recall:.4f} | {default.ndcg:.4f} | {default.seconds:.1f} "
            f"| {tuned.recall:.4f} | {tuned.ndcg:.4f} | {row['share']:.3f} "
            f"| {_steps_text(row['steps'])} | {parameters} |"
        )
    lines += ["", "| model | mean share | lowest share |", "|---|--:|--:|"]
    for name in dict.fromkeys(row["model"] for row in rows):
        shares = [row["share"] for row in rows if row["model"] == name]
        lines.append(f"| {name} | {np.mean(shares):.3f} | {min(shares):.3f} |")
    return "\n".join(lines)


def merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each model and data set: the search with most candidates, and the last defaults."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = row["model"], row["dataset"]
        searched = max(best.get(key, row), row, key=lambda each: each["steps"][0]["n_candidates"])
        tuned = searched["tuned"] if searched["parameters"] else row["defaults"]
        share = row["defaults"]["ndcg"] / tuned["ndcg"] if tuned["ndcg"] else 1.0
        best[key] = {**searched, "defaults": row["defaults"], "tuned": tuned, "share": share}
    order = {name: place for place, name in enumerate([*SEARCHES, *IMPLICIT_DATA])}
    return sorted(best.values(), key=lambda row: (order[row["model"]], order[row["dataset"]]))


def rst_table(rows: list[dict[str, Any]]) -> str:
    """Return the searched models as a table of the documentation."""
    cells = [
        ("model", "data set", "candidates (share of the users)", "NDCG@20, defaults", "NDCG@20, tuned", "share"),
        *(
            (
                f"`{row['model']}`",
                _TITLES[row["dataset"]],
                _steps_text(row["steps"]),
                f"{row['defaults']['ndcg']:.4f}",
                f"{row['tuned']['ndcg']:.4f}",
                f"{row['share']:.3f}",
            )
            for row in merged(rows)
            if row["steps"][0]["n_candidates"]
        ),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    rule = " ".join("=" * width for width in widths)
    lines = [" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def _steps_text(steps: list[dict[str, Any]]) -> str:
    return ", ".join(f"{step['n_candidates']} ({step['share']:.0%})" for step in steps)


def main(arguments: list[str] | None = None) -> None:
    """Search and print the candidates and a table of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument("--datasets", nargs="+", choices=list(IMPLICIT_DATA), default=list(IMPLICIT_DATA))
    parser.add_argument("--models", nargs="+", choices=list(SEARCHES), default=list(SEARCHES))
    parser.add_argument("--candidates", type=int, default=100, help="candidates per model and data set (default: 100)")
    parser.add_argument("--given", nargs="+", type=json.loads, metavar="JSON", help="parameters to try in their place")
    parser.add_argument("--first-share", type=float, default=1 / 9, help="users of the first step (default: 1/9)")
    parser.add_argument("--quick", action="store_true", help="3 candidates and 1,000 users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-threads", type=int)
    parser.add_argument("--output", type=Path, help="JSON file for the results")
    parser.add_argument("--resume", action="store_true", help="keep the results in the output file")
    parser.add_argument("--table", nargs="+", type=Path, metavar="FILE", help="print results as a table, and stop")
    options = parser.parse_args(arguments)
    if options.table:
        rows = [row for file in options.table for row in json.loads(file.read_text(encoding="utf-8"))]
        print(rst_table(rows))
        return
    if options.resume and not options.output:
        parser.error("--resume needs --output")
    if options.given and len(options.models) != 1:
        parser.error("--given: expected one model, such as --models SLIM")
    if not 0 < options.first_share <= 1:
        parser.error("--first-share: expected a share of the users, above 0 and at most 1")
    options.candidates = min(options.candidates, QUICK_CANDIDATES) if options.quick else options.candidates
    options.candidates = len(options.given) if options.given else options.candidates
    start, rows = time.perf_counter(), _read(options)
    for dataset in options.datasets:
        done = [row["model"] for row in rows if row["dataset"] == dataset]
        models = [name for name in options.models if name not in done]
        data = load(dataset, options.data_dir, options.seed) if models else None
        if data is not None:
            data = select_users(data, data.train_part.users.ids[:QUICK_USERS]) if options.quick else data
            print(f"{dataset}: training data {data.train}, test data {data.test}", flush=True)
        for name in models:
            rows.append(compare(dataset, name, data, options))
            if options.output:
                options.output.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print("\n" + table(rows))
    print(f"\ntotal {time.perf_counter() - start:.0f} s; seed {options.seed}, {options.candidates} candidates")


def _read(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the results of earlier runs."""
    if not options.resume or not options.output.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(options.output.read_text(encoding="utf-8"))
    return rows


if __name__ == "__main__":
    main()
