"""EASE with similarities of items: its formula, cold items, input forms and errors."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recokit import EASE, DataError, Interactions, TfidfRecommender, load
from recokit._runtime.threads import threads_at_any_cost
from recokit.datasets import example_interactions
from recokit.testing import CHECKS, Subject
from tests.naive.linear import ease_weights_around

BOUGHT = [("ann", "red tea"), ("ann", "red cup"), ("bob", "red tea"), ("bob", "blue pot"), ("cy", "blue pot")]
TITLES = {item: item for _, item in BOUGHT} | {"red pot": "red pot", "blue can": "blue can"}


def titles_model():
    return TfidfRecommender().fit(BOUGHT, catalogue=TITLES)


@given(
    st.integers(0, 2**31),
    st.floats(0.5, 50),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.booleans(),
)
def test_weights_equal_the_regressions_around_the_similarities(
    seed, l2, user_exponent, dropout, item_exponent, similarity_weight, fit_intercept
):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 2, (8, 6)) * 1.0
    dense[0, 0], dense[:, rng.integers(1, 6)] = 1.0, 0.0  # one item is cold
    similar = rng.random((6, 6)) * (rng.random((6, 6)) < 0.5)
    np.fill_diagonal(similar, 0)
    model = EASE(
        l2,
        user_exponent=user_exponent,
        dropout=dropout,
        item_exponent=item_exponent,
        similarity_weight=similarity_weight,
        fit_intercept=fit_intercept,
    ).fit(Interactions.from_matrix(sparse.csr_array(dense)), item_similarity=(range(6), similar))
    totals = similar.sum(axis=1)
    prior = similarity_weight / (totals[totals > 0].mean() if np.any(totals) else 1.0) * similar.T
    expected = ease_weights_around(dense, prior, l2, user_exponent, dropout, item_exponent, fit_intercept)
    np.testing.assert_allclose(model.item_weights_, expected[:6], rtol=1e-3, atol=1e-4)
    if fit_intercept:
        np.testing.assert_allclose(model.intercept_, expected[6], rtol=1e-3, atol=1e-4)


def test_a_weight_of_0_gives_the_bits_of_the_model_without_similarities():
    data = example_interactions("implicit")
    similar = np.random.default_rng(0).random((data.n_items, data.n_items))
    model = EASE(similarity_weight=0).fit(data, item_similarity=(list(data.items), similar))
    np.testing.assert_array_equal(model.item_weights_, EASE().fit(data).item_weights_)


def test_cold_items_are_recommended_to_the_users_of_similar_items():
    model = EASE(l2=1.0).fit(BOUGHT, item_similarity=titles_model())
    cold = ["red pot", "blue can"]
    assert [item for item, _ in model.recommend("ann", candidates=cold)["ann"]] == ["red pot", "blue can"]
    assert {item for item, _ in model.recommend("cy", candidates=cold)["cy"]} == set(
        cold
    )  # both are similar to the pot
    assert [item for item, _ in model.recommend_for([["blue can"]], n=1)[0]] == ["blue pot"]  # a cold item as history


def test_every_form_of_similarities_gives_the_same_model():
    titles = titles_model()
    items = list(titles.interactions_.items)
    lists = titles.similar_items(items, n=50)
    cells = {"item_id": [], "similar_item_id": [], "score": []}
    matrix = np.eye(len(items))
    for item, entries in lists:
        for other, score in entries:
            for name, value in zip(cells, (item, other, score), strict=True):
                cells[name].append(value)
            matrix[items.index(item), items.index(other)] = score
    expected = EASE().fit(BOUGHT, item_similarity=titles).item_weights_
    forms = [
        lists,
        cells,
        pl.DataFrame(cells),
        lists.to_frame("pandas"),
        (items, matrix),
        (items, sparse.coo_array(matrix)),
    ]
    for form in forms:
        np.testing.assert_array_equal(EASE().fit(BOUGHT, item_similarity=form).item_weights_, expected)


def test_explanations_name_the_similar_items():
    model = EASE(l2=1.0).fit(BOUGHT, item_similarity=titles_model())
    why = model.explain("ann", "red pot")
    assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-6)
    assert {term.subject for term in why.terms if term.kind == "similar_item"} == {"red tea", "red cup"}
    assert "its similarity to red " in str(why)
    assert "与商品 Rotes" in str(model.explain("ann", "red pot", language="zh", labels=lambda item: f"Rotes {item}"))


def test_partial_fit_equals_a_fit_on_all_data_and_replaces_similarities(tmp_path):
    titles = titles_model()
    model = EASE().fit(BOUGHT, item_similarity=titles).partial_fit([("dan", "blue can"), ("dan", "blue pot")])
    every = [*BOUGHT, ("dan", "blue can"), ("dan", "blue pot")]
    np.testing.assert_allclose(
        model.item_weights_, EASE().fit(every, item_similarity=titles).item_weights_, rtol=1e-5, atol=1e-7
    )
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.recommend("dan")["dan"] == model.recommend("dan")["dan"]
    pairs = {"item_id": ["red pot"], "similar_item_id": ["blue can"], "score": [1.0]}
    for one in (model, loaded):
        one.partial_fit(item_similarity=pairs)
        assert one.item_similarity_.nnz == 1
        assert one.explain("dan", "red pot").terms[0].kind == "similar_item"


@pytest.mark.slow
def test_the_contract_holds_with_similarities():
    def side(data):
        rng = np.random.default_rng(0)
        return {"item_similarity": (list(data.items), rng.random((data.n_items, data.n_items)))}

    subject = Subject(EASE(l2=5.0, dropout=0.2), example_interactions("implicit"), side)
    for check in CHECKS:
        if "partial_fit" not in check.__name__:  # similarities of a part of the items replace the earlier ones
            check(subject)


def test_the_bits_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    data = Interactions.from_arrays(rng.integers(0, 300, 9_000), rng.integers(0, 600, 9_000), duplicates="sum")
    similar = sparse.random_array((data.n_items, data.n_items), density=0.05, rng=rng)
    with threads_at_any_cost():
        fits = [
            EASE(n_threads=n).fit(data, item_similarity=(list(data.items), similar)).item_weights_ for n in (1, 2, 3)
        ]
    for weights in fits[1:]:
        np.testing.assert_array_equal(weights, fits[0])


@pytest.mark.parametrize(
    ("similar", "message"),
    [
        ((["red tea"], [[1.0, 2.0]]), r"square matrix for 1 ids, got the shape \(1, 2\)"),
        ((["red tea", "red tea"], np.ones((2, 2))), r"1 id\(s\) are duplicated: 'red tea'"),
        ((["red tea", "x"], [[0, -1.0], [1, 0]]), r"1 similarities are negative: -1\.0"),
        ((["red tea", "x"], [[0, np.nan], [1, 0]]), "finite numbers"),
        ((["no", "such"], np.ones((2, 2))), "none of the 3 items of the interactions"),
        ({"item_id": ["a"], "similar_item_id": ["b"]}, "no column 'score'"),
        ({"item_id": ["a"], "similar_item_id": ["b"], "score": [1, 2]}, "columns differ in length"),
        ({"item_id": [], "similar_item_id": [], "score": []}, "at least one pair"),
        ({"item_id": ["a", "a"], "similar_item_id": ["b", "b"], "score": [1, 2]}, r"1 pair\(s\) are duplicated"),
        ("titles", "expected the result of similar_items.*got str"),
    ],
)
def test_bad_similarities_are_refused(similar, message):
    with pytest.raises(DataError, match=message):
        EASE().fit(BOUGHT, item_similarity=similar)


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="similarity_weight"):
        EASE(similarity_weight=-1).fit(BOUGHT)
