import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

import recokit
from recokit._runtime.threads import threads_at_any_cost
from recokit.content import Category, ContentRecommender, Embedding, Number, Text, TfidfRecommender, analyze
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.kernels.content import score_profiles
from recokit.model_selection import tune
from recokit.testing import check_recommender
from tests.naive import content as naive
from tests.naive import tfidf as naive_tfidf

# Most catalogues here lack some values on purpose; tests of the warnings use pytest.warns.
pytestmark = pytest.mark.filterwarnings("ignore:.*cannot be compared")

CATALOGUE = {
    "item_id": [1, 2, 3, 4, 5],
    "title": ["green tea", "green tea tin", "black tea", "phone case", None],
    "brand": ["Ming", "Ming", None, "Anko", "Ming"],
    "path": ["Tea > Green", "Tea > Green", "Tea > Black", "Phones > Cases", ""],
    "price": [8.0, 9.5, np.nan, 21.0, 0.5],
    "image": [[1.0, 0.0, 0.2], [0.9, 0.1, 0.0], None, [0.0, 1.0, 0.0], [0.3, 0.3, 0.3]],
}
LIKES = [("ann", 1), ("ann", 3), ("bob", 4), ("cy", 2), ("cy", 5)]


def all_blocks():
    return [
        Text("title", weight=2),
        Category("brand"),
        Category("path", sep=">"),
        Number("price"),
        Embedding("image", weight=1.5),
    ]


values = st.fixed_dictionaries(
    {
        "title": st.lists(st.sampled_from(["red", "tea", "cup"]), max_size=3).map(" ".join),
        "path": st.sampled_from([None, "", "a", "a > b", "a > c", "d > b > e"]),
        "price": st.sampled_from([None, -1.0, 0.0, 1.0, 1.2, 2.0, 50.0]),
        "image": st.sampled_from([None, [1.0, 0.0], [0.6, 0.8], [-1.0, 0.5]]),
    }
)


@st.composite
def problems(draw):
    rows = draw(st.lists(values, min_size=2, max_size=6).filter(lambda rows: any(row["title"] for row in rows)))
    rows[0]["image"], rows[0]["title"] = [1.0, 0.0], rows[0]["title"] or "tea"  # one vector in each space at least
    weights = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=4, max_size=4).filter(any))
    cells = st.tuples(st.sampled_from("abc"), st.integers(0, len(rows) - 1))
    ratings = draw(st.dictionaries(cells, st.integers(1, 5), min_size=1, max_size=10))
    return rows, weights, ratings


def columns(rows):
    table = {name: [row[name] for row in rows] for name in rows[0]}
    return {"item_id": np.arange(len(rows)), **table}


def fitted(problem, **parameters):
    rows, weights, ratings = problem
    blocks = [Text("title"), Category("path", sep=">"), Number("price", bandwidth=2.0), Embedding("image")]
    for block, weight in zip(blocks, weights, strict=True):
        block.weight = weight
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # for missing values
        model = ContentRecommender(blocks, **parameters)
        return model.fit(list(ratings), list(ratings.values()), catalogue=columns(rows))


def naive_vectors(rows):
    return [
        naive_tfidf.vectors([row["title"].split() for row in rows], sublinear_tf=True),
        [naive.category_vector(row["path"], ">") for row in rows],
        [naive.number_vector(row["price"], 2.0, "log") for row in rows],
        [naive.dense_vector(row["image"]) for row in rows],
    ]


def expected(problem, history, item):
    rows, weights, _ = problem
    used = [k for k, weight in enumerate(weights) if weight > 0]
    blocks = naive_vectors(rows)
    dense = [place for place, k in enumerate(used) if k == 3]
    return naive.joint_cosine([blocks[k] for k in used], [weights[k] for k in used], history, item, dense=dense)


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@given(problem=problems())
def test_scores_lists_and_explanations_equal_the_naive_reference(feedback, problem):
    rows, _, ratings = problem
    model = fitted(problem, feedback=feedback)
    scale, mean_rating = (min(ratings.values()), max(ratings.values())), np.mean(list(ratings.values()))
    for user in {user for user, _ in ratings}:
        own = {item: rating for (other, item), rating in ratings.items() if other == user}
        mean, weights = 0.0, list(own.values())
        if feedback == "explicit":
            mean, weights = naive_tfidf.rating_weights(weights, mean_rating, damping=5)
        listed = dict(model.recommend(user, n=10, exclude_seen=False)[user])
        for item in range(len(rows)):
            cosine = expected(problem, list(zip(own, weights, strict=True)), item)
            score = mean if cosine is None else cosine
            if cosine is not None and feedback == "explicit":
                score = naive_tfidf.rating(cosine, mean, *scale)
            assert (item in listed) == (cosine is not None)
            assert model.predict([(user, item)])[0] == pytest.approx(score, abs=2e-5)
            assert sum(term.contribution for term in model.explain(user, item).terms) == pytest.approx(score, abs=1e-4)


