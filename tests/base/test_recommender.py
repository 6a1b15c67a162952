import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.model_selection import GridSearchCV

import recokit
from recokit import (
    BiasBaseline,
    DataError,
    IdIndex,
    Interactions,
    Popularity,
    Recommender,
    UnknownIdError,
)
from recokit.base import Top
from recokit.datasets import example_interactions
from recokit.neighbors import ItemKNN
from recokit.testing import Subject, all_recommenders

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")


def fitted(kind, feedback=None):
    model = kind()
    data = Subject(model, example_interactions(feedback or kind._supported_feedback[0]), None).data
    return model.fit(data, **model._example_side(data)), data


def assert_same(actual, expected):
    assert list(actual.users) == list(expected.users)
    np.testing.assert_array_equal(actual.counts, expected.counts)
    np.testing.assert_array_equal(actual.scores, expected.scores)
    assert list(actual) == list(expected)


class CodeScores(Recommender):
    """Scores an item by its code plus the length of the history; records the number of users in each block."""

    def __init__(self, *, feedback="auto", n_threads=None, verbose=False):
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions):
        self.blocks = []

    def _score_block(self, profiles):
        self.blocks.append(len(profiles.lengths))
        scores = np.arange(self.interactions_.n_items, dtype=np.float32)
        return (scores + profiles.lengths[:, None]).astype(np.float32)


class ImplicitOnly(CodeScores):
    _supported_feedback = ("implicit",)


# ---------------------------------------------------------------------- blocks


@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("users_per_block", [1, 7])
def test_lists_do_not_depend_on_the_block_size(kind, users_per_block, monkeypatch):
    model, data = fitted(kind)
    items = list(data.items)
    histories = {"a": {items[0]: 3.0}, "b": {}, "c": {items[1]: 1.0, items[5]: 5.0}}
    pairs, _ = data.to_pairs()
    before = model.recommend(n=4), model.recommend_for(histories, n=4), model.predict(pairs)
    monkeypatch.setattr("recokit.base._hooks._BLOCK_BYTES", users_per_block * 4 * data.n_items)
    after = model.recommend(n=4), model.recommend_for(histories, n=4), model.predict(pairs)
    for now, then in zip(after[:2], before[:2], strict=True):
        assert [[item for item, _ in entries] for _, entries in now] == [[i for i, _ in entries] for _, entries in then]
        np.testing.assert_allclose(now.scores, then.scores, rtol=1e-5, atol=1e-5)  # BLAS sums in another order
    np.testing.assert_allclose(after[2], before[2], rtol=1e-5, atol=1e-5)


def test_blocks_stay_within_the_memory_limit(monkeypatch):
    model = CodeScores().fit(IMPLICIT)
    monkeypatch.setattr("recokit.base._hooks._BLOCK_BYTES", 10 * 4 * IMPLICIT.n_items)
    model.recommend()
    assert model.blocks == [10, 10, 5]
    model.blocks.clear()
    monkeypatch.setattr("recokit.base._hooks._BLOCK_BYTES", 1)
    model.recommend_for([{}, {}])
    assert model.blocks == [1, 1]


# ---------------------------------------------------------------------- requests


@pytest.mark.parametrize("n", [np.int64(3), np.uint8(3), np.int32(3)])
def test_n_may_be_a_numpy_integer(n):
    assert_same(Popularity().fit(IMPLICIT).recommend(n=n), Popularity().fit(IMPLICIT).recommend(n=3))


@pytest.mark.parametrize("n", [0, -1, 2.0, "3", True, None, np.float64(3)])
def test_n_must_be_a_positive_integer(n):
    model = Popularity().fit(IMPLICIT)
    item = next(iter(IMPLICIT.items))
    for call in (
        model.recommend,
        lambda n: model.recommend_for([[item]], n=n),
        lambda n: model.similar_items([item], n),
    ):
        with pytest.raises(ValueError, match=re.escape(f"n={n!r}: expected a whole number of at least 1")):
            call(n=n)


@pytest.mark.parametrize("batch_size", [0, -3])
def test_batch_size_must_be_positive(batch_size):
    with pytest.raises(ValueError, match=f"batch_size={batch_size}: expected an integer of at least 1"):
        list(Popularity().fit(IMPLICIT).iter_recommend(batch_size=batch_size))


