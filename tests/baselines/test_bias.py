import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import BiasBaseline, Interactions
from recokit.datasets import example_interactions
from tests.naive import bias as naive

RATINGS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 4)), st.sampled_from([1.0, 2.0, 3.5, 5.0]), min_size=2, max_size=15
)


@given(RATINGS, st.floats(0.5, 20), st.floats(0.5, 20))
def test_predictions_are_the_mean_plus_biases_that_solve_the_penalised_problem(ratings, l2_user, l2_item):
    data = Interactions.from_arrays(*zip(*ratings, strict=True), list(ratings.values()))
    model = BiasBaseline(l2_user=l2_user, l2_item=l2_item, max_iter=500).fit(data)
    cells = list(zip(data.user_codes, data.item_codes, data.values.tolist(), strict=True))
    mean = np.mean(list(ratings.values()))
    user_bias, item_bias = naive.solve(cells, mean, l2_user, l2_item, data.n_users, data.n_items)
    np.testing.assert_allclose(model.user_bias_, user_bias, atol=1e-4)  # the fit stops at changes below 1e-6
    np.testing.assert_allclose(model.item_bias_, item_bias, atol=1e-4)
    for u, user in enumerate(data.users):
        for i, item in enumerate(data.items):
            expected = np.clip(mean + user_bias[u] + item_bias[i], min(ratings.values()), max(ratings.values()))
            assert model.predict([(user, item)])[0] == pytest.approx(expected, abs=2e-4)


def test_predictions_are_clipped_to_the_rating_range_and_explanations_say_so():
    pairs = [(user, item) for user in range(4) for item in range(4)]
    ratings = [1 + 2 * (user > 1) + 2 * (item > 1) for user, item in pairs]
    model = BiasBaseline(l2_user=0, l2_item=0).fit(pairs, ratings)
    assert model.predict(pairs).tolist() == pytest.approx(ratings, abs=1e-6)
    clipped = BiasBaseline(l2_user=0, l2_item=0).fit([*pairs, (4, 0), (4, 1)], [*ratings, 5, 5])
    assert clipped.predict([(4, 3)]).tolist() == [5.0]
    why = clipped.explain(4, 3)
    assert "the limits of the rating scale (-" in str(why)


def test_the_fit_stops_when_the_biases_converge():
    data = example_interactions("explicit")
    assert 1 < BiasBaseline().fit(data).n_iter_ < 50
    assert BiasBaseline(max_iter=1).fit(data).n_iter_ == 1


def test_fold_in_of_a_training_history_gives_the_list_of_its_user():
    data = example_interactions("explicit")
    model = BiasBaseline(max_iter=1000).fit(data)
    code = 3
    start, stop = data.indptr[code : code + 2]
    history = dict(zip(data.items.take(data.item_codes[start:stop]), data.values[start:stop].tolist(), strict=True))
    user = list(data.users)[code]
    folded, known = model.recommend_for({"twin": history})["twin"], model.recommend(user)[user]
    assert [item for item, _ in folded] == [item for item, _ in known]
    np.testing.assert_allclose(
        [score for _, score in folded], [score for _, score in known], rtol=1e-5
    )  # float32 scores


@pytest.mark.parametrize(("name", "value"), [("l2_user", -1), ("l2_item", np.inf), ("max_iter", 0), ("max_iter", 1.5)])
def test_errors_name_the_invalid_parameter(name, value):
    with pytest.raises(ValueError, match=name):
        BiasBaseline(**{name: value}).fit(example_interactions("explicit"))


def test_lists_are_ordered_by_unclipped_predictions():
    ratings = {("a", "p"): 5.0, ("b", "p"): 3.0, ("b", "q"): 4.0, ("b", "r"): 1.0, ("c", "r"): 1.0}
    model = BiasBaseline().fit(list(ratings), list(ratings.values()))
    model.user_bias_ += 10
    p, q = model.interactions_.items.codes(["p", "q"])
    model.item_bias_[q] = model.item_bias_[p] + 1
    assert model.predict([("a", "p"), ("a", "q")]).tolist() == [5.0, 5.0]
    assert model.recommend("a", n=2, exclude_seen=False)["a"] == [("q", 5.0), ("p", 5.0)]