@given(problem=problems())
def test_similar_items_equal_the_naive_reference(problem):
    rows, _, _ = problem
    similar = fitted(problem).similar_items(list(range(len(rows))), n=10)
    for item in range(len(rows)):
        found = dict(similar[item])
        assert item not in found
        for other in range(len(rows)):
            cosine = None if item == other else expected(problem, [(item, 1.0)], other)
            assert (other in found) == (cosine is not None)
            if cosine is not None:
                assert found[other] == pytest.approx(cosine, abs=1e-5)


def test_the_bits_of_tfidf_are_those_of_scikit_learn_and_the_kernel():
    rng = np.random.default_rng(0)
    titles = [" ".join(rng.choice(["tea", "cup", "green", "pot", "tin", "绿茶"], 4)) for _ in range(40)]
    pairs = sorted({(int(u), int(i)) for u, i in rng.integers(0, 40, (150, 2))})
    model = TfidfRecommender().fit(pairs, catalogue=dict(enumerate(titles)))
    data = model.interactions_
    vectorizer = TfidfVectorizer(analyzer=analyze, sublinear_tf=True, dtype=np.float64)
    matrix = sparse.csr_array(vectorizer.fit_transform(titles), dtype=np.float32)
    matrix.sort_indices()
    arrays = [Rows.from_arrays(m.indptr, m.indices, m.data).arrays for m in (matrix, sparse.csr_array(matrix.T))]
    scores, ones = np.empty((data.n_users, 40), dtype=np.float32), np.ones(data.n_users)
    args = (*data.rows.arrays, *arrays[0], *arrays[1], np.zeros(data.n_users), ones, ones, scores)
    score_profiles(0, data.n_users, *args)
    lists = model.recommend(n=40, exclude_seen=False)
    for row, user in enumerate(data.users):
        assert dict(lists[user]) == {i: float(s) for i, s in enumerate(scores[row]) if np.isfinite(s)}
    one_block = ContentRecommender([Text("title")]).fit(pairs, catalogue=dict(enumerate(titles)))
    for user in data.users:
        assert one_block.recommend(user, n=40)[user] == model.recommend(user, n=40)[user]
    assert one_block.similar_items([3], n=40)[3] == model.similar_items([3], n=40)[3]


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_and_mappings_give_the_same_model(make):
    reference = ContentRecommender(all_blocks()).fit(LIKES, catalogue=CATALOGUE)
    table = dict(CATALOGUE)
    if make in (pl.DataFrame, pa.table):
        table["price"] = [8.0, 9.5, None, 21.0, 0.5]
    model = ContentRecommender(all_blocks()).fit(LIKES, catalogue=make(table))
    for user in ("ann", "bob", "cy"):
        assert model.recommend(user)[user] == reference.recommend(user)[user]


def test_a_column_may_be_an_array_of_vectors_and_vectors_may_come_from_a_mapping_or_with_ids():
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0]])
    by_column = ContentRecommender([Embedding("v")]).fit([("ann", 1)], catalogue={"item_id": [1, 2, 3], "v": vectors})
    by_ids = ContentRecommender([Embedding(vectors[::-1], ids=[3, 2, 1])]).fit([("ann", 1)])
    by_mapping = ContentRecommender([Embedding({1: [1.0, 0.0], 2: [0.6, 0.8], 3: [0.0, 2.0]})]).fit([("ann", 1)])
    expected_list = [(2, pytest.approx(0.6)), (3, 0.0)]
    for model in (by_column, by_ids, by_mapping):
        assert model.recommend("ann")["ann"] == expected_list


