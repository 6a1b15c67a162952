"""Odd input of parts in service: live events, hybrids, rules, privacy, files and searches."""

import pandas as pd
import pytest

from recokit import (
    EASE,
    DataError,
    EventLog,
    Interactions,
    ItemKNN,
    ItemSearch,
    NotFittedError,
    Popularity,
    Recommendations,
    WeightedHybrid,
    load,
)
from recokit.privacy import limit_contributions, private_gram, private_popularity
from recokit.reranking import Freshness, Pin, rerank
from recokit.serving import UserFoldIn, write_parquet

PAIRS = [(1, 10), (1, 20), (2, 10), (2, 30), (3, 20), (3, 30)]
MODEL = ItemKNN(n_threads=1).fit(PAIRS)


# ---------------------------------------------------------------------- live events


@pytest.mark.parametrize("item", [[10], {10: 1}, None, float("nan"), True, pd.NA])
def test_an_event_of_no_item_is_refused_and_leaves_the_lists_of_the_user(item):
    live = UserFoldIn(MODEL)
    with pytest.raises(DataError, match=r"item=.*expected one id"):
        live.add(1, item)
    assert live.n_events == 0
    assert [item for item, _ in live.recommend(1)[1]] == [30]


@pytest.mark.parametrize("user", [None, float("nan"), pd.NaT, [1], False])
def test_visitors_without_an_id_do_not_share_their_events(user):
    with pytest.raises(DataError, match=r"user=.*expected one id"):
        UserFoldIn(MODEL).add(user, 10)


def test_events_in_another_form_of_the_ids_warn():
    live = UserFoldIn(MODEL)
    with pytest.warns(UserWarning, match=r"none of the 1 user id\(s\) is known, such as '1'; 1 is known"):
        live.add("1", 10)
    with pytest.warns(UserWarning, match=r"none of the 1 item id\(s\) is known, such as '10'; 10 is known"):
        live.add(1, "10")


# ---------------------------------------------------------------------- hybrids


@pytest.mark.parametrize(
    "weights",
    [
        {"popular": 3, "near": 1},
        pd.Series({"popular": 3.0, "near": 1.0}),
        pd.Series([1, 3]),
        pd.Series([3, 1], index=[1, 0]),
        [1, 3],
    ],
)
def test_weights_of_parts_are_read_by_name(weights):
    model = WeightedHybrid([("near", ItemKNN()), ("popular", Popularity())], weights=weights).fit(PAIRS)
    assert model.weights_.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("weights", [{"near": 1}, {"near": 1, "other": 2}, pd.Series({"a": 1, "b": 2})])
def test_weights_of_other_parts_are_refused(weights):
    model = WeightedHybrid([("near", ItemKNN()), ("popular", Popularity())], weights=weights)
    with pytest.raises(DataError, match="expected a weight for each of the parts 'near', 'popular', got weights for"):
        model.fit(PAIRS)


def test_a_mapping_of_parts_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"got \{'near': ItemKNN\(\)\}; pass list\(models.items\(\)\)"):
        WeightedHybrid({"near": ItemKNN()}).fit(PAIRS)


# ---------------------------------------------------------------------- rules

LISTS = Recommendations(users=[1, 2], items=[[10, 20], [20, 30]], scores=[[2, 1], [2, 1]])
CATALOGUE = {"item_id": [10, 20, 30, 40], "added_at": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]}


@pytest.mark.parametrize(("item", "known"), [("10", 10), ("40", 40), ("010", 10)])
def test_a_pinned_item_in_another_form_is_refused(item, known):
    with pytest.raises(DataError, match=rf"Pin.*neither in the lists nor in the catalogue; {known} is known"):
        rerank(LISTS, [Pin(item, 1)], CATALOGUE)


