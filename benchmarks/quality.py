"""Compare models with published results on sequences: next items, next clicks and next baskets.

    python benchmarks/quality.py                                             # all models on all protocols
    python benchmarks/quality.py --protocols amazon-toys --models ItemKNN EASE --candidates 10
    python benchmarks/quality.py --candidates 0                              # defaults only
    python benchmarks/quality.py --protocols --files Beauty.txt              # your own sequences, "user item item …"
    python benchmarks/quality.py --quick                                     # 2 candidates, 500 histories each

Each row has the metrics of a model with its defaults and with tuned parameters. Parameters are chosen on validation
data by the second metric of the protocol, from random candidates of the model's own search space; the test data have no
influence. Both versions are then fitted to the whole training data. Rows in italics are results of other
implementations: published figures, which this script cannot recompute, or stored lists, which it evaluates.

One line of ``MODELS`` adds a model, and one of ``PROTOCOLS`` in ``_common/sequence_data.py`` a protocol.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _common.history_baseline import RepeatHistory
from _common.sequence_data import CHOOSE_BY, PROTOCOLS, Case, Protocol, last_item_of_file, load_protocol

from recokit import SLIST, TransitionKNN, evaluate
from recokit.baselines import Popularity
from recokit.linear import EASE
from recokit.neighbors import ItemKNN
from recokit.sequence import TIFUKNN, RepeatFrequency, SessionKNN

Parameters = dict[str, Any]


QUICK_HISTORIES, QUICK_CANDIDATES = 500, 2


class Model(NamedTuple):
    """A model, and the protocols on which it runs; all if there are none."""

    make: Callable[..., Any]
    protocols: tuple[str, ...] = ()


BASKETS = "ta-feng", "online-retail"
ITEMS = "amazon-toys", "ml-100k", "yoochoose-100k"

MODELS: dict[str, Model] = {
    "Popularity": Model(Popularity),
    "RepeatHistory": Model(RepeatHistory, ("yoochoose-100k", *BASKETS)),
    "RepeatFrequency": Model(RepeatFrequency, BASKETS),
    "TIFUKNN": Model(TIFUKNN, BASKETS),
    "TransitionKNN": Model(TransitionKNN, ITEMS),
    "SLIST": Model(SLIST, ITEMS),
    "ItemKNN": Model(ItemKNN),
    "EASE": Model(EASE),
    "SessionKNN": Model(SessionKNN, ("yoochoose-100k", "amazon-toys", "ml-100k")),
}

ESASREC = "Tikhonovich et al. (2025), eSASRec, table of Amazon data sets; arXiv:2508.06450"
TIFU = "Hu et al. (2020), TIFU-KNN, SIGIR; another sample of Ta-Feng than here"


class Published(NamedTuple):
    """A published result: protocol, test, name of the model, the first metrics of the protocol, and source."""

    protocol: str
    test: str
    model: str
    values: tuple[float | None, ...]
    source: str


PUBLISHED = (
    Published("amazon-toys", "last item", "SASRec with sampled softmax", (0.0970, 0.0580), ESASREC),
    Published("amazon-toys", "last item", "eSASRec", (0.0939, 0.0538), ESASREC),
    Published("amazon-toys", "last item", "HSTU", (0.0778, 0.0450), ESASREC),
    Published("amazon-toys", "last item", "FuXi-α", (0.0765, 0.0437), ESASREC),
    Published("amazon-toys", "last item", "TIGER", (0.0712, 0.0432), ESASREC),
    Published("ta-feng", "last basket", "TIFU-KNN", (0.1301, None), TIFU),
)


class Fitted(NamedTuple):
    """A fitted model, and the seconds of its fit."""

    model: Any
    seconds: float


def fit(model: Model, parameters: Parameters, case: Case, n_threads: int | None) -> Fitted:
    """Fit a model to the training data of a case."""
    estimator = model.make(**parameters)
    run = {"random_state": 0, "n_threads": n_threads}
    run = {name: value for name, value in run.items() if name in estimator.get_params()}
    estimator = estimator.set_params(**run) if run else estimator
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing convergence shows in the score
        estimator.fit(case.train)
    return Fitted(estimator, time.perf_counter() - start)


def measure(fitted: Fitted, case: Case, protocol: Protocol) -> list[float]:
    """Return the metrics of the lists for the histories of a case."""
    n = max(int(metric.partition("@")[2].partition("(")[0]) for metric in protocol.metrics)
    lists = fitted.model.recommend_for(case.histories, n, exclude_seen=protocol.exclude_seen, on_unknown="empty")
    options = {"histories": case.histories} if any("part=" in metric for metric in protocol.metrics) else {}
    return list(evaluate(lists, case.targets, protocol.metrics, **options).means.values())


def draw_candidates(model: Model, n_candidates: int, seed: int) -> list[Parameters]:
    """Return the defaults and random points of the search space of a model, without repetitions."""
    space = model.make().search_space("implicit")
    space.pop("half_life", None)  # its values are days, and positions are no days
    rng = np.random.default_rng(seed)
    drawn: dict[str, Parameters] = {"{}": {}}
    for _ in range(20 * n_candidates if space else 0):
        if len(drawn) > n_candidates:
            break
        point = {name: values[rng.integers(len(values))] for name, values in space.items()}
        drawn.setdefault(repr(point), point)
    return list(drawn.values())


def choose(model: Model, protocol: Protocol, options: argparse.Namespace) -> Parameters:
    """Return the candidate with the best metric on the validation data; {} if no candidate beats the defaults."""
    candidates = draw_candidates(model, options.candidates, options.seed)
    if len(candidates) == 1:
        return {}
    best, highest = {}, -1.0
    for parameters in candidates:
        fitted = fit(model, parameters, protocol.validation, options.n_threads)
        values = measure(fitted, protocol.validation, protocol)
        shown = " ".join(f"{value:.4f}" for value in values)
        print(f"    {shown} {fitted.seconds:6.1f} s  {as_text(parameters) or 'defaults'}", flush=True)
        if values[CHOOSE_BY] > highest:
            best, highest = parameters, values[CHOOSE_BY]
    return best


def as_text(parameters: Parameters) -> str:
    """Return parameters as keyword arguments in text form."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def run_protocol(name: str, protocol: Protocol, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the rows of a protocol: other implementations first, then the models."""
    if options.quick:
        tests = {test: first_histories(case) for test, case in protocol.tests.items()}
        protocol = protocol._replace(validation=first_histories(protocol.validation), tests=tests)
    train = next(iter(protocol.tests.values())).train
    print(f"{name}: {protocol.text}; {train.n_events:,} events of {train.n_users:,} sequences for training", flush=True)
    rows = other_rows(name, protocol)
    for label in options.models:
        if MODELS[label].protocols and name not in MODELS[label].protocols:
            continue
        print(f"  {label}", flush=True)
        tuned = choose(MODELS[label], protocol, options)
        rows += model_rows(name, label, protocol, tuned, options.n_threads)
    return rows