def test_results_do_not_depend_on_the_number_of_threads_or_on_other_requests():
    rng = np.random.default_rng(1)
    n = 400
    catalogue = {
        "item_id": np.arange(n),
        "title": [" ".join(rng.choice(["tea", "cup", "pot", "tin", "jar"], 3)) for _ in range(n)],
        "image": rng.normal(size=(n, 40)),
    }
    pairs = sorted({(int(u), int(i)) for u, i in rng.integers(0, n, (900, 2))})
    models = []
    with threads_at_any_cost():
        for n_threads in (1, 2, 3):
            model = ContentRecommender([Text("title"), Embedding("image")], n_threads=n_threads)
            models.append(model.fit(pairs, catalogue=catalogue))
        lists = [model.recommend(n=20) for model in models]
        similar = [model.similar_items(list(range(n)), n=20) for model in models]
    for user in list(lists[0].users)[:50]:
        assert lists[0][user] == lists[1][user] == lists[2][user] == models[0].recommend(user, n=20)[user]
    for item in range(0, n, 13):
        assert similar[0][item] == similar[2][item] == models[1].similar_items([item], n=20)[item]


def test_an_update_with_interactions_and_a_catalogue_equals_a_fit_on_all_data():
    older = {name: values[:3] for name, values in CATALOGUE.items()}
    newer = {name: values[2:] for name, values in CATALOGUE.items()}
    newer = newer | {"brand": ["Ming", "Anko", "Ming"], "title": [None, "phone case", None]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        updated = ContentRecommender(all_blocks()).fit(LIKES[:2], catalogue=older)
        updated.partial_fit(LIKES[2:], catalogue=newer)
        everything = CATALOGUE | {"brand": ["Ming", "Ming", "Ming", "Anko", "Ming"]}
        fitted_at_once = ContentRecommender(all_blocks()).fit(LIKES, catalogue=everything)
    for user in ("ann", "bob", "cy"):
        assert updated.recommend(user)[user] == fitted_at_once.recommend(user)[user]
    assert updated.similar_items([3])[3] == fitted_at_once.similar_items([3])[3]


def test_an_update_of_the_catalogue_alone_adds_items():
    model = ContentRecommender([Text("title"), Number("price")]).fit(LIKES, catalogue=CATALOGUE)
    model.partial_fit(catalogue={"item_id": [9], "title": ["green tea"], "price": [8.0]})
    assert model.similar_items([1], n=1)[1] == [(9, pytest.approx(1.0))]


def test_an_item_without_a_price_is_compared_as_if_there_were_no_prices():
    catalogue = {"item_id": [1, 2, 3], "title": ["tea", "tea", "tea"], "price": [5.0, None, 5.0]}
    model = ContentRecommender([Text("title"), Number("price")]).fit([("ann", 1)], catalogue=catalogue)
    assert dict(model.similar_items([1])[1]) == {3: 1.0, 2: pytest.approx(np.sqrt(0.5))}
    titles_only = ContentRecommender([Text("title"), Number("price")])
    titles_only.fit([("ann", 1)], catalogue=catalogue | {"price": [None, None, None]})
    assert dict(titles_only.similar_items([1])[1]) == {2: 1.0, 3: 1.0}


def test_explanations_name_the_brand_the_path_the_price_the_word_and_the_image():
    model = ContentRecommender(all_blocks()).fit(LIKES, catalogue=CATALOGUE)
    found = {term.label() for term in model.explain("ann", 2).terms}
    names = {"its title “tea”", "its brand “Ming”", "its path “Tea > Green”", "its price ≈ 9.5", "its image"}
    assert names <= found
    assert "其 brand “Ming”" in str(model.explain("ann", 2, language="zh"))
    assert "the word “tea”" in str(
        TfidfRecommender().fit(LIKES[:3], catalogue={1: "tea", 2: "tea", 3: "cup"}).explain("ann", 2)
    )


def test_items_that_a_user_disliked_lower_the_scores_of_similar_items():
    ratings = [5, 1]
    catalogue = {"item_id": [1, 2, 3, 4], "brand": ["A", "B", "A", "B"]}
    model = ContentRecommender([Category("brand")]).fit([("ann", 1), ("ann", 2)], ratings, catalogue=catalogue)
    liked, disliked = model.predict([("ann", 3), ("ann", 4)])
    assert liked > 3 > disliked


def test_old_interactions_count_less_with_a_half_life():
    data = Interactions.from_arrays(["ann", "ann"], [1, 2], timestamps=[0, 100])
    catalogue = {"item_id": [1, 2, 3, 4], "brand": ["A", "B", "A", "B"]}
    flat = ContentRecommender([Category("brand")]).fit(data, catalogue=catalogue)
    decayed = ContentRecommender([Category("brand")], half_life=100).fit(data, catalogue=catalogue)
    assert flat.predict([("ann", 3), ("ann", 4)]).tolist() == pytest.approx([np.sqrt(0.5)] * 2)
    assert decayed.predict([("ann", 3), ("ann", 4)]).tolist() == pytest.approx([0.5 / np.sqrt(1.25), 1 / np.sqrt(1.25)])


def test_dislikes_lower_the_scores_of_similar_items_of_implicit_feedback(tmp_path):
    catalogue = {"item_id": [1, 2, 3, 4], "brand": ["A", "B", "A", "B"]}
    blocks = [Category("brand")]
    model = ContentRecommender(blocks, dislike_weight=0.5)
    model.fit([("ann", 1), ("bob", 1)], catalogue=catalogue, dislikes=[("ann", 2)])
    norm = np.sqrt(1.25)
    assert model.predict([("ann", 3), ("ann", 4), ("bob", 3)]).tolist() == pytest.approx([1 / norm, -0.5 / norm, 1])
    assert [item for item, _ in model.recommend("ann")["ann"]] == [3, 2, 4]
    assert sum(term.contribution for term in model.explain("ann", 4).terms) == pytest.approx(-0.5 / norm)
    model.save(tmp_path / "model")
    assert recokit.load(tmp_path / "model").recommend("ann")["ann"] == model.recommend("ann")["ann"]
    updated = ContentRecommender(blocks).fit([("bob", 1)], catalogue=catalogue)
    updated.partial_fit([("ann", 1)], dislikes=[("ann", 2)])
    assert updated.recommend("ann")["ann"] == model.recommend("ann")["ann"]


def test_dislikes_of_unknown_users_and_items_are_reported_and_ignored():
    catalogue = {"item_id": [1, 3, 4], "brand": ["A", "B", "A"]}
    with (
        pytest.warns(UserWarning, match="dislikes: 1 users are not in the data and are ignored: 'zoe'"),
        pytest.warns(UserWarning, match="dislikes: 1 items are not in the data and are ignored: 99"),
    ):
        model = ContentRecommender([Category("brand")]).fit(
            LIKES[:3], catalogue=catalogue, dislikes=[("zoe", 1), ("ann", 99)]
        )
    assert model.dislikes_.n_interactions == 0


def test_dislikes_beside_ratings_are_an_error():
    with pytest.raises(DataError, match="give low ratings instead"):
        ContentRecommender([Category("brand")]).fit(LIKES, [5, 4, 3, 2, 1], catalogue=CATALOGUE, dislikes=[("ann", 2)])


# ---------------------------------------------------------------------- parameters


def test_parameters_of_blocks_are_parameters_of_the_model():
    model = ContentRecommender(all_blocks())
    assert model.get_params()["title__weight"] == 2
    copy = clone(model).set_params(price__weight=0.25, brand=Category("brand", weight=7))
    assert copy.get_params()["price__weight"] == 0.25
    assert copy.get_params()["brand__weight"] == 7
    assert model.get_params()["price__weight"] == 1
    with pytest.raises(ValueError, match="wide"):
        copy.set_params(price__wide=1)


def test_clone_shares_functions_and_arrays():
    vectors, encoder = np.eye(3), lambda texts: np.ones((len(texts), 2))
    model = clone(ContentRecommender([Embedding(vectors, ids=[1, 2, 3]), Text("title", encoder=encoder)]))
    assert model.blocks[0].column is vectors
    assert model.blocks[1].encoder is encoder


def test_tune_searches_parameters_of_blocks():
    rng = np.random.default_rng(0)
    catalogue = {"item_id": np.arange(30), "brand": [f"b{i % 3}" for i in range(30)], "title": ["tea cup"] * 30}
    pairs = sorted({(int(u), int(3 * i + u % 3)) for u, i in rng.integers(0, 10, (120, 2))})
    model = ContentRecommender([Text("title"), Category("brand")])
    space = {"brand__weight": [0.5, 2.0], "weights": ["given", "learn"]}
    found = tune(
        model,
        Interactions.from_arrays(*zip(*pairs, strict=True)),
        space,
        budget_seconds=2,
        fit_params={"catalogue": catalogue},
    )
    assert set(found.best_params) == set(space)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "blocks is empty"),
        (["title"], "got 'title'.*Text"),
        ([Text("title"), Text("title")], "two blocks have the name 'title'"),
        ([Text("title", weight=0), Number("price", weight=0)], "weights of all blocks are zero: title, price"),
        ([Text("title", weight=-1)], "'weight' parameter"),
        ([Category("weights")], "name 'weights' is a parameter"),
        ([Text("title", weighting="tf")], "'weighting' parameter"),
        ([Number("price", scale="cubic")], "'scale' parameter"),
        ([Number("price", bandwidth=0.9)], "ratio above 1"),
        ([Embedding(np.eye(5))], "needs ids"),
    ],
)
def test_errors_name_the_invalid_block(blocks, message):
    with pytest.raises(ValueError, match=message):
        ContentRecommender(blocks).fit(LIKES, catalogue=CATALOGUE)


