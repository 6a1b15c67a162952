import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import recokit
from recokit.content import TfidfRecommender
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.testing import check_recommender
from tests.naive import tfidf as naive

TITLES = {1: "龙井绿茶 green tea", 2: "碧螺春绿茶", 3: "black tea", 4: "手机壳 phone case", 5: "红色手机", 6: "spoon"}
LIKES = [("ann", 1), ("ann", 3), ("bob", 4), ("cy", 2), ("cy", 5)]
RATINGS = [5, 2, 4, 1, 5]

words = st.lists(st.sampled_from(["red", "tea", "绿茶", "cup"]), max_size=3).map(" ".join)
catalogues = st.lists(words, min_size=2, max_size=6).map(lambda texts: dict(enumerate(texts)))


@st.composite
def problems(draw):
    catalogue = draw(catalogues.filter(lambda texts: any(texts.values())))
    cells = st.tuples(st.sampled_from("abc"), st.integers(0, len(catalogue) - 1))
    ratings = draw(st.dictionaries(cells, st.integers(1, 5), min_size=1, max_size=10))
    return catalogue, ratings


def fitted(ratings, catalogue, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # for items without text
        return TfidfRecommender(**parameters).fit(list(ratings), list(ratings.values()), catalogue=catalogue)


def naive_scores(ratings, catalogue, *, explicit):
    """Return {(user, item): (score, whether there is evidence)}."""
    vectors = naive.vectors([naive.terms(catalogue[item]) for item in catalogue], sublinear_tf=True)
    scale = min(ratings.values()), max(ratings.values())
    scores = {}
    for user in {user for user, _ in ratings}:
        own = {item: rating for (other, item), rating in ratings.items() if other == user}
        mean, weights = 0.0, list(own.values())
        if explicit:
            mean, weights = naive.rating_weights(weights, np.mean(list(ratings.values())), damping=5)
        for item in catalogue:
            cosine = naive.cosine(list(zip(own, weights, strict=True)), vectors, item)
            if cosine is None:
                scores[user, item] = mean, False
            else:
                scores[user, item] = naive.rating(cosine, mean, *scale) if explicit else cosine, True
    return scores


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@given(problem=problems())
def test_predictions_and_lists_equal_the_naive_reference(feedback, problem):
    catalogue, ratings = problem
    model = fitted(ratings, catalogue, feedback=feedback)
    expected = naive_scores(ratings, catalogue, explicit=feedback == "explicit")
    predicted = dict(zip(expected, model.predict(list(expected)), strict=True))
    for pair, (score, _) in expected.items():
        assert predicted[pair] == pytest.approx(score, abs=1e-4)
    for user, items in model.recommend(n=10, exclude_seen=False):
        assert {item for item, _ in items} == {item for item in catalogue if expected[user, item][1]}
        assert all(score == predicted[user, item] for item, score in items)


@given(problem=problems())
def test_predicted_ratings_stay_within_the_scale(problem):
    catalogue, ratings = problem
    model = fitted(ratings, catalogue)
    everything = [(user, item) for user in "abcz" for item in [*catalogue, "new"]]
    predicted = model.predict(everything)
    assert np.all((predicted >= min(ratings.values())) & (predicted <= max(ratings.values())))


@given(problem=problems(), further=problems())
def test_partial_fit_equals_a_fit_on_all_data(problem, further):
    catalogue, ratings = problem
    new_catalogue, new_ratings = further
    new_catalogue = {item + 3: text for item, text in new_catalogue.items()}  # some of them replace texts
    new_ratings = {(user, item + 3): rating for (user, item), rating in new_ratings.items()}
    everything = catalogue | {item: text for item, text in new_catalogue.items() if text or item not in catalogue}
    refitted = fitted(ratings | new_ratings, everything)
    model = fitted(ratings, catalogue)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.partial_fit(list(new_ratings), list(new_ratings.values()), catalogue=new_catalogue)
    pairs = [(user, item) for user in "abc" for item in everything]
    np.testing.assert_allclose(model.predict(pairs), refitted.predict(pairs), atol=1e-6)
    assert list(model.interactions_.items) == list(refitted.interactions_.items)


@given(problem=problems())
def test_explanations_add_up_to_the_prediction(problem):
    catalogue, ratings = problem
    for feedback in ("explicit", "implicit"):
        model = fitted(ratings, catalogue, feedback=feedback)
        for user in {user for user, _ in ratings}:
            for item in catalogue:
                why = model.explain(user, item)
                assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-5)
                shared = {term.subject for term in why.terms if term.kind == "word"}
                assert shared <= set(naive.terms(catalogue[item]))