def first_histories(case: Case) -> Case:
    """Return a case with its first histories only, for quick runs."""
    return case.select(case.histories.users.ids[:QUICK_HISTORIES])


def other_rows(name: str, protocol: Protocol) -> list[dict[str, Any]]:
    """Return the published rows of a protocol, and the rows of stored lists."""
    rows = [
        {"protocol": name, "test": one.test, "model": one.model, "values": list(one.values), "source": one.source}
        for one in PUBLISHED
        if one.protocol == name
    ]
    for test, by_model in protocol.lists.items():
        for model, lists in by_model.items():
            means = evaluate(lists, protocol.tests[test].targets, protocol.metrics).means
            rows.append({"protocol": name, "test": test, "model": model, "values": list(means.values())})
    return [{**row, "kind": "other", "metrics": protocol.metrics} for row in rows]


def model_rows(
    name: str, label: str, protocol: Protocol, tuned: Parameters, n_threads: int | None
) -> list[dict[str, Any]]:
    """Return the test rows of a model: the defaults and, if they differ, the tuned parameters."""
    rows = []
    for kind, parameters in [("defaults", {}), *([("tuned", tuned)] if tuned else [])]:
        fitted = fit(MODELS[label], parameters, next(iter(protocol.tests.values())), n_threads)
        for test, case in protocol.tests.items():
            row = {"protocol": name, "test": test, "model": label, "values": measure(fitted, case, protocol)}
            row |= {"kind": kind, "seconds": fitted.seconds, "parameters": parameters, "metrics": protocol.metrics}
            rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as Markdown tables, one for each test, and the sources of the published figures."""
    lines, sources = [], dict[str, int]()
    in_order = [row for kind in (False, True) for row in rows if (row["kind"] == "other") == kind]
    for name, test in dict.fromkeys((row["protocol"], row["test"]) for row in in_order):
        chosen = [row for row in rows if (row["protocol"], row["test"]) == (name, test)]
        lines += [f"## {name}, {test}", "", f"| model | | {' | '.join(chosen[0]['metrics'])} | fit s | parameters |"]
        lines += [f"|---|---|{'--:|' * (len(chosen[0]['metrics']) + 1)}---|"]
        for row in chosen:
            padded = row["values"] + [None] * (len(row["metrics"]) - len(row["values"]))
            values = " | ".join("–" if value is None else f"{value:.4f}" for value in padded)
            if row["kind"] == "other":
                source = row.get("source")
                note = f" [{sources.setdefault(source, len(sources) + 1)}]" if source else ""
                kind = "published" if source else "computed from lists"
                lines.append(f"| *{row['model']}*{note} | {kind} | {values} | – | |")
            else:
                text = as_text(row["parameters"])
                lines.append(f"| {row['model']} | {row['kind']} | {values} | {row['seconds']:.1f} | {text} |")
        lines.append("")
    return "\n".join([*lines, *(f"[{number}] {source}" for source, number in sources.items())])


def main(arguments: list[str] | None = None) -> None:
    """Search and print the candidates and the tables of test results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument("--protocols", nargs="*", choices=list(PROTOCOLS), default=list(PROTOCOLS))
    parser.add_argument("--files", nargs="+", type=Path, default=[], help="text files, a user and its items per line")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--candidates", type=int, default=20, help="candidates per model and protocol (default: 20)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_CANDIDATES} candidates, {QUICK_HISTORIES} users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-threads", type=int)
    parser.add_argument("--output", type=Path, help="JSON file for the results")
    options = parser.parse_args(arguments)
    options.candidates = min(options.candidates, QUICK_CANDIDATES) if options.quick else options.candidates
    start, rows = time.perf_counter(), []
    loaders: list[tuple[str, Callable[[], Protocol]]] = [
        *((name, partial(load_protocol, name, options.data_dir)) for name in options.protocols),
        *((path.stem, partial(last_item_of_file, path)) for path in options.files),
    ]
    for name, load in loaders:
        rows += run_protocol(name, load(), options)
        if options.output:
            options.output.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print("\n" + table(rows))
    print(f"\ntotal {time.perf_counter() - start:.0f} s; seed {options.seed}, {options.candidates} candidates")


if __name__ == "__main__":
    main()