def test_the_model_fulfils_the_contract_with_all_blocks():
    def side(data):
        items = list(data.items)
        numbers = np.array([sum(str(item).encode()) for item in items])
        return {
            "catalogue": {
                "item_id": items,
                "title": [f"tea{number % 4}" for number in numbers],
                "brand": [f"b{number % 3}" for number in numbers],
                "price": 1.0 + numbers % 7,
                "image": np.stack([np.cos(numbers), np.sin(numbers), numbers % 2], axis=1),
            }
        }

    blocks = [Text("title"), Category("brand"), Number("price"), Embedding("image")]
    check_recommender(ContentRecommender(blocks), side=side)


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ["a", "b", 3, "d", "e"]}, "title: 1 value.* not text: 3"),
        ({"price": ["8 €", 9.5, 1, 2, 3]}, "price: 1 value.* not numbers: '8 €'"),
        ({"price": [8.0, np.inf, 1, 2, 3]}, "price: 1 value.* infinite"),
        ({"item_id": [1, 2, 3, 4, 4]}, "1 item.* more than one row: 4"),
        ({"image": [[1.0, np.nan, 0.0], [1, 1, 1], None, [1, 1, 1], [1, 1, 1]]}, "1 vector.* NaN.* rows 0"),
        ({"image": [[1.0, 2.0], [1.0], None, [1, 1], [1, 1]]}, "one length, got the shapes"),
        ({"image": [None] * 5}, "all 5 vectors are missing"),
        ({"image": [["red"], ["blue"], None, ["a"], ["b"]]}, "does not hold numbers"),
        ({"brand": [{"name": "Ming"}, "b", "c", "d", "e"]}, "brand: expected labels"),
        ({"brand": ["a"]}, "differ in length"),
    ],
)
def test_errors_say_why_a_catalogue_cannot_be_used(change, message):
    with pytest.raises(DataError, match=message):
        ContentRecommender(all_blocks()).fit(LIKES, catalogue=CATALOGUE | change)