def test_a_pinned_item_without_a_row_in_the_catalogue_warns():
    with pytest.warns(UserWarning, match=r"Pin\(item=99, position=1\): the item is neither in the lists nor in"):
        shown = rerank(LISTS, [Pin(99, 1)], CATALOGUE)
    assert [item for item, _ in shown[1]] == [99, 10, 20]
    assert [item for item, _ in rerank(LISTS, [Pin(40, 1)], CATALOGUE)[1]] == [40, 10, 20]
    assert [item for item, _ in rerank(LISTS, [Pin(99, 1)])[1]] == [99, 10, 20]  # no catalogue to be in


def test_dates_as_text_are_refused_as_dates():
    with pytest.raises(DataError, match=r"'added_at': expected dates, got the text '2024-01-01'; convert the column"):
        rerank(LISTS, [Freshness()], CATALOGUE)


# ---------------------------------------------------------------------- privacy


@pytest.mark.parametrize(
    "data", [PAIRS, {"user_id": [1], "item_id": [2]}, EventLog.from_frame({"user_id": [1], "item_id": [2]})]
)
def test_private_sums_of_other_data_than_interactions_are_refused(data):
    pytest.importorskip("opendp")
    for release in (
        lambda: limit_contributions(data, 2),
        lambda: private_popularity(data, epsilon=1, delta=1e-6),
        lambda: private_gram(data, epsilon=1, delta=1e-6),
    ):
        with pytest.raises(
            TypeError, match=r"expected Interactions, got .*make them first, such as with log.interactions"
        ):
            release()


# ---------------------------------------------------------------------- files


def test_a_missing_folder_and_a_class_as_text_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder .*none does not exist; create it first"):
        MODEL.save(tmp_path / "none" / "model")
    MODEL.save(tmp_path / "model")
    with pytest.raises(TypeError, match=r"kind='ItemKNN': expected a class, such as recokit.ItemKNN"):
        load(tmp_path / "model", kind="ItemKNN")


# ---------------------------------------------------------------------- search


@pytest.mark.parametrize("titles", [[b"green tea", b"cup"], [5, 6]])
def test_titles_that_are_no_text_warn_that_they_are_not_searched(titles):
    catalogue = {"item_id": [1, 2], "title": titles, "category": ["tea", "ware"]}
    with pytest.warns(UserWarning, match=r"the column 'title' does not hold text and is not searched; convert it"):
        ItemSearch().fit(catalogue)


def test_missing_ids_of_a_catalogue_are_dropped_by_the_name_of_the_column():
    with pytest.raises(DataError, match=r"frame.dropna\(subset=\['item_id'\]\)"):
        ItemSearch().fit({"item_id": [1, None], "title": ["tea", "cup"]})


def test_interactions_are_needed_for_nothing_but_the_private_release():
    data = Interactions.from_arrays(*zip(*PAIRS, strict=True))
    assert limit_contributions(data, 1, random_state=0).n_interactions == 3


# ---------------------------------------------------------------------- lists


def test_an_unfitted_model_that_fills_lists_is_refused_although_no_list_is_short():
    for request_of in (
        lambda **fill: MODEL.recommend(n=1, **fill),
        lambda **fill: MODEL.recommend_for([[10]], n=1, **fill),
    ):
        assert request_of().counts.min() == 1
        with pytest.raises(NotFittedError, match=r"fill: this Popularity is not fitted yet"):
            request_of(fill=Popularity())


def test_a_model_is_not_a_batch_of_lists(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(
        TypeError, match=r"expected batches of Recommendations, got ItemKNN; pass those of model.iter_rec"
    ):
        write_parquet(MODEL, tmp_path / "lists.parquet")


def test_a_labelled_matrix_of_similarities_names_the_right_form():
    similar = pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], index=[10, 20], columns=[10, 20])
    with pytest.raises(DataError, match=r"got DataFrame; for a matrix with labels, pass \(frame.index, frame.to_numpy"):
        EASE().fit(PAIRS, item_similarity=similar)
    labelled = (similar.index, similar.to_numpy())
    assert EASE(n_threads=1).fit(PAIRS, item_similarity=labelled).item_similarity_.nnz == 2
