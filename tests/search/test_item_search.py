import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError

import recokit
from recokit import DataError, ItemKNN, ItemSearch, UnknownIdError
from recokit.reranking import Where

CATALOGUE = {
    "item_id": ["laptop", "sleeve", "case", "headset", "speaker", "phone", "cable"],
    "title": [
        "Norvik notebook laptop 15 inch",
        "Sleeve for laptop",
        "Laptop case black",
        "Wireless headset with microphone",
        "Bluetooth speaker portable",
        "Kestrel smartphone",
        "USB cable",
    ],
    "brand": ["Norvik", "Halden", "Halden", "Lumira", "Lumira", "Kestrel", None],
    "description": [
        "A light computer",
        "Protects your laptop",
        "Bag",
        "For calls",
        "Loud speaker",
        "Camera phone",
        "Two metres",
    ],
    "price": [900.0, 20.0, 30.0, 60.0, 50.0, 400.0, 5.0],
    "attributes": [{"colour": "silver"}, {"colour": "grey"}, {}, {"wi_fi": True}, None, {"sim": 2}, {"length": 2.0}],
}
PAIRS = [("ann", "speaker"), ("ann", "headset"), ("bob", "speaker"), ("bob", "cable"), ("cy", "speaker")]
CLICKS = {
    "query": ["music box", "music box", "music box", "calls", "notebook"],
    "item_id": ["speaker", "speaker", "headset", "headset", "laptop"],
}


@pytest.fixture(scope="module")
def model():
    return ItemSearch(n_threads=1).fit(CATALOGUE)


@pytest.fixture(scope="module")
def full():
    recommender = ItemKNN(n_threads=1).fit(PAIRS)
    return ItemSearch(recommender=recommender, n_threads=1).fit(CATALOGUE, PAIRS, CLICKS)


def items(model, query, **options):
    return [item for item, _ in model.search(query, **options)[query]]


def test_a_word_after_a_preposition_counts_less(model):
    assert items(model, "laptop")[-1] == "sleeve"
    assert items(model, "laptop case")[0] == "case"


def test_roles_follow_the_names_of_the_columns(model):
    roles = {field.name: field.role for field in model.fields_}
    assert roles == dict(zip(["title", "brand", "description", "attributes"], roles.values(), strict=True))
    assert list(roles.values()) == ["title", "brand", "description", "attributes"]


def test_attributes_are_searched_by_value_and_flags_by_name(model):
    assert items(model, "silver") == ["laptop"]
    assert items(model, "wifi") == ["headset"]


def test_plural_and_singular_find_the_same(model):
    assert items(model, "laptops") == items(model, "laptop")


def test_spelling_is_corrected_before_the_plural_ending_is_removed():
    model = ItemSearch(n_threads=1).fit({1: "rechargeable batteries", 2: "wireless mouse", 3: "tea"})
    assert items(model, "batteriecs") == [1]
    assert items(model, "wireles") == [2]
    assert items(model, "moues") == [2]
    assert items(ItemSearch(n_threads=1).fit({1: "bowl", 2: "tea"}), "bwls") == [1]


@pytest.mark.parametrize("query", ["hedset", "headsett", "haedset", "heedset", "head set"])
def test_a_misspelt_word_finds_the_right_one(model, query):
    lists = model.search(query)
    assert lists[query][0][0] == "headset"
    assert list(lists.fallbacks) == [None]


def test_corrections_are_reported(model):
    lists = model.search(["hedset", "headset"])
    assert lists.corrections == ({"hedset": ["headset"]}, {})
    assert "1 corrected" in repr(lists)


def test_a_correct_word_is_not_corrected(model):
    for query in ("laptop case", "usb cable", "bluetooth speaker"):
        assert model.search(query).corrections == ({},)


def test_a_missing_space_is_found():
    titles = dict(enumerate(["usb hub black", "usb hub white", "usb hub red", "tea"]))
    model = ItemSearch(n_threads=1).fit(titles)
    assert set(items(model, "usbhub")) == {0, 1, 2}


