"""cross_validate: the scores of every model and fold, and the table."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

from recokit import (
    BPR,
    EASE,
    BiasBaseline,
    DataError,
    Interactions,
    ItemKNN,
    LeakageWarning,
    Popularity,
    TfidfRecommender,
    evaluate,
)
from recokit.datasets import example_interactions, make_shop
from recokit.metrics import mae, rmse
from recokit.model_selection import (
    GlobalTimeSplit,
    InteractionKFold,
    RandomHoldOut,
    RollingTimeSplit,
    UserKFold,
    cross_validate,
    ranking_scorer,
    split_interactions,
    split_log,
)

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")
FOLDS = InteractionKFold(3, stratified=True)


def test_ranking_metrics_are_those_of_the_lists_on_every_fold():
    models = {"popular": Popularity(), "near": ItemKNN(n_neighbors=3)}
    result = cross_validate(models, IMPLICIT, FOLDS, ["ndcg@3", "gini@3"])
    rows = {(score.model, score.fold): score.scores for score in result.fold_scores}
    assert len(rows) == len(result.fold_scores) == 6
    for fold, (train, test) in enumerate(split_interactions(IMPLICIT, FOLDS)):
        users = test.users.take(np.unique(test.user_codes))
        for name, model in models.items():
            lists = clone(model).fit(train).recommend(users, 3, on_unknown="popular")
            assert rows[name, fold] == dict(evaluate(lists, test, ["ndcg@3", "gini@3"], train=train).means)


def test_errors_of_ratings_are_those_of_the_predictions_on_every_fold():
    result = cross_validate(BiasBaseline(), EXPLICIT, FOLDS)
    assert result.metrics == ("rmse", "mae")
    for score, (train, test) in zip(result.fold_scores, split_interactions(EXPLICIT, FOLDS), strict=True):
        predicted = BiasBaseline().fit(train).predict(test)
        expected = {"rmse": rmse(test.values, predicted), "mae": mae(test.values, predicted)}
        assert score.scores == pytest.approx(expected, rel=1e-12)


def test_kinds_of_metrics_can_be_mixed_and_keep_their_order():
    def n_train(model, X, y):
        return model.interactions_.n_interactions

    result = cross_validate(BiasBaseline(), EXPLICIT, FOLDS, ["recall@2", "rmse", n_train, "ndcg@2"], threshold=4)
    assert result.metrics == ("recall@2", "rmse", "n_train", "ndcg@2")
    assert result.lower_is_better == (False, True, False, False)
    assert result.means["BiasBaseline"]["n_train"] == pytest.approx(EXPLICIT.n_interactions * 2 / 3, abs=1)
    assert cross_validate(BiasBaseline(), EXPLICIT, FOLDS, "recall@2", threshold=4).means == {
        "BiasBaseline": {"recall@2": result.means["BiasBaseline"]["recall@2"]}
    }


def test_the_best_model_comes_first():
    ranked = cross_validate([Popularity(), EASE(l2=1)], IMPLICIT, FOLDS, "ndcg@3").means
    scores = [means["ndcg@3"] for means in ranked.values()]
    assert scores[0] > scores[1]
    errors = cross_validate([BiasBaseline(), BiasBaseline(l2_user=1e6, l2_item=1e6)], EXPLICIT, FOLDS).means
    first, second = errors.values()
    assert first["rmse"] < second["rmse"]


def test_data_are_split_by_time_if_they_have_timestamps_and_else_into_folds():
    timed = Interactions.from_arrays(*IMPLICIT.to_pairs()[0].T, timestamps=np.arange(IMPLICIT.n_interactions) * 7 % 99)
    for data, splitter in ((timed, RollingTimeSplit(3)), (IMPLICIT, InteractionKFold(5, stratified=True))):
        result, expected = (cross_validate(Popularity(), data, cv) for cv in (None, splitter))
        assert result.n_folds == splitter.n_splits
        assert result.means == expected.means
        assert result.metrics == ("ndcg@10", "recall@10")


def test_splits_of_a_log_can_be_given():
    shop = make_shop(n_users=80, n_items=40, n_events=6_000, random_state=0)
    splits = [split_log(shop.events, at=f"2024-{month:02}-01", until=f"2024-{month + 1:02}-01") for month in (9, 10)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", LeakageWarning)
        result = cross_validate([Popularity(), ItemKNN()], shop.interactions("view"), splits, "ndcg@5")
        single = cross_validate(ItemKNN(), shop.interactions("view"), splits[0], "ndcg@5")
    for score in result.fold_scores:
        if score.model == "ItemKNN":
            train, test = splits[score.fold]
            lists = ItemKNN().fit(train).recommend(test.users, 5)
            assert score.scores["ndcg@5"] == pytest.approx(evaluate(lists, test, ["ndcg@5"])["ndcg@5"], rel=1e-12)
    assert single.n_folds == 1
    with pytest.warns(LeakageWarning, match="split_log"):
        cross_validate(Popularity(), shop.interactions("view"), GlobalTimeSplit(0.3), "ndcg@5")


def test_folds_of_users_are_scored_from_given_histories():
    result = cross_validate(ItemKNN(n_neighbors=3), IMPLICIT, UserKFold(3), "recall@3", given=0.5)
    scorer = ranking_scorer("recall@3", given=0.5)
    folds = split_interactions(IMPLICIT, UserKFold(3))
    expected = [scorer(ItemKNN(n_neighbors=3).fit(train), test) for train, test in folds]
    assert [score.scores["recall@3"] for score in result.fold_scores] == expected


def test_side_information_is_passed_to_its_model():
    side = TfidfRecommender._example_side(IMPLICIT)
    models = [TfidfRecommender(), Popularity()]
    result = cross_validate(models, IMPLICIT, FOLDS, "ndcg@3", fit_params={"TfidfRecommender": side})
    assert list(result.means["TfidfRecommender"]) == ["ndcg@3"]
    alone = cross_validate(TfidfRecommender(), IMPLICIT, FOLDS, "ndcg@3", fit_params=side)
    assert alone.means["TfidfRecommender"] == result.means["TfidfRecommender"]
    with pytest.raises(ValueError, match=r"got 'catalogue'; the models are TfidfRecommender, Popularity"):
        cross_validate(models, IMPLICIT, FOLDS, fit_params=side)


def test_the_result_is_a_table():
    result = cross_validate([Popularity(), ItemKNN()], IMPLICIT, FOLDS, ["ndcg@3", "recall@3"])
    lines = str(result).splitlines()
    assert lines[0] == (
        "means ± standard deviations over 3 folds of InteractionKFold(n_splits=3, random_state=0, stratified=True)"
    )
    assert lines[1].split("  ")[0] == "model"
    assert {line.split()[0] for line in lines[2:]} == {"Popularity", "ItemKNN"}
    name, means = next(iter(result.means.items()))
    deviation = np.std([s.scores["ndcg@3"] for s in result.fold_scores if s.model == name], ddof=1)
    assert f"{means['ndcg@3']:.4f} ± {deviation:.4f}" in lines[2]
    assert len({len(line) for line in lines[1:]}) == 1
    assert repr(result).startswith(f"CrossValidation(ndcg@3: {name} {means['ndcg@3']:.4f}, ")
    frame = result.to_frame()
    assert list(frame.columns) == ["model", "fold", "ndcg@3", "recall@3", "fit_seconds", "score_seconds"]
    assert frame.groupby("model")["ndcg@3"].mean().to_dict() == pytest.approx(
        {name: means["ndcg@3"] for name, means in result.means.items()}
    )
    assert result.to_frame("polars").shape == result.to_frame("pyarrow").shape == frame.shape == (6, 6)
    one = cross_validate(Popularity(), IMPLICIT, RandomHoldOut(0.3), "ndcg@3")
    assert str(one).startswith("1 fold of RandomHoldOut(")
    assert "±" not in str(one)


def test_models_of_one_class_are_named_by_their_parameters():
    result = cross_validate([EASE(), EASE(l2=1), Popularity()], IMPLICIT, FOLDS, "ndcg@3")
    assert set(result.means) == {"EASE()", "EASE(l2=1)", "Popularity"}


def test_errors_of_a_fit_name_the_model_and_the_fold():
    with pytest.raises(DataError, match="implicit feedback only") as caught:
        cross_validate([BiasBaseline(), BPR()], EXPLICIT, FOLDS)
    assert caught.value.__notes__ == ["BPR, fold 0"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], IMPLICIT), ValueError, "at least one recommender, got none"),
        ((ItemKNN, IMPLICIT), TypeError, "expected recommenders, got the class ItemKNN; call the class to make one"),
        (("ItemKNN", IMPLICIT), TypeError, "expected recommenders, got str"),
        (([ItemKNN(), 3], IMPLICIT), TypeError, "expected recommenders, got int"),
        (([ItemKNN(), ItemKNN()], IMPLICIT), ValueError, r"ItemKNN\(\) is given twice; pass a dict of names to models"),
        ((ItemKNN(), IMPLICIT, 0.2), TypeError, r"splitter=0\.2: expected a splitter"),
        ((ItemKNN(), IMPLICIT, []), TypeError, r"splitter=\[\]: expected a splitter"),
        ((ItemKNN(), IMPLICIT, [(IMPLICIT, 3)]), TypeError, r"or a sequence of \(train, test\) Interactions"),
        ((ItemKNN(), IMPLICIT, "time"), TypeError, "splitter='time': expected a splitter"),
        ((ItemKNN(), IMPLICIT, None, "rmse"), ValueError, "rmse needs ratings, and the data are implicit feedback"),
        ((ItemKNN(), IMPLICIT, None, []), ValueError, "at least one metric"),
        ((ItemKNN(), IMPLICIT, None, "ndgc"), ValueError, "unknown metric 'ndgc'"),
        ((ItemKNN(), IMPLICIT.to_frame()), DataError, "got a frame of 3 columns"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        cross_validate(*arguments)