def test_requested_users_may_repeat_and_keep_their_order():
    model, users = Popularity().fit(IMPLICIT), list(IMPLICIT.users)
    requested = [users[3], users[0], users[3]]
    lists = model.recommend(requested, n=2)
    assert list(lists.users) == requested
    assert lists.items[0].tolist() == lists.items[2].tolist() == model.recommend(users[3], n=2).items[0].tolist()


@pytest.mark.parametrize(
    "form", [tuple, np.array, pd.Series, iter, pd.Index, lambda ids: pd.Series(ids, index=[9, 3, 1])]
)
def test_requested_users_may_be_any_sequence(form):
    model, users = Popularity().fit(IMPLICIT), list(IMPLICIT.users)[:3]
    assert_same(model.recommend(form(users), n=2), model.recommend(users, n=2))


def test_an_empty_request_gives_no_lists():
    model = Popularity().fit(IMPLICIT)
    assert model.recommend([], n=4).items.shape == (0, 4)
    assert model.recommend_for([], n=4).items.shape == (0, 4)
    assert model.predict([]).shape == (0,)
    assert list(model.iter_recommend([])) == []


def test_unknown_users_may_be_ids_of_any_type_and_size():
    model = Popularity().fit(IMPLICIT)
    for unknown in (2**63, -(2**70), 1.5, "7", None, ("a",)):
        assert model.recommend([unknown], on_unknown="empty").counts.tolist() == [0]
        with pytest.raises(UnknownIdError):
            model.recommend([unknown])


def test_batches_follow_the_options_of_recommend():
    model, items = Popularity().fit(IMPLICIT), list(IMPLICIT.items)
    parts = list(model.iter_recommend(n=3, batch_size=10, candidates=items[:4], exclude_seen=False))
    assert [len(part) for part in parts] == [10, 10, 5]
    whole = model.recommend(n=3, candidates=items[:4], exclude_seen=False)
    assert [entry for part in parts for entry in part] == list(whole)


def test_known_users_without_interactions_get_popular_items_if_requested():
    data = Interactions.from_matrix(sparse.csr_array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]), users=["a", "b", "idle"])
    model = CodeScores().fit(data)
    assert [item for item, _ in model.recommend(["idle"])["idle"]] == [2, 1, 0]
    assert model.recommend(["idle"], on_unknown="popular")["idle"] == [(1, 2.0), (0, 1.0), (2, 0.0)]
    assert model.recommend(["a"], on_unknown="popular")["a"] == [(2, 4.0)]


# ---------------------------------------------------------------------- fitting


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_unexpected_side_information_is_a_type_error(method):
    with pytest.raises(TypeError, match=r"ItemKNN\.fit takes no prices, weather"):
        getattr(ItemKNN(), method)(IMPLICIT, weather=1, prices=2)


def test_unsupported_feedback_is_refused():
    with pytest.raises(DataError, match="ImplicitOnly is fitted to implicit feedback only"):
        ImplicitOnly().fit(EXPLICIT)
    assert ImplicitOnly(feedback="implicit").fit(EXPLICIT).interactions_.feedback == "implicit"


@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
def test_a_failed_fit_leaves_the_model_unchanged(kind):
    model, _ = fitted(kind)
    expected = model.recommend(n=3)
    with pytest.raises(TypeError):
        model.fit(Subject(model, EXPLICIT, None).data, no_such_argument=1)
    with pytest.raises(DataError):
        model.fit([("a", None)], [3.0], **model._example_side(EXPLICIT))
    assert_same(model.recommend(n=3), expected)


def test_an_update_must_have_the_feedback_of_the_training_data():
    with pytest.raises(DataError, match="cannot merge explicit feedback into implicit"):
        Popularity().fit(IMPLICIT).partial_fit(EXPLICIT)
    with pytest.raises(DataError, match="cannot merge implicit feedback into explicit"):
        BiasBaseline().fit(EXPLICIT).partial_fit(IMPLICIT)