@pytest.mark.parametrize("query", ["powernbank", "powerb ank", "powe rbank"])
def test_a_letter_in_place_of_a_space_and_a_misplaced_space_are_found(query):
    titles = ["power bank black", "power bank white", "power bank red", "tea"]
    model = ItemSearch(n_threads=1).fit(dict(enumerate(titles)))
    assert {0, 1, 2} <= set(items(model, query))


def test_typos_can_be_switched_off():
    model = ItemSearch(typos=False, n_threads=1).fit(CATALOGUE)
    assert items(model, "hedset") == []


def test_a_query_without_a_known_word_finds_the_nearest_words(model):
    lists = model.search("smartphonography")
    assert lists["smartphonography"][0][0] == "phone"
    assert list(lists.fallbacks) == ["nearest"]


def test_a_query_without_any_hit_gets_popular_items_and_says_so(full):
    lists = full.search(["zzzzzz", ""], n=2)
    assert [item for item, _ in lists["zzzzzz"]] == ["speaker", "cable"]
    assert list(lists.fallbacks) == ["popular", "popular"]
    assert lists.is_filler.all()


def test_without_interactions_a_query_without_hits_has_an_empty_list(model):
    for query in ("zzzzzz", "", "!?…", "🎧", "the of", "   "):
        assert model.search(query)[query] == []


def test_an_item_with_all_words_outranks_items_with_one(model):
    assert items(model, "halden laptop")[:2] == ["case", "sleeve"]


def test_filters_restrict_the_hits(model):
    assert items(model, "laptop", filters=Where("price", "<", 100)) == ["case", "sleeve"]
    by_dict = {"column": "brand", "op": "==", "value": "Halden"}
    assert items(model, "laptop", filters=[by_dict, Where("price", ">", 25)]) == ["case"]
    assert items(model, "laptop", filters=Where("price", "<", 0)) == []
    assert items(model, "laptop", filters=Where("price", "<", 100)) == ["case", "sleeve"]  # remembered


def test_a_filter_on_an_unknown_column_is_refused(model):
    with pytest.raises(DataError, match="no column 'colour'"):
        model.search("laptop", filters=Where("colour", "==", "red"))
    with pytest.raises(ValueError, match="expected a Filter"):
        model.search("laptop", filters="price < 3")


def test_candidates_restrict_the_hits(model, full):
    for one in (model, full):
        assert items(one, "laptop", candidates=["sleeve", "cable"]) == ["sleeve"]
        lists = one.search(["laptop", "cable"], candidates={"laptop": ["sleeve"]})
        assert [item for item, _ in lists["laptop"]] == ["sleeve"]
        assert next(item for item, _ in lists["cable"]) == "cable"
        with pytest.raises(UnknownIdError, match="nothing"):
            one.search("laptop", candidates=["nothing"])
        with pytest.raises(ValueError, match="none of its keys"):
            one.search("laptop", candidates={"phone": ["sleeve"]})


def test_clicks_find_items_without_the_words(full):
    assert items(full, "music box")[:2] == ["speaker", "headset"]
    assert items(full, "box of music")[0] == "speaker"


def test_one_click_weighs_less_than_many():
    def score(n_clicks):
        clicks = {"query": ["green tea"] * n_clicks, "item_id": [2] * n_clicks}
        model = ItemSearch(n_threads=1).fit({1: "green tea", 2: "black tea"}, queries=clicks)
        return dict(model.search("green tea")["green tea"])[2]

    assert score(20) - score(1) == pytest.approx(20 / 21 - 1 / 2, rel=1e-4)


def test_popularity_decides_between_equal_titles():
    titles = dict.fromkeys("abc", "green tea")
    model = ItemSearch(n_threads=1).fit(titles, [("u1", "b"), ("u2", "b"), ("u3", "c")])
    assert items(model, "tea") == ["b", "c", "a"]


