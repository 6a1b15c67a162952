"""scikit-learn's searches on recommenders."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import loguniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    cross_validate,
)

from recokit import Popularity
from recokit.datasets import example_interactions
from recokit.factorization import SGDMatrixFactorization
from recokit.model_selection import InteractionKFold, LeaveLastOut, RandomHoldOut, as_pairs, ranking_scorer
from recokit.neighbors import ItemKNN
from recokit.testing import Subject, all_recommenders

CV = RandomHoldOut(0.3, n_splits=2, stratified=True)


def forms(data):
    """Return X and y as pairs, and as Interactions."""
    pairs, values = data.to_pairs()
    return {"pairs": (pairs, values if data.feedback == "explicit" else None), "interactions": as_pairs(data)}


@pytest.mark.parametrize("form", ["pairs", "interactions"])
@pytest.mark.parametrize("model", all_recommenders())
def test_every_recommender_can_be_cross_validated_by_lists_and_by_predictions(model, form):
    data = Subject(model(), example_interactions(model._supported_feedback[0], strings=True), None).data
    X, y = forms(data)[form]
    scoring = {"ndcg": ranking_scorer("ndcg@5")}
    if y is not None:
        scoring["rmse"] = "neg_root_mean_squared_error"
    options = {"cv": CV, "scoring": scoring, "params": model._example_side(data), "error_score": "raise"}
    scores = cross_validate(model(), X, y, **options)
    assert np.all((scores["test_ndcg"] > 0) & (scores["test_ndcg"] <= 1))
    assert np.all(np.isfinite(scores.get("test_rmse", 0)))


@pytest.mark.parametrize("form", ["pairs", "interactions"])
@pytest.mark.parametrize(
    "search",
    [
        GridSearchCV(ItemKNN(), {"n_neighbors": [1, 5], "shrinkage": [0.0, 10.0]}),
        RandomizedSearchCV(ItemKNN(), {"shrinkage": loguniform(1, 100)}, n_iter=3, random_state=0),
        HalvingGridSearchCV(
            ItemKNN(),
            {"n_neighbors": [1, 2, 3, 5]},
            min_resources=80,
            factor=2,
            return_train_score=False,
            random_state=0,
        ),
        HalvingRandomSearchCV(
            ItemKNN(),
            {"shrinkage": loguniform(1, 100)},
            n_candidates=4,
            min_resources=80,
            factor=2,
            return_train_score=False,
            random_state=0,
        ),
    ],
    ids=lambda search: type(search).__name__,
)
def test_searches_select_the_best_ranking_for_every_form_of_the_data(search, form):
    data = example_interactions("implicit")
    search.set_params(cv=CV, scoring=ranking_scorer("ndcg@5"), error_score="raise")
    X, y = forms(data)[form]
    search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.all(np.isfinite(scores))
    assert search.best_score_ in scores
    assert search.best_estimator_.recommend(n=3).counts.max() == 3
    again = GridSearchCV(
        ItemKNN(), {name: [value] for name, value in search.best_params_.items()}, cv=CV, scoring=search.scoring
    ).fit(*forms(data)["pairs"])
    if not isinstance(
        search, HalvingGridSearchCV | HalvingRandomSearchCV
    ):  # halving searches score on samples of the rows
        assert again.best_score_ == search.best_score_


SGD = SGDMatrixFactorization(4, n_epochs=3, random_state=0, n_threads=2)
HALVING = {"min_resources": 80, "factor": 2, "return_train_score": False, "random_state": 0}
TOOLS = {
    "grid": lambda model, space, **options: GridSearchCV(model, space, refit="ndcg", **options),
    "random": lambda model, space, **options: RandomizedSearchCV(
        model, space, n_iter=2, random_state=0, refit="ndcg", **options
    ),
    "halving": lambda model, space, scoring, **options: HalvingGridSearchCV(
        model, space, scoring=scoring["ndcg"], **HALVING, **options
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pairs", "interactions"])
@pytest.mark.parametrize(
    ("model", "space"),
    [(ItemKNN(n_threads=2), {"shrinkage": [0.0, 100.0]}), (SGD, {"learning_rate": [0.01, 0.2]})],
    ids=["neighbours", "factors"],
)
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_searches_in_one_and_two_processes_give_the_same_result(tool, model, space, form):
    X, y = forms(example_interactions("explicit"))[form]
    scoring = {"ndcg": ranking_scorer("ndcg@5"), "rmse": "neg_root_mean_squared_error"}
    one, two = (
        tool(model, space, scoring=scoring, cv=CV, n_jobs=n_jobs, error_score="raise").fit(X, y) for n_jobs in (1, 2)
    )
    columns = [name for name in one.cv_results_ if "test" in name and "time" not in name]
    assert len(columns) >= 3
    for name in columns:
        assert one.cv_results_[name].tolist() == two.cv_results_[name].tolist()
    assert one.best_params_ == two.best_params_
    assert_array_equal(one.best_estimator_.predict(X), two.best_estimator_.predict(X))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pairs", "interactions"])
@pytest.mark.parametrize("model", [ItemKNN(n_threads=2), SGD], ids=["neighbours", "factors"])
def test_cross_validation_in_one_and_two_processes_gives_the_same_scores(model, form):
    X, y = forms(example_interactions("explicit"))[form]
    scoring = {"ndcg": ranking_scorer("ndcg@5"), "rmse": "neg_root_mean_squared_error"}
    one, two = (cross_validate(model, X, y, cv=CV, scoring=scoring, n_jobs=n, error_score="raise") for n in (1, 2))
    for name in ("test_ndcg", "test_rmse"):
        assert np.all(np.isfinite(one[name]))
        assert one[name].tolist() == two[name].tolist()


def test_several_metrics_give_several_columns_of_a_search():
    search = GridSearchCV(
        ItemKNN(),
        {"n_neighbors": [1, 5]},
        cv=CV,
        scoring=ranking_scorer(["ndcg@5", "recall@5"]),
        refit="recall@5",
        error_score="raise",
    ).fit(*as_pairs(example_interactions("implicit")))
    assert search.best_score_ == search.cv_results_["mean_test_recall@5"].max()
    assert np.all(search.cv_results_["mean_test_ndcg@5"] > 0)


def test_interactions_keep_their_timestamps_in_a_search():
    data = example_interactions("implicit")
    timed = replace(data, timestamps=np.arange(data.n_interactions) * 7 % 100)
    search = GridSearchCV(
        Popularity(),
        {"half_life": [1.0, 50.0]},
        cv=LeaveLastOut(2),
        scoring=ranking_scorer("ndcg@5"),
        error_score="raise",
    ).fit(*as_pairs(timed))
    assert len(set(search.cv_results_["mean_test_score"])) == 2
    assert search.best_estimator_.interactions_.timestamps is not None


def test_a_search_can_be_cross_validated():
    X, _ = as_pairs(example_interactions("implicit"))
    search = GridSearchCV(ItemKNN(), {"n_neighbors": [1, 5]}, cv=CV, scoring=ranking_scorer("ndcg@5"))
    outer = InteractionKFold(3, stratified=True)
    scores = cross_validate(search, X, cv=outer, scoring=ranking_scorer("ndcg@5"), error_score="raise")
    assert np.all(scores["test_score"] > 0)
