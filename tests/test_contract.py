import numpy as np
import pytest

from recokit import Interactions, Popularity, Recommender
from recokit.base import Term, Top
from recokit.datasets import example_interactions
from recokit.exceptions import DataError
from recokit.persistence import load
from recokit.testing import CHECKS, Subject, all_recommenders, check_recommender


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
def test_every_recommender_fulfils_the_contract(kind, check):
    for feedback in kind._supported_feedback:
        for strings in (False, True):
            check(Subject(kind(), example_interactions(feedback, strings=strings), None))


def test_all_recommenders_are_the_public_ones():
    kinds = all_recommenders()
    assert {"Popularity", "BiasBaseline"} <= {kind.__name__ for kind in kinds}
    assert Recommender not in kinds
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_example_users_prefer_half_of_the_catalogue_and_ids_differ_from_codes(feedback):
    data, named = example_interactions(feedback), example_interactions(feedback, strings=True)
    assert data.feedback == named.feedback == feedback
    assert list(data.users) != list(range(data.n_users))
    assert all(isinstance(key, str) for key in [*named.users, *named.items])
    likes = (data.user_codes + data.item_codes) % 2 == 0
    assert likes.mean() > 0.7
    if feedback == "explicit":
        assert data.values[likes].mean() > data.values[~likes].mean() + 1
    else:
        assert set(data.values) == {1}


class Neighbourly(Recommender):
    """A small third-party recommender: it counts the common users of two items."""

    def __init__(self, weight=1.0, *, feedback="auto", n_threads=None, verbose=False):
        self.weight = weight
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions):
        seen = (interactions.matrix > 0).astype(np.float32).toarray()
        self.together_ = self.weight * (seen.T @ seen)
        np.fill_diagonal(self.together_, 0)

    def _score_block(self, profiles):
        scores = np.zeros((len(profiles.lengths), len(self.together_)), dtype=np.float32)
        for row, (start, stop) in enumerate(zip(profiles.indptr[:-1], profiles.indptr[1:], strict=True)):
            for code in profiles.codes[start:stop]:
                scores[row] += self.together_[code]
        return np.where(scores > 0, scores, -np.inf).astype(np.float32)

    def _explain(self, user_code, item_code):
        codes = self._training_histories(np.array([user_code])).codes
        names = self.interactions_.items.take(codes)
        return [
            Term("past_item", name, float(self.together_[code, item_code]))
            for name, code in zip(names, codes, strict=True)
        ]


def test_a_third_party_recommender_passes_with_one_hook_and_an_explanation():
    check_recommender(Neighbourly(weight=0.5))


class WithoutExplanation(Neighbourly):
    _explain = Recommender._explain


def test_a_third_party_recommender_passes_with_the_required_hooks_alone():
    check_recommender(WithoutExplanation(weight=0.5))


def test_a_third_party_recommender_can_be_saved_and_loaded(tmp_path):
    data = example_interactions("implicit", strings=True)
    model = Neighbourly(2.0).fit(data)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert type(again) is Neighbourly
    assert again.get_params() == model.get_params()
    np.testing.assert_array_equal(again.together_, model.together_)


# ---------------------------------------------------------------------- recommenders that violate the contract


class RecommendsSeenItems(Neighbourly):
    def recommend(self, users=None, n=10, *, exclude_seen=True, **rules):
        return super().recommend(users, n, exclude_seen=False, **rules)


class RepeatsItems(Neighbourly):
    def recommend(self, *args, **rules):
        lists = super().recommend(*args, **rules)
        if lists.items.shape[1] > 1:
            lists.items[:, 1] = lists.items[:, 0]
        return lists


class CountsPaddingAsItems(Neighbourly):
    def recommend(self, *args, **rules):
        lists = super().recommend(*args, **rules)
        lists.counts[:] = lists.items.shape[1]
        return lists


class CountsItsCalls(Neighbourly):
    def _score_block(self, profiles):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super()._score_block(profiles) * self.calls_


class DependsOnTheBatch(Neighbourly):
    def _score_block(self, profiles):
        return super()._score_block(profiles) * np.float32(len(profiles.lengths))


class OmitsATerm(Neighbourly):
    def _explain(self, user_code, item_code):
        return super()._explain(user_code, item_code)[1:]


class PredictsOtherScores(Neighbourly):
    def _score_pairs(self, user_codes, item_codes):
        return np.sqrt(super()._score_pairs(user_codes, item_codes))


class PredictsNaN(Neighbourly):
    def _fallback_scores(self, user_codes, item_codes):
        return np.full(len(user_codes), np.nan)


class ChangesItsParameters(Neighbourly):
    def _fit(self, interactions):
        super()._fit(interactions)
        self.weight = self.weight + 1


class ChangesItsInput(Neighbourly):
    def fit(self, X, y=None, **side):
        if isinstance(X, np.ndarray):
            X.sort(axis=0)
        return super().fit(X, y, **side)