def test_the_taste_of_a_user_reorders_the_hits():
    titles = {k: f"tea {k}" for k in ("green", "black", "white")}
    pairs = [("ann", "green"), ("bob", "green"), ("bob", "white"), ("cy", "green"), ("cy", "white"), ("dan", "black")]
    model = ItemSearch(recommender=ItemKNN(n_threads=1), fusion={"popularity": 0}, n_threads=1).fit(titles, pairs)
    assert items(model, "tea", users="ann")[0] == "white"
    lists = model.search(["tea", "tea green"], users=[None, "ann"])
    assert [item for item, _ in lists["tea"]] == items(model, "tea")


def test_an_unknown_user_is_refused_or_ignored(full):
    with pytest.raises(UnknownIdError, match="zoe"):
        full.search("laptop", users="zoe")
    ignored = full.search("laptop", users="zoe", on_unknown="ignore")
    assert ignored["laptop"] == full.search("laptop")["laptop"]
    with pytest.raises(ValueError, match="on_unknown"):
        full.search("laptop", users="zoe", on_unknown="popular")


def test_users_need_a_recommender_and_their_number_must_fit(model, full):
    with pytest.raises(ValueError, match="there is no recommender"):
        model.search("laptop", users="ann")
    with pytest.raises(ValueError, match="one for each of the 3 queries, got 2"):
        full.search(["laptop", "cable", "tea"], users=["ann", "bob"])


@pytest.mark.parametrize("fusion", ["weighted", "rrf", "learned", {"clicks": 2.0}])
@pytest.mark.parametrize("user", [None, "ann"])
def test_terms_of_an_explanation_add_up_to_the_score(fusion, user):
    recommender = ItemKNN(n_threads=1).fit(PAIRS)
    model = ItemSearch(recommender=recommender, fusion=fusion, n_threads=1).fit(CATALOGUE, PAIRS, CLICKS)
    for query in ("laptop case", "music box", "hedset calls"):
        for item, score in model.search(query, users=user)[query]:
            why = model.explain(query, item, user=user)
            assert why.score == pytest.approx(score, rel=1e-4)
            assert sum(term.contribution for term in why.terms) == pytest.approx(score, rel=1e-4)


def test_an_explanation_names_fields_words_and_sources(full):
    kinds = {(term.kind, term.subject) for term in full.explain("loud music box", "speaker", user="ann").terms}
    assert ("field_word", "description: loud") in kinds
    assert {("clicks", None), ("popularity", None)} <= kinds
    assert "匹配“description: loud”" in str(full.explain("loud", "speaker", language="zh"))
    assert full.explain("loud", "cable").terms[:1] == () or full.explain("loud", "cable").terms[0].kind == "popularity"
    with pytest.raises(UnknownIdError, match="nothing"):
        full.explain("loud", "nothing")


def test_learned_weights_follow_the_clicks():
    titles = dict.fromkeys(range(6), "green tea")
    pairs = [(user, item) for item in range(6) for user in range(item + 1)]
    clicks = {"query": ["green tea"] * 12, "item_id": [5] * 9 + [4] * 3}
    model = ItemSearch(fusion="learned", n_threads=1).fit(titles, pairs, clicks)
    assert model.weights_["clicks"] > 0
    assert items(model, "green tea")[0] == 5
    with pytest.raises(ValueError, match="needs the log of queries"):
        ItemSearch(fusion="learned").fit(titles, pairs)


def test_suggestions_complete_a_prefix(model, full):
    assert model.suggest("lap")[0] == ("laptop", 3.0)
    assert [text for text, _ in full.suggest("mus")] == ["music box"]
    assert model.suggest("") == model.suggest("  ") == model.suggest("qqq") == []
    assert len(model.suggest("l", n=1)) == 1


def test_similar_queries_share_words_or_clicks(full):
    assert next(query for query, _ in full.similar_queries("music")["music"]) == "music box"
    assert [query for query, _ in full.similar_queries("calls")["calls"]] == ["music box"]
    assert full.similar_queries("zzz")["zzz"] == []


def test_similar_queries_need_a_log(model):
    with pytest.raises(ValueError, match="needs the log of queries"):
        model.similar_queries("laptop")