def test_an_unknown_column_is_an_error_that_lists_the_columns():
    with pytest.raises(DataError, match="no column 'colour'; the columns are 'item_id', 'title'"):
        ContentRecommender([Category("colour")]).fit(LIKES, catalogue=CATALOGUE)


def test_items_outside_the_catalogue_are_reported_and_stay_in_the_model():
    with pytest.warns(UserWarning, match="1 of 6 items are not in the catalogue or have no 'brand' or 'price'"):
        model = ContentRecommender([Category("brand"), Number("price")]).fit(
            [*LIKES, ("ann", 99)], catalogue=CATALOGUE | {"price": [1.0, 2.0, 3.0, 4.0, 5.0]}
        )
    assert model.predict([("ann", 99)]).tolist() == [0.0]
    assert model.similar_items([99])[99] == []


def test_a_catalogue_of_other_items_is_an_error():
    with pytest.raises(DataError, match="contains none of the items"):
        ContentRecommender([Category("brand")]).fit([("ann", "x")], catalogue=CATALOGUE)


def test_one_product_and_identical_titles_give_lists_in_order_of_code():
    one = ContentRecommender([Text("title"), Number("price")]).fit(
        [("ann", 1)], catalogue={"item_id": [1], "title": ["tea"], "price": [3.0]}
    )
    assert one.recommend("ann")["ann"] == []
    same = {"item_id": [1, 2, 3, 4], "title": ["tea"] * 4, "price": [3.0] * 4}
    model = ContentRecommender([Text("title"), Number("price")]).fit([("ann", 1)], catalogue=same)
    assert [item for item, _ in model.similar_items([3])[3]] == [1, 2, 4]
    assert [score for _, score in model.recommend("ann")["ann"]] == [1.0, 1.0, 1.0]