@given(catalogue=catalogues.filter(lambda texts: any(texts.values())))
def test_similar_items_equal_the_naive_reference(catalogue):
    model = fitted({("a", 0): 1}, catalogue)
    vectors = naive.vectors([naive.terms(text) for text in catalogue.values()], sublinear_tf=True)
    similar = model.similar_items(list(catalogue), n=3)
    for item in catalogue:
        cosines = {other: naive.cosine([(item, 1.0)], vectors, other) for other in catalogue if other != item}
        best = sorted((cosine for cosine in cosines.values() if cosine is not None), reverse=True)[:3]
        found = similar[item]
        assert [score for _, score in found] == pytest.approx(best, abs=1e-6)
        assert all(score == pytest.approx(cosines[other], abs=1e-6) for other, score in found)


def test_items_without_interactions_are_recommended():
    model = TfidfRecommender().fit([("ann", 1)], catalogue=TITLES)
    assert [item for item, _ in model.recommend("ann")["ann"]] == [3, 2]


def test_items_without_a_shared_term_are_not_recommended_and_get_a_neutral_prediction():
    implicit = TfidfRecommender().fit(LIKES, catalogue=TITLES)
    assert implicit.predict([("ann", 6)]).tolist() == [0.0]
    explicit = TfidfRecommender().fit(LIKES, RATINGS, catalogue=TITLES)
    assert explicit.predict([("ann", 6)])[0] == pytest.approx((5 + 2 + 5 * np.mean(RATINGS)) / 7)
    assert 6 not in dict(explicit.recommend("ann", n=10)["ann"])


def test_a_single_rating_raises_or_lowers_the_predictions_of_similar_items():
    pairs, ratings = [("fan", 1), ("foe", 1), ("other", 4)], [5, 1, 3]
    model = TfidfRecommender().fit(pairs, ratings, catalogue=TITLES)
    fan, foe = model.predict([("fan", 2), ("foe", 2)]) - model.predict([("fan", 6), ("foe", 6)])
    assert fan > 0 > foe


def test_if_all_ratings_are_equal_every_prediction_is_that_rating():
    model = TfidfRecommender().fit(LIKES, [3] * 5, catalogue=TITLES)
    assert set(model.predict([("ann", 2), ("ann", 6), ("bob", 5)])) == {3.0}
    assert set(dict(model.recommend("ann")["ann"])) == {2}


def test_fold_in_of_a_training_history_gives_the_list_of_its_user():
    model = TfidfRecommender().fit(LIKES, RATINGS, catalogue=TITLES)
    assert model.recommend_for({"new": {1: 5, 3: 2}})["new"] == model.recommend("ann")["ann"]
    assert model.recommend_for({"new": {}})["new"] == []


def test_the_number_of_threads_does_not_change_results():
    rng = np.random.default_rng(0)
    titles = {item: " ".join(rng.choice(list("abcdefghij"), 4)) for item in range(300)}
    pairs = np.unique(rng.integers(0, 300, (4000, 2)), axis=0)
    one, three = (TfidfRecommender(n_threads=n).fit(pairs, catalogue=titles).recommend(n=20) for n in (1, 3))
    np.testing.assert_array_equal(one.items, three.items)
    np.testing.assert_array_equal(one.scores, three.scores)


