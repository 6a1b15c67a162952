"""The command ``benchmarks/quality.py`` and its protocols."""

import json

import numpy as np
import pytest
import quality
from _common.history_baseline import RepeatHistory
from _common.sequence_data import PROTOCOLS, Case, Protocol, load_protocol

from recokit import evaluate
from recokit.data import Sequences
from recokit.model_selection import leave_last_basket

BASKETS = {user: [["tea", "cup"], ["tea", f"i{user}"], ["tea", "pot"], ["cup", f"i{user}"]] for user in range(30)}


def made_up_protocol(folder):
    test = leave_last_basket(Sequences.from_baskets(BASKETS))
    validation = Case.from_split(leave_last_basket(test.train))
    metrics = "recall@2", "ndcg@2"
    return Protocol(validation, {"last basket": Case.from_split(test)}, metrics, False, "made-up baskets")


@pytest.fixture
def made_up(monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "ta-feng", made_up_protocol)


def run(tmp_path, *arguments):
    file = tmp_path / "results.json"
    quality.main(["--protocols", "ta-feng", "--output", str(file), *arguments])
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("made_up")
def test_published_rows_stand_before_the_models(tmp_path, capsys):
    rows = run(tmp_path, "--models", "Popularity", "RepeatHistory", "--candidates", "0")
    assert [(row["model"], row["kind"]) for row in rows] == [
        ("TIFU-KNN", "other"),
        ("Popularity", "defaults"),
        ("RepeatHistory", "defaults"),
    ]
    shown = capsys.readouterr().out
    assert "| *TIFU-KNN* [1] | published | 0.1301 | – | – | |" in shown
    assert "[1] Hu et al. (2020)" in shown


@pytest.mark.usefixtures("made_up")
def test_the_parameters_of_the_tuned_row_are_the_best_on_the_validation_data(tmp_path, capsys):
    rows = run(tmp_path, "--models", "ItemKNN", "--candidates", "4", "--seed", "3")
    shown = [line.split("  ") for line in capsys.readouterr().out.splitlines() if line.startswith("    0.")]
    scores = {line[-1]: float(line[2].split()[1]) for line in shown}
    assert len(scores) == 5
    tuned = [row["parameters"] for row in rows if row["kind"] == "tuned"]
    best = max(scores.values())
    if tuned:
        assert scores[quality.as_text(tuned[0])] == best
    else:
        assert scores["defaults"] == best


def test_candidates_are_the_defaults_and_different_points_of_the_search_space():
    model = quality.MODELS["ItemKNN"]
    candidates = quality.draw_candidates(model, 5, seed=0)
    assert candidates[0] == {}
    assert len({repr(one) for one in candidates}) == 6
    for parameters in candidates:
        model.make(**parameters)._validate_params()
    assert quality.draw_candidates(quality.MODELS["RepeatHistory"], 5, seed=0) == [{}]


def test_the_repeat_baseline_ranks_items_by_frequency_and_then_recency():
    histories = Sequences.from_lists({"ann": ["tea", "cup", "pot", "cup", "tea", "jug"], "bob": []})
    lists = RepeatHistory().recommend_for(histories, 3, exclude_seen=False, on_unknown="empty")
    assert [item for item, _ in lists["ann"]] == ["tea", "cup", "jug"]
    assert lists["bob"] == []
    assert RepeatHistory().recommend_for(histories, 3, exclude_seen=True, on_unknown="empty")["ann"] == []


def test_files_of_sequences_are_tested_on_the_last_item(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("".join(f"{user} a b c{user % 3} a{user % 2} b{user % 2}\n" for user in range(40)))
    output = tmp_path / "results.json"
    arguments = ["--models", "Popularity", "--candidates", "0", "--output", str(output)]
    quality.main(["--protocols", "--files", str(file), *arguments])
    (row,) = json.loads(output.read_text(encoding="utf-8"))
    assert (row["protocol"], row["test"], row["metrics"]) == ("log", "last item", ["hit_rate@10", "ndcg@10"])
    assert row["values"][0] == 1


@pytest.mark.data
@pytest.mark.parametrize("name", PROTOCOLS)
def test_validation_data_are_part_of_the_training_data_of_the_test(name, data_dir):
    if name == "online-retail":
        pytest.importorskip("pyarrow")
    protocol = load_protocol(name, data_dir)
    for case in protocol.tests.values():
        assert case.train.n_events > protocol.validation.train.n_events
        assert case.histories.n_users == len(np.unique(case.targets.user_codes))
    validation, test = protocol.validation, next(iter(protocol.tests.values()))
    if name != "yoochoose-100k":
        for user in validation.histories.users.ids[:50]:
            assert test.train[user][: len(validation.train[user])] == validation.train[user]


@pytest.mark.data
def test_amazon_toys_is_tested_on_the_last_purchase_of_all_users(data_dir):
    protocol = load_protocol("amazon-toys", data_dir)
    case = protocol.tests["last item"]
    assert (case.histories.n_users, case.train.n_events) == (19_412, 167_597 - 19_412)
    assert case.train[1] == [1, 2, 3, 4]
    assert case.targets.to_pairs()[0][0].tolist() == [1, 5]


@pytest.mark.data
def test_the_stored_lists_have_their_known_metrics(data_dir):
    protocol = load_protocol("yoochoose-100k", data_dir)
    case = protocol.tests["first 387 positions"]
    expected = {
        "VSKNN (stored lists)": (0.6098, 0.3342),
        "GRU4Rec (stored lists)": (0.5711, 0.3289),
        "sequential rules (stored lists)": (0.5607, 0.3275),
    }
    assert case.histories.n_users == 387
    for name, values in expected.items():
        means = evaluate(protocol.lists["first 387 positions"][name], case.targets, protocol.metrics).means
        assert tuple(means.values()) == pytest.approx(values, abs=5e-5), name


@pytest.mark.data
def test_a_quick_run_evaluates_a_part_of_the_histories(data_dir, tmp_path):
    file = tmp_path / "results.json"
    arguments = ["--quick", "--data-dir", str(data_dir), "--protocols", "yoochoose-100k", "--models", "RepeatHistory"]
    quality.main([*arguments, "--output", str(file)])
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert {row["test"] for row in rows if row["kind"] == "defaults"} == {"every position", "first 387 positions"}