def test_saved_and_loaded_models_agree(full, tmp_path):
    full.save(tmp_path / "search.rk")
    loaded = recokit.load(tmp_path / "search.rk")
    for query in ("laptop case", "hedset", "music box", "zzz"):
        assert loaded.search(query, users="ann")[query] == full.search(query, users="ann")[query]
    assert loaded.suggest("la") == full.suggest("la")
    assert items(loaded, "laptop", filters=Where("price", "<", 100)) == ["case", "sleeve"]
    assert loaded.get_params()["k1"] == full.k1


def test_partial_fit_equals_a_fit_on_all_data():
    frame = pd.DataFrame(CATALOGUE)
    changed = frame.iloc[[2]].assign(title="Laptop bag")
    final = pd.concat([frame.drop(index=2), changed])
    whole = ItemSearch(n_threads=1).fit(final, PAIRS, CLICKS)
    first = {name: values[:3] for name, values in CLICKS.items()}
    rest = {name: values[3:] for name, values in CLICKS.items()}
    known = ItemSearch(n_threads=1).fit(frame.iloc[:5], PAIRS[:1], first)
    parts = known.partial_fit(pd.concat([frame.iloc[5:], changed])).partial_fit(None, PAIRS[1:], rest)
    for query in ("laptop", "laptop bag", "case", "smartphone", "music box", "hedset", "usb", "halden"):
        found, expected = parts.search(query)[query], whole.search(query)[query]
        assert [item for item, _ in found] == [item for item, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-5)
    assert parts.suggest("lap") == whole.suggest("lap")


def test_partial_fit_refuses_a_new_column_and_keeps_the_model(model):
    before = model.search("laptop")["laptop"]
    with pytest.raises(DataError, match="unknown column"):
        model.partial_fit({"item_id": ["x"], "title": ["tea"], "colour": ["red"]})
    assert model.search("laptop")["laptop"] == before


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, lambda columns: columns], ids=["pandas", "polars", "dict"]
)
def test_frames_of_all_libraries_give_the_same_lists(make, model):
    columns = {name: values for name, values in CATALOGUE.items() if name != "attributes"}
    found = ItemSearch(n_threads=1).fit(make(columns))
    expected = ItemSearch(n_threads=1).fit(columns)
    assert found.search("laptop case")["laptop case"] == expected.search("laptop case")["laptop case"]


def test_lists_do_not_depend_on_threads_or_on_the_batch(full):
    queries = ["laptop", "hedset", "music box", "usb cabel", ""] * 3
    together = ItemSearch(n_threads=2).fit(CATALOGUE, PAIRS, CLICKS).search(queries)
    for query in queries:
        assert together[query] == ItemSearch.search(full, query)[query]


def test_searches_during_a_fit_see_one_state(model):
    one = ItemSearch(n_threads=1).fit(CATALOGUE)
    expected = one.search("laptop")["laptop"]
    found = []

    def search():
        found.extend(one.search("laptop")["laptop"] for _ in range(20))

    thread = threading.Thread(target=search)
    thread.start()
    for _ in range(3):
        one.fit(CATALOGUE)
    thread.join()
    assert len(found) == 20
    assert all(lists == expected for lists in found)


def test_scores_follow_the_formula():
    titles = {"a": "tea", "b": "tea cup", "c": "pot"}
    model = ItemSearch(fields={"title": "title"}, n_threads=1).fit(titles)
    ((first, score), *_) = model.search("tea")["tea"]
    occurrences = 4.0 / (1 - 0.5 + 0.5 * 1 / (4 / 3))
    assert first == "a"
    assert score == pytest.approx(np.log(1 + 1.5 / 2.5) * occurrences / (0.7 + occurrences), rel=1e-5)


def test_fit_comes_before_search():
    with pytest.raises(NotFittedError):
        ItemSearch().search("tea")


def test_a_recommender_that_is_not_fitted_needs_interactions():
    with pytest.raises(DataError, match="pass interactions="):
        ItemSearch(recommender=ItemKNN()).fit(CATALOGUE)