def test_the_contract_of_recommenders_holds():
    def title(item):
        number = sum(map(ord, str(item)))
        return f"{('tea 茶', 'cup 杯子', 'pot 茶壶')[number % 3]} no{number} 商品"

    def side(data):
        return {"catalogue": {item: title(item) for item in data.items}}

    check_recommender(TfidfRecommender(), side=side)


def test_a_loaded_model_predicts_and_updates_like_the_saved_one(tmp_path):
    model = TfidfRecommender().fit(LIKES, RATINGS, catalogue=TITLES)
    model.save(tmp_path / "model")
    loaded = recokit.load(tmp_path / "model")
    everything = [(user, item) for user in ("ann", "bob", "cy") for item in TITLES]
    np.testing.assert_array_equal(loaded.predict(everything), model.predict(everything))
    assert str(loaded.explain("ann", 2, language="zh")) == str(model.explain("ann", 2, language="zh"))
    further = {"X": [("dan", 7)], "y": [4], "catalogue": {7: "绿茶 cup"}}
    np.testing.assert_array_equal(
        loaded.partial_fit(**further).predict(everything), model.partial_fit(**further).predict(everything)
    )


def test_partial_fit_without_a_catalogue_keeps_the_texts():
    model = TfidfRecommender().partial_fit(LIKES, catalogue=TITLES)
    model.partial_fit([("dan", 2)])
    assert [item for item, _ in model.recommend("dan")["dan"]] == [1]
    with pytest.raises(DataError, match="expected a frame or a mapping"):
        TfidfRecommender().partial_fit(LIKES)


def test_a_refit_discards_the_previous_texts():
    model = TfidfRecommender().fit(LIKES, catalogue=TITLES).fit([(1, 10), (2, 11)], catalogue={10: "tea", 11: "cup"})
    assert model.feature_names_.tolist() == ["cup", "tea"]


def test_items_without_text_are_kept_with_a_warning_that_names_them():
    catalogue = pd.DataFrame({"sku": [1, 3], "name": ["绿茶 tea", None]})
    with pytest.warns(UserWarning, match=r"2 of 3 items .*'name'.*: 2, 3") as caught:
        model = TfidfRecommender(text="name").fit([("ann", 1), ("ann", 2)], catalogue=catalogue, item="sku")
    assert caught[0].filename == __file__
    assert list(model.interactions_.items) == [1, 2, 3]
    assert model.similar_items([2])[2] == []


def test_a_complete_catalogue_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TfidfRecommender().fit(LIKES, catalogue=TITLES)


def test_interaction_ids_that_differ_in_type_from_the_catalogue_raise():
    with pytest.raises(DataError, match=r"none of the items.*like 1, 2, 3, 4, 5.*'item_id'.*like '1', '2'"):
        TfidfRecommender().fit(LIKES, catalogue={str(item): text for item, text in TITLES.items()})


def test_a_catalogue_without_words_raises():
    with (
        pytest.warns(UserWarning, match="1 of 2 items"),
        pytest.raises(DataError, match="no term is left of 2 texts with min_df=1"),
    ):
        TfidfRecommender().fit([(1, 1)], catalogue={1: "!!", 2: None})


def test_the_tokenizer_defines_the_shared_terms():
    pytest.importorskip("rjieba")
    catalogue = {1: "中文手机", 2: "文手", 3: "手机"}
    bigrams = TfidfRecommender().fit([("ann", 1)], catalogue=catalogue)
    segmented = TfidfRecommender(tokenizer="jieba").fit([("ann", 1)], catalogue=catalogue)
    assert {item for item, _ in bigrams.recommend("ann")["ann"]} == {2, 3}
    assert {item for item, _ in segmented.recommend("ann")["ann"]} == {3}