def test_an_update_reads_pairs_with_the_feedback_of_the_training_data():
    strengths = Popularity().fit([("ann", "tea")]).partial_fit([("ann", "tea"), ("bob", "cup")], [2, 3])
    assert strengths.interactions_.feedback == "implicit"
    assert strengths.item_scores_.tolist() == [3, 3]
    ratings = BiasBaseline().fit([("ann", "tea"), ("bob", "tea")], [5, 1]).partial_fit([("ann", "tea")], [2])
    assert ratings.interactions_.values.tolist() == [2, 1]


def test_the_first_partial_fit_equals_fit():
    assert_same(Popularity().partial_fit(IMPLICIT).recommend(), Popularity().fit(IMPLICIT).recommend())


def test_fit_sets_the_attributes_common_to_all_models():
    model = CodeScores().fit(EXPLICIT)
    assert model.n_features_in_ == 2
    assert model.interactions_ is EXPLICIT
    assert model.rating_range_ == (1.0, 5.0)
    np.testing.assert_array_equal(model.item_counts_, np.bincount(EXPLICIT.item_codes))
    weighted = CodeScores().fit([("a", 1), ("b", 1), ("b", 2)], [0.5, 2, 3]).set_params(feedback="implicit")
    assert weighted.fit([("a", 1), ("b", 1), ("b", 2)], [0.5, 2, 3]).item_counts_.tolist() == [2.5, 3]


# ---------------------------------------------------------------------- predictions


def test_the_fallback_for_ratings_is_the_mean_plus_the_bias_of_the_known_side():
    model = CodeScores().fit(EXPLICIT)
    user, item = next(iter(EXPLICIT.users)), next(iter(EXPLICIT.items))
    mean, known_user, known_item = model.predict([("x", "y"), (user, "y"), ("x", item)])
    assert mean == pytest.approx(EXPLICIT.values.mean(dtype=float))
    residuals = EXPLICIT.values - mean
    of_user, of_item = EXPLICIT.user_codes == 0, EXPLICIT.item_codes == 0
    assert np.sign(known_user - mean) == np.sign(residuals[of_user].mean())
    assert np.sign(known_item - mean) == np.sign(residuals[of_item].mean())
    assert CodeScores().fit(IMPLICIT).predict([("x", "y"), (user, "y"), ("x", item)]).tolist() == [0, 0, 0]


def test_fallbacks_are_clipped_to_the_rating_range():
    pairs = [(user, item) for user in range(30) for item in range(30)]
    model = CodeScores().fit(pairs, [5.0 if user or item else 1.0 for user, item in pairs])
    assert np.all(model.predict([(1, "y"), ("x", 1)]) <= 5.0)


def test_items_without_evidence_are_predicted_as_zero_and_never_listed():
    class NoEvidence(CodeScores):
        def _score_block(self, profiles):
            return np.full((len(profiles.lengths), self.interactions_.n_items), -np.inf, dtype=np.float32)

    model = NoEvidence().fit(IMPLICIT)
    assert set(model.predict(IMPLICIT)) == {0.0}
    assert set(model.recommend().counts) == {0}


def test_score_is_r_squared_of_pairs_and_of_interactions():
    model = BiasBaseline().fit(EXPLICIT)
    pairs, ratings = EXPLICIT.to_pairs()
    errors = ratings - model.predict(pairs)
    expected = 1 - np.sum(errors**2) / np.sum((ratings - ratings.mean(dtype=float)) ** 2)
    assert model.score(pairs, ratings) == pytest.approx(expected)
    assert model.score(EXPLICIT) == pytest.approx(expected)
    weights = np.arange(len(ratings))
    assert model.score(EXPLICIT, sample_weight=weights) == pytest.approx(model.score(pairs, ratings, weights))
    assert model.score(EXPLICIT, sample_weight=weights) != pytest.approx(expected)
    assert model.score(EXPLICIT, ratings[::-1]) < expected


# ---------------------------------------------------------------------- progress


@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
def test_a_progress_bar_is_shown_only_if_verbose(kind, capsys):
    for verbose in (False, True):
        model = kind(verbose=verbose)
        data = Subject(model, example_interactions(kind._supported_feedback[0]), None).data
        model.fit(data, **model._example_side(data)).recommend()
        shown = capsys.readouterr().err
        assert (f"{kind.__name__}: " in shown and "100%" in shown) == verbose
        assert bool(shown) == verbose