def test_prices_that_are_zero_or_negative_match_nothing_on_a_log_scale_with_a_warning():
    catalogue = {"item_id": [1, 2, 3, 4], "price": [0.0, 0.0, -5.0, 9.0]}
    with pytest.warns(UserWarning, match=r"price: 3 of 4 numbers are zero or negative, such as 0.0, 0.0, -5.0"):
        model = ContentRecommender([Number("price")]).fit([("ann", 1)], catalogue=catalogue)
    assert model.similar_items([1, 4])[1] == []
    linear = ContentRecommender([Number("price", scale="linear")]).fit([("ann", 1)], catalogue=catalogue)
    assert linear.similar_items([1])[1] == [(2, 1.0)]


def test_a_model_with_all_kinds_of_blocks_is_saved_and_loaded(tmp_path):
    model = ContentRecommender(all_blocks(), half_life=None).fit(LIKES, catalogue=CATALOGUE)
    model.save(tmp_path / "model")
    again = recokit.load(tmp_path / "model")
    assert repr(again) == repr(model)
    for user in ("ann", "bob", "cy"):
        assert again.recommend(user)[user] == model.recommend(user)[user]
    assert again.partial_fit(LIKES[:1]).similar_items([1])[1] == model.similar_items([1])[1]


def test_different_blocks_in_an_update_are_an_error():
    model = ContentRecommender([Category("brand")]).fit(LIKES, catalogue=CATALOGUE)
    model.set_params(blocks=[Category("path")])
    with pytest.raises(DataError, match=r"the blocks are \['path'\], but the model is fitted to \['brand'\]"):
        model.partial_fit(LIKES)


def test_learned_weights_prefer_the_block_that_users_follow_and_are_repeatable():
    rng = np.random.default_rng(0)
    n = 200
    catalogue = {
        "item_id": np.arange(n),
        "brand": [f"b{i % 10}" for i in range(n)],
        "noise": [f"n{i}" for i in rng.integers(0, 10, n)],
    }
    cells = np.column_stack([rng.integers(0, 200, 1500), rng.integers(0, 20, 1500)])
    pairs = sorted({(int(u), int(10 * i + u % 10)) for u, i in cells})
    model = ContentRecommender([Category("brand"), Category("noise")], weights="learn")
    model.fit(pairs, catalogue=catalogue)
    assert model.block_weights_["brand"] > 0.9
    assert sum(model.block_weights_.values()) == pytest.approx(1.0)
    again = ContentRecommender([Category("brand"), Category("noise")], weights="learn").fit(pairs, catalogue=catalogue)
    assert again.block_weights_ == model.block_weights_


def test_weights_cannot_be_learned_from_users_with_one_item():
    with pytest.raises(DataError, match="at least two items"):
        ContentRecommender(all_blocks(), weights="learn").fit([("ann", 1), ("bob", 2)], catalogue=CATALOGUE)


def test_the_approximate_index_finds_most_of_the_exact_neighbours_with_exact_cosines():
    pytest.importorskip("usearch")
    rng = np.random.default_rng(0)
    n = 600
    catalogue = {
        "item_id": np.arange(n),
        "image": rng.normal(size=(n, 24)),
        "title": [f"w{i} tea" for i in rng.integers(0, 60, n)],
    }
    blocks = [Text("title"), Embedding("image")]
    exact = ContentRecommender(blocks).fit([(0, 1)], catalogue=catalogue).similar_items(list(range(50)), n=10)
    model = ContentRecommender(blocks, index="approximate").fit([(0, 1)], catalogue=catalogue)
    found = model.similar_items(list(range(50)), n=10)
    shared = [len(dict(exact[item]).keys() & dict(found[item]).keys()) / 10 for item in range(50)]
    assert np.mean(shared) > 0.9
    for item in range(50):
        assert item not in dict(found[item])
        true = dict(exact[item])
        for other, score in found[item]:
            assert other not in true or score == pytest.approx(true[other], abs=1e-5)
    assert_array_equal(model.similar_items([3], n=10).scores, found.scores[3:4])


def test_without_usearch_the_error_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(ImportError, match=r"recokit\[ann\]"):
        ContentRecommender([Embedding("image")], index="approximate").fit(LIKES, catalogue=CATALOGUE)