def test_a_model_with_a_tokenizer_function_cannot_be_saved(tmp_path):
    model = TfidfRecommender(tokenizer=lambda text: text.split()).fit(LIKES, catalogue=TITLES)
    assert "龙井绿茶" in model.feature_names_.tolist()
    with pytest.raises(TypeError, match="tokenizer"):
        model.save(tmp_path / "model")


@pytest.mark.parametrize(
    ("parameters", "terms"),
    [
        ({}, ["cup", "pot", "tea"]),
        ({"min_df": 2}, ["cup", "tea"]),
        ({"max_features": 1}, ["tea"]),
        ({"min_df": 0.9}, ["tea"]),
    ],
)
def test_min_df_and_max_features_remove_rare_terms(parameters, terms):
    catalogue = {1: "tea cup", 2: "tea tea cup", 3: "tea pot"}
    model = TfidfRecommender(**parameters).fit([("ann", 1)], catalogue=catalogue)
    assert model.feature_names_.tolist() == terms


def test_repeated_terms_count_less_with_sublinear_tf():
    catalogue = {1: "tea", 2: "tea tea tea tea cup"}
    similar = [
        TfidfRecommender(sublinear_tf=sublinear_tf).fit([("ann", 1)], catalogue=catalogue).similar_items([1])[1][0][1]
        for sublinear_tf in (True, False)
    ]
    assert similar[0] < similar[1]


@pytest.mark.parametrize(
    "parameters", [{"tokenizer": "thulac"}, {"min_df": 0}, {"min_df": 1.5}, {"max_features": 0}, {"text": 1}]
)
def test_errors_name_the_invalid_parameter(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        TfidfRecommender(**parameters).fit(LIKES, catalogue=TITLES)


def test_grid_search_passes_the_catalogue_to_fit():
    pairs, ratings = Interactions.from_dense(np.arange(1, 25).reshape(4, 6) % 5 + 1).to_pairs()
    titles = {item: "茶 " * item + f"tea{item % 2}" for item in range(6)}
    grid = GridSearchCV(TfidfRecommender(), {"sublinear_tf": [True, False], "min_df": [1, 2]}, cv=2)
    grid.fit(pairs, ratings, catalogue=titles)
    assert np.all(np.isfinite(grid.cv_results_["mean_test_score"]))
    assert clone(grid.best_estimator_).get_params() == grid.best_estimator_.get_params()


def test_lists_of_all_users_equal_the_lists_of_single_requests():
    rng = np.random.default_rng(1)
    titles = {item: f"w{item % 97} w{item % 89}" for item in range(500)}
    pairs = np.unique(rng.integers(0, 500, (3000, 2)), axis=0)
    model = TfidfRecommender().fit(pairs, catalogue=titles)
    together = model.recommend(n=5)
    for user in model.interactions_.users.ids[:20].tolist():
        assert model.recommend(user, n=5)[user] == together[user]


@pytest.mark.data
def test_genres_and_titles_predict_movielens_better_than_user_means(data_dir):
    folder = data_dir / "ml-100k"
    names = ["user", "item_id", "rating", "time"]
    train, test = (pd.read_csv(folder / f"u1.{part}", sep="\t", names=names) for part in ("base", "test"))
    movies = pd.read_csv(folder / "u.item", sep="|", header=None, encoding="latin-1")
    genres = movies.loc[:, 6:].apply(lambda row: " ".join(f"genre{k}" for k in row.index[row == 1]), axis=1)
    catalogue = pd.DataFrame({"item_id": movies[0], "title": movies[1] + " " + genres})
    model = TfidfRecommender().fit(train[["user", "item_id"]], train["rating"], catalogue=catalogue)
    means = test["user"].map(train.groupby("user")["rating"].mean()).fillna(train["rating"].mean())
    errors = [np.sqrt(np.mean((p - test["rating"]) ** 2)) for p in (model.predict(test[["user", "item_id"]]), means)]
    assert errors[0] < errors[1] - 0.01