# ---------------------------------------------------------------------- similarities, and ids of other types


def test_by_default_similarities_are_not_defined_and_explanations_have_one_term():
    model = CodeScores().fit(IMPLICIT)
    user, item = next(iter(IMPLICIT.users)), next(iter(IMPLICIT.items))
    with pytest.raises(NotImplementedError, match="CodeScores does not define similar items"):
        model.similar_items([item])
    with pytest.raises(NotImplementedError, match="CodeScores does not define similar users"):
        model.similar_users([user])
    assert [term.kind for term in model.explain(user, item).terms] == ["other"]
    with pytest.raises(NotImplementedError):
        Recommender()._fit(IMPLICIT)
    with pytest.raises(NotImplementedError):
        Recommender()._score_block(None)


def test_similar_items_and_users_are_returned_as_ids():
    class Successors(CodeScores):
        def _similar_items(self, item_codes, n):
            others = (item_codes[:, None] + 1 + np.arange(n)) % self.interactions_.n_items
            return Top(
                others.astype(np.int32),
                -np.tile(np.arange(n, dtype=np.float32), (len(item_codes), 1)),
                np.full(len(item_codes), n - 1),
            )

        _similar_users = _similar_items

    model = Successors().fit([("a", "x"), ("b", "y"), ("c", "z")])
    assert model.similar_items("y", n=2)["y"] == [("z", 0.0)]
    assert model.similar_users(["a", "c"], n=50)["c"] == [("a", 0.0), ("b", -1.0)]


def test_requested_users_may_be_an_id_index():
    model = Popularity().fit(IMPLICIT)
    assert_same(model.recommend(IMPLICIT.users), model.recommend())
    assert len(model.recommend(IdIndex(list(IMPLICIT.users)[:2]))) == 2


def test_datetimes_can_be_ids_from_fit_to_recommend():
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="datetime64[ns]")
    model = Popularity().fit(Interactions.from_arrays(days, [1, 1, 2]))
    lists = model.recommend(days)
    assert lists[days[2]] == [(1, 2.0)]
    assert model.predict(Interactions.from_arrays(days, [1, 1, 2])).tolist() == [2, 2, 1]


def test_integers_beyond_int64_can_be_ids_from_fit_to_recommend():
    model = recokit.Popularity().fit([(2**70, 2**65), (5, 2**66)])
    assert model.recommend()[2**70] == [(2**66, 1.0)]
    assert model.recommend([2**70])[2**70] == [(2**66, 1.0)]
    assert model.recommend_for({2**80: [2**65]})[2**80] == [(2**66, 1.0)]


def test_the_r2_of_implicit_scores_is_warned_of_once_for_each_class():
    class First(Popularity):
        pass

    class Second(Popularity):
        pass

    pairs, values = IMPLICIT.to_pairs()
    for model in (First(), Second()):
        with pytest.warns(
            UserWarning, match=r"meaningless .* scoring=recokit\.model_selection\.ranking_scorer"
        ) as caught:
            model.fit(IMPLICIT).score(pairs, values)
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        First().fit(IMPLICIT).score(pairs, values)
        First().fit(EXPLICIT).score(EXPLICIT)


def test_a_search_on_implicit_feedback_without_scoring_warns_and_names_the_ranking_scorer():
    class Searched(Popularity):
        pass

    class Equal(Popularity):
        pass

    pairs, ones = IMPLICIT.to_pairs()
    with pytest.warns(UserWarning, match="meaningless .* for equal ratings"):  # to_pairs drops the kind of feedback
        Equal().fit(pairs, np.ones_like(ones)).score(pairs, np.ones_like(ones))
    with pytest.warns(UserWarning, match=r"ranking_scorer\('ndcg@10'\)"):
        GridSearchCV(Searched(), {"feedback": ["implicit"]}, cv=2).fit(*IMPLICIT.to_pairs(random_state=0))
    with pytest.raises(ValueError, match=r"y is missing; .*ranking_scorer\('ndcg@10'\)"):
        Searched().fit(IMPLICIT).score(IMPLICIT.to_pairs()[0])
