"""ranking_scorer: the scores, and their users."""

import pickle
import re
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from recokit import BiasBaseline, DataError, Interactions, Popularity, evaluate
from recokit.metrics import Metric
from recokit.model_selection import LeaveLastOut, UserKFold, as_pairs, ranking_scorer, train_test_split
from recokit.neighbors import ItemKNN
from tests.model_selection.logs import as_columns, as_interactions, logs, of_interactions
from tests.naive import model_selection as naive

LOG = [(user, item, (3 * user + 7 * item) % 11) for user in range(6) for item in range(8) if (user + item) % 3]


@given(log=logs(min_size=8), k=st.integers(1, 8))
def test_the_score_is_the_metric_of_the_lists_of_the_test_users(log, k):
    data = as_interactions(log)
    try:
        train, test = train_test_split(data, LeaveLastOut())
    except DataError:
        assume(False)
    scores = ranking_scorer([f"recall@{k}", f"ndcg@{k}"])(Popularity().fit(train), test)
    train_rows, test_rows = of_interactions(train), of_interactions(test)
    lists = naive.popularity_lists(train_rows, test_rows, data.items.ids.tolist(), k)
    assert list(scores.values()) == pytest.approx(naive.recall_and_ndcg(lists, test_rows, k), abs=1e-12)


def test_every_form_of_test_rows_gives_the_same_score():
    data = as_interactions(LOG)
    ((train, test),) = LeaveLastOut().split(data)
    X, y = as_pairs(data, random_state=None)
    pairs, _ = data.to_pairs()
    parts = train_test_split(data, LeaveLastOut())
    model, scorer = ItemKNN(n_neighbors=3).fit(X[train], y[train]), ranking_scorer("ndcg@3")
    expected = scorer(ItemKNN(n_neighbors=3).fit(parts[0]), parts[1])
    assert 0 < expected < 1
    assert scorer(model, X[test], y[test]) == scorer(model, X[test]) == expected
    assert scorer(model, pairs[test], y[test]) == scorer(model, pairs[test]) == expected
    assert scorer(ItemKNN(n_neighbors=3).fit(pairs[train]), pairs[test]) == expected


def test_without_a_cut_off_the_whole_catalogue_is_ranked():
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    assert ranking_scorer("recall")(Popularity().fit(train), test) == 1.0


def test_metrics_of_the_catalogue_and_conventions_are_supported():
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    model = Popularity().fit(train)
    assert 0 < ranking_scorer("coverage@2")(model, test) < 1
    conventional = ranking_scorer("ndcg@3(gain=exponential, denominator=relevant)")
    assert conventional(model, test) == ranking_scorer(Metric("ndcg", 3, "relevant", "exponential"))(model, test)


@pytest.mark.parametrize("metric", ["gini@2", "popularity_bias@2"])
def test_metrics_to_minimize_are_negated(metric):
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    models = Popularity().fit(train), ItemKNN(n_neighbors=3).fit(train)
    users = np.unique(of_interactions(test), axis=0)[:, 0].tolist()
    bias = [evaluate(model.recommend(users, 2), test, [metric], train=train)[metric] for model in models]
    assert bias[0] != bias[1]
    assert [ranking_scorer(metric)(model, test) for model in models] == [-bias[0], -bias[1]]
    assert ranking_scorer(["recall@2", metric])(models[0], test)[f"neg_{metric}"] == -bias[0]


def test_several_scores_have_the_requested_names():
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    names = ["map@3", "ndcg@3(gain=linear)", "mrr"]
    scores = ranking_scorer(names)(Popularity().fit(train), test)
    assert list(scores) == names


def test_interactions_below_the_threshold_are_not_relevant():
    train = Interactions.from_dense([[5, 0, 0], [5, 4, 0], [0, 4, 4]])
    test = Interactions.from_dense([[0, 2, 5], [0, 0, 1], [0, 0, 0]])
    model = Popularity().fit(train)
    assert ranking_scorer("recall@1")(model, test) == pytest.approx((1 / 2 + 1) / 2)
    assert ranking_scorer("recall@1", threshold=3)(model, test) == 0.0
    with pytest.raises(DataError, match="no user to evaluate"):
        ranking_scorer("recall@1", threshold=9)(model, test)


def test_seen_items_can_be_recommended_again_without_exclude_seen():
    train, again = Interactions.from_arrays([1, 2, 3], [7, 7, 8]), Interactions.from_arrays([1, 2], [7, 7])
    model = Popularity().fit(train)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ranking_scorer("recall@1", exclude_seen=False)(model, again) == 1.0
    with pytest.warns(UserWarning, match="in the training data"):
        assert ranking_scorer("recall@1")(model, again) == 0.0


def test_users_without_a_history_get_the_most_popular_items():
    train = Interactions.from_arrays([1, 2, 3, 3], [7, 7, 7, 8])
    model = ItemKNN().fit(train)
    assert ranking_scorer("hit_rate@1")(model, [(1, 8), (99, 7)]) == 1.0
    assert ranking_scorer("hit_rate@1")(model, [(1, 8), (99, 8)]) == 0.5


