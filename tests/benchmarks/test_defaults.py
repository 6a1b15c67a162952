"""The command ``benchmarks/defaults.py``."""

import json

import defaults
import numpy as np
import pytest
from _common.implicit_data import IMPLICIT_DATA, load
from _common.search_spaces import SEARCHES


def test_the_best_candidate_is_measured_beside_the_defaults(tmp_path, capsys):
    file = tmp_path / "results.json"
    defaults.main(["--quick", "--datasets", "shop", "--models", "Popularity", "RP3beta", "--output", str(file)])
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [row["model"] for row in rows] == ["Popularity", "RP3beta"]
    assert rows[0]["parameters"] == {}
    assert rows[0]["share"] == 1.0
    assert "| shop | RP3beta |" in capsys.readouterr().out


def test_slow_models_are_compared_on_few_users_first(capsys):
    defaults.main(["--quick", "--datasets", "shop", "--models", "SLIM"])
    assert "| 3 (11%), 1 (33%), 1 (100%) |" in capsys.readouterr().out


def test_given_parameters_are_tried_in_place_of_random_ones(capsys):
    given = ["--given", '{"l2": 5}', '{"l2": 50}']
    defaults.main(["--quick", "--datasets", "shop", "--models", "EASE", "--first-share", "1", *given])
    out = capsys.readouterr().out
    assert "| 2 (100%) |" in out
    assert [line.split("s  ")[1] for line in out.splitlines() if "100%" in line and " s  " in line] == [
        "defaults",
        "l2=5",
        "l2=50",
    ]
    with pytest.raises(SystemExit):
        defaults.main(["--models", "EASE", "SLIM", *given])
    assert "--given: expected one model" in capsys.readouterr().err


def test_a_resumed_run_keeps_the_results_of_the_file(tmp_path, capsys):
    file = tmp_path / "results.json"
    command = ["--quick", "--datasets", "shop", "--output", str(file), "--resume", "--models"]
    defaults.main([*command, "Popularity"])
    first = json.loads(file.read_text(encoding="utf-8"))
    capsys.readouterr()
    defaults.main([*command, "Popularity", "RP3beta"])
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert rows[:1] == first
    assert [row["model"] for row in rows] == ["Popularity", "RP3beta"]
    assert "  Popularity" not in capsys.readouterr().out


def row(model, dataset, candidates, default, tuned, parameters):
    figures = [{"recall": 0.1, "ndcg": ndcg, "seconds": 1.0} for ndcg in (default, tuned)]
    steps = [{"share": 1.0, "n_candidates": candidates}]
    share = default / tuned
    return {
        "dataset": dataset, "model": model, "defaults": figures[0], "tuned": figures[1], "share": share,
        "parameters": parameters, "steps": steps,
    }  # fmt: skip


def test_the_table_joins_searches_with_later_defaults(tmp_path, capsys):
    searched, now = tmp_path / "searched.json", tmp_path / "now.json"
    rows = [row("EASE", "shop", 100, 0.10, 0.20, {"l2": 9.0}), row("SLIM", "ta-feng", 20, 0.10, 0.10, {})]
    searched.write_text(json.dumps(rows), encoding="utf-8")
    rows = [row("EASE", "shop", 0, 0.19, 0.19, {}), row("SLIM", "ta-feng", 0, 0.12, 0.12, {})]
    now.write_text(json.dumps([*rows, row("BPR", "shop", 0, 0.1, 0.1, {})]), encoding="utf-8")
    defaults.main(["--table", str(searched), str(now)])
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("`")]
    assert lines == [
        ["`EASE`", "generated", "shop", "100", "(100%)", "0.1900", "0.2000", "0.950"],
        ["`SLIM`", "Ta-Feng", "20", "(100%)", "0.1200", "0.1200", "1.000"],
    ]


def test_the_validation_data_of_a_log_are_events_after_its_training_part():
    data = load("shop")
    assert data.train_part.timestamps.max() < data.validation.timestamps.min()
    assert data.validation.timestamps.max() <= data.train.timestamps.max() < data.test.timestamps.min()


@pytest.mark.parametrize("name", SEARCHES)
def test_drawn_parameters_are_accepted_by_the_estimator(name):
    search, rng = SEARCHES[name], np.random.default_rng(0)
    for _ in range(20):
        search.estimator(**search.draw(rng))._validate_params()


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(set(IMPLICIT_DATA) - {"shop"}))
def test_no_pair_of_the_test_data_is_in_the_training_data(name, data_dir):
    data = load(name, data_dir)
    for past, future in ((data.train, data.test), (data.train_part, data.validation)):
        pairs = [{tuple(pair) for pair in part.to_pairs()[0].tolist()} for part in (past, future)]
        assert pairs[0].isdisjoint(pairs[1])
        assert len(pairs[1]) == future.n_interactions > 0


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "dataset", "recall", "ndcg"),
    [
        ("ItemKNN", "movielens-1m-implicit", 0.245, 0.240),
        ("ItemKNN", "amazon-toys", 0.118, 0.060),
        ("ImplicitALS", "movielens-1m-implicit", 0.284, 0.267),
        ("ImplicitALS", "amazon-toys", 0.110, 0.052),
    ],
)
def test_one_setting_of_the_defaults_serves_dense_and_sparse_data(name, dataset, recall, ndcg, data_dir):
    data = load(dataset, data_dir)
    measured = defaults.measure(SEARCHES[name].estimator(), data.train, data.test, None)
    assert measured.recall >= recall
    assert measured.ndcg >= ndcg


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("dataset", IMPLICIT_DATA)
def test_no_default_but_that_of_pure_svd_is_below_popularity(dataset, data_dir):
    data = load(dataset, data_dir)
    ndcg = {
        name: defaults.measure(search.estimator(), data.train, data.test, None).ndcg
        for name, search in SEARCHES.items()
        if name != "PureSVD"
    }
    assert [name for name in ndcg if ndcg[name] < ndcg["Popularity"]] == []