class IsRandom(Neighbourly):
    def _fit(self, interactions):
        super()._fit(interactions)
        self.together_ += np.random.default_rng().random(self.together_.shape, dtype=np.float32)


class DependsOnThreads(Neighbourly):
    def _fit(self, interactions):
        super()._fit(interactions)
        self.together_ *= np.float32(1 + self._runner().n_threads)


class AccumulatesOverFits(Neighbourly):
    _kept_by_refit = ("fits",)

    def _fit(self, interactions):
        self.fits = getattr(self, "fits", 0) + 1
        super()._fit(interactions)
        self.together_ *= np.float32(self.fits)


class HasUnsavedState(Neighbourly):
    def _fit(self, interactions):
        super()._fit(interactions)
        self.secret = np.float32(2)  # not saved: the name has no trailing underscore

    def _score_block(self, profiles):
        return super()._score_block(profiles) * getattr(self, "secret", np.float32(1))


class IgnoresPartialFit(Neighbourly):
    def _partial_fit(self, merged, previous):
        pass


class KeepsForgottenUsers(Popularity):
    def _forget(self, remaining, previous):
        pass


class BreaksTiesBackwards(Neighbourly):
    def recommend(self, *args, **rules):
        lists = super().recommend(*args, **rules)
        for row, count in enumerate(lists.counts):
            order = np.lexsort((-np.arange(count), -lists.scores[row, :count]))
            lists.items[row, :count] = lists.items[row, order]
        return lists


class IgnoresCandidates(Neighbourly):
    def recommend(self, users=None, n=10, *, candidates=None, **rules):
        return super().recommend(users, n, **rules)


class FailsOnEmptyHistories(Neighbourly):
    def _score_block(self, profiles):
        if np.any(profiles.lengths == 0):
            raise DataError("an empty history")
        return super()._score_block(profiles)


class ReturnsTheQueryAsNeighbour(Neighbourly):
    def _similar_items(self, item_codes, n):
        order = np.argsort(-self.together_[item_codes], axis=1, kind="stable")[:, : n - 1]
        codes = np.column_stack([item_codes, order]).astype(np.int32)
        scores = np.take_along_axis(self.together_[item_codes], codes, axis=1)
        return Top(codes, scores, np.full(len(codes), n, dtype=np.int32))


class IgnoresUnknownIds(Neighbourly):
    def recommend(self, users=None, n=10, *, on_unknown="raise", **rules):
        return super().recommend(users, n, on_unknown="empty" if on_unknown == "raise" else on_unknown, **rules)


class ScoresSingleItemsOtherwise(Neighbourly):
    def _score_items(self, profiles, item_codes):
        return super()._score_items(profiles, item_codes) * (1 + np.arange(profiles.n_rows, dtype=np.float32)[:, None])


BROKEN = {
    RecommendsSeenItems: "lists_are_sorted_and_have_no_seen",
    RepeatsItems: "lists_are_sorted_and_have_no_seen",
    CountsPaddingAsItems: "lists_are_sorted_and_have_no_seen",
    CountsItsCalls: "a_batch_equals_single_calls",
    DependsOnTheBatch: "a_batch_equals_single_calls",
    OmitsATerm: "explanations_add_up",
    PredictsOtherScores: "scores_in_lists_equal_predictions",
    PredictsNaN: "unknown_ids_get_fallbacks",
    ChangesItsParameters: "parameters_survive",
    ChangesItsInput: "inputs_are_not_modified",
    IsRandom: "a_refit_does_not_depend",
    DependsOnThreads: "the_number_of_threads",
    AccumulatesOverFits: "a_refit_does_not_depend",
    HasUnsavedState: "saving_and_copying",
    IgnoresPartialFit: "partial_fit",
    KeepsForgottenUsers: "forget",
    BreaksTiesBackwards: "ties_are_broken",
    IgnoresCandidates: "candidates_and_exclusions",
    FailsOnEmptyHistories: "new_users_get_lists",
    ReturnsTheQueryAsNeighbour: "similar_items_and_users",
    IgnoresUnknownIds: "unknown_ids_get_fallbacks",
    ScoresSingleItemsOtherwise: "users_of_items",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda kind: kind.__name__)
def test_each_violation_of_the_contract_fails_its_check(broken):
    (check,) = [check for check in CHECKS if check.__name__.startswith(f"check_{BROKEN[broken]}")]
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the type depends on the fault)
        check(Subject(broken(), example_interactions("implicit"), None))
    assert not isinstance(caught.value, NotImplementedError | AttributeError)


def test_check_recommender_fails_if_a_single_check_fails():
    with pytest.raises(AssertionError, match="seen items for"):
        check_recommender(RecommendsSeenItems())


class NeedsPrices(Popularity):
    def _prepare(self, interactions, *, prices):
        assert prices
        return interactions


def test_side_information_is_passed_to_every_fit():
    def prices(data: Interactions):
        return {"prices": dict.fromkeys(data.items, 1.0)}

    check_recommender(NeedsPrices(), side=prices)
    with pytest.raises(TypeError, match="prices"):
        check_recommender(NeedsPrices())