def test_folds_of_users_need_a_part_of_their_histories():
    data = as_interactions(LOG)
    (train, test), *_ = UserKFold(3).split(data)
    X, _ = as_pairs(data, random_state=None)
    model = ItemKNN().fit(X[train])
    with pytest.raises(DataError, match=r"no history of any test user.*given=0\.8"):
        ranking_scorer("ndcg@3")(model, X[test])


@pytest.mark.parametrize("share", [0.5, 2])
def test_new_users_are_scored_from_their_given_histories(share):
    data = as_interactions(LOG)
    X, _ = as_pairs(data, random_state=None)
    scores = [
        ranking_scorer("recall@3", given=share)(ItemKNN().fit(X[train]), X[test])
        for train, test in UserKFold(3).split(data)
    ]
    expected = []
    for train, given_part, test in UserKFold(3).split_with_histories(data, share):
        users = sorted({user for user, _, _ in of_interactions(test)})
        histories = {user: [item for other, item, _ in of_interactions(given_part) if other == user] for user in users}
        lists = ItemKNN().fit(train).recommend_for(histories, 3)
        relevant = {user: {item for other, item, _ in of_interactions(test) if other == user} for user in users}
        recalls = [len({item for item, _ in lists[user]} & relevant[user]) / len(relevant[user]) for user in users]
        expected.append(np.mean(recalls))
    assert scores == pytest.approx(expected)


def test_known_and_new_users_are_scored_together():
    train = Interactions.from_arrays([1, 1, 2, 2, 3], [7, 8, 7, 9, 7])
    model = Popularity().fit(train)
    test = Interactions.from_arrays([3, 4, 4, 5], [8, 7, 9, 7], timestamps=[1, 1, 2, 1])
    # 3 (known) gets 8; 4 (new, 7 is given) gets 8 and not 9; the only interaction of 5 is given.
    assert ranking_scorer("recall@1", given=0.5)(model, test) == 0.5
    assert ranking_scorer("recall@2", given=0.5)(model, test) == 1.0
    known = test.select(test.user_codes == 0)
    assert ranking_scorer("recall@1", given=0.5)(model, known) == 1.0


def test_searches_and_pipelines_are_scored_by_their_recommender():
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    scorer, (X, _) = ranking_scorer("ndcg@3"), as_columns(of_interactions(train))
    expected = scorer(Popularity().fit(train), test)
    pipeline = make_pipeline(FunctionTransformer(), Popularity()).fit(X)
    assert scorer(pipeline, as_columns(of_interactions(test))[0]) == expected
    cv = PredefinedSplit([0, 1] * (len(X) // 2) + [-1] * (len(X) % 2))
    search = GridSearchCV(Popularity(), {}, cv=cv, scoring=scorer).fit(X)
    assert scorer(search, test) == expected
    with pytest.raises(TypeError, match="expected a recommender, got FunctionTransformer"):
        scorer(FunctionTransformer(), test)


def n_missed(lists, truth):
    """Return the number of relevant items of each user outside the first 3 places."""
    return [len(truth[user].keys() - set(lists[user][:3])) for user in truth]


def test_metric_functions_are_scored_like_other_metrics():
    train, test = train_test_split(as_interactions(LOG), LeaveLastOut())
    model = Popularity().fit(train)
    found = float(np.mean(n_missed(*_dictionaries(model, test))))
    assert ranking_scorer(n_missed)(model, test) == pytest.approx(found)
    n_missed.lower_is_better = True
    try:
        assert ranking_scorer(["NDCG@3", n_missed])(model, test)["neg_n_missed"] == pytest.approx(-found)
    finally:
        del n_missed.lower_is_better


def _dictionaries(model, test):
    truth = {}
    for user, item in zip(*(column.tolist() for column in test.to_pairs()[0].T), strict=True):
        truth.setdefault(user, {})[item] = 1.0
    return {user: [item for item, _ in model.recommend(user, n=8)[user]] for user in truth}, truth


def test_a_scorer_can_be_pickled_and_has_a_readable_repr():
    scorer = ranking_scorer("ndcg@3", given=0.5)
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert re.match(r"RankingScorer\(.*'ndcg', k=3.*given=0\.5", repr(scorer))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "ndgc@10"}, "unknown metric 'ndgc'"),
        ({"metric": []}, "expected at least one metric"),
        ({"metric": ["ndcg@3", "diversity@3"]}, "diversity@3 needs item_vectors=, which a scorer does not have"),
        ({"metric": "revenue@3"}, "revenue@3 needs prices=, which a scorer does not have"),
        ({"metric": None}, "metrics=None: expected names"),
        ({"given": 1.5}, "^given="),
        ({"random_state": -1}, "^random_state="),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ranking_scorer(**options)


def test_rating_models_can_be_scored_by_their_lists():
    data = Interactions.from_dense([[5, 4, 1, 2], [4, 5, 2, 1], [1, 2, 5, 4]])
    test = Interactions.from_dense([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 5]])
    train = data.select(~((data.user_codes == 2) & (data.item_codes == 3)))
    assert ranking_scorer("hit_rate@1")(BiasBaseline().fit(train), test) == 1.0
