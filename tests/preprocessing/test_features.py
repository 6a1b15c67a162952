import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from recokit import DataError, IdIndex, NotFittedError, UnknownIdError
from recokit.preprocessing import Feature, FeatureLookup, Features

NAN = float("nan")
COLUMNS = [Feature("orders", "orders", "activity", "number of orders"), Feature("interval", "days")]
FEATURES = Features(["ann", "bob", "cy"], [[1, NAN], [5, 2.5], [3, 7.5]], COLUMNS)


def test_the_table_reads_as_an_array_and_as_columns():
    assert np.asarray(FEATURES).shape == FEATURES.shape == (3, 2)
    assert len(FEATURES) == 3
    assert FEATURES["orders"].tolist() == [1, 5, 3]
    assert FEATURES[["interval"]].names == ("interval",)
    assert FEATURES.units == {"orders": "orders", "interval": "days"}
    assert FEATURES.get_feature_names_out().tolist() == list(FEATURES) == ["orders", "interval"]
    assert LogisticRegression().fit(FEATURES.filled(), [0, 1, 1]).n_features_in_ == 2


def test_rows_are_found_by_id_in_any_order_and_repeatedly():
    np.testing.assert_array_equal(FEATURES.rows(["cy", "ann", "cy"]), [[3, 7.5], [1, NAN], [3, 7.5]])
    np.testing.assert_array_equal(FEATURES.rows(["eve", "cy"], unknown="nan"), [[NAN, NAN], [3, 7.5]])
    assert list(FEATURES.of(["cy", "ann"]).ids) == ["cy", "ann"]
    assert FEATURES.of(["cy", "ann"])["orders"].tolist() == [3, 1]


def test_the_table_cannot_be_changed_and_shares_no_memory_with_the_input():
    given = np.ones((1, 1))
    table = Features([1], given, ["x"])
    given[:] = 9
    assert table["x"].tolist() == [1]
    with pytest.raises(ValueError, match="read-only"):
        table.values[0] = 2


def test_copies_are_equal():
    assert copy.deepcopy(FEATURES) is FEATURES
    assert pickle.loads(pickle.dumps(FEATURES)) == FEATURES
    assert FEATURES.of(["ann", "bob"]) != FEATURES
    assert FEATURES != "features"


@pytest.mark.parametrize(
    ("fill", "expected"), [("median", 5), ("mean", 5), (-1, -1), ({"interval": 3}, 3), ({"orders": 3}, NAN)]
)
def test_undefined_values_are_filled_by_the_policy(fill, expected):
    np.testing.assert_array_equal(FEATURES.filled(fill)["interval"], [expected, 2.5, 7.5])
    assert FEATURES.filled(fill)["orders"].tolist() == [1, 5, 3]


def test_a_column_without_values_is_filled_with_zeros():
    assert Features([1, 2], [[NAN], [NAN]], ["x"]).filled("median")["x"].tolist() == [0, 0]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_the_table_converts_to_frames(backend):
    frame = FEATURES.to_frame(backend)
    names = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert names == ["user_id", "orders", "interval"]


def test_a_table_prints_a_line_for_each_column():
    lines = str(FEATURES).splitlines()
    assert lines[0] == "features of 3 users"
    assert lines[3].split() == ["interval", "days", "67%", "2.5", "5", "7.5"]
    assert "<td" in FEATURES._repr_html_()
    assert repr(FEATURES) == "Features(3 users × 2 columns: 'orders', 'interval')"
    assert "nan" in str(Features([1], [[NAN]], ["x"]))


BAD_TABLES = {
    "a wrong shape": (lambda: Features([1, 2], [[1.0]], ["x"]), "expected values of shape .2, 1. for 2 ids and 1 col"),
    "text": (lambda: Features([1], [["many"]], ["x"]), "features: expected numbers"),
    "infinity": (lambda: Features([1], [[np.inf]], ["x"]), "infinite values in 'x'; use NaN"),
    "repeated names": (lambda: Features([1], [[1, 2]], ["x", "x"]), "1 column name.s. are duplicated: 'x'"),
    "repeated ids": (lambda: Features([1, 1], [[1], [2]], ["x"]), "user ids of the features: 1 id.s. are dup"),
    "a kind": (lambda: Features([1], [[1]], ["x"], kind="order"), "kind='order': expected one of user, item"),
    "a fill": (lambda: FEATURES.filled("mode"), "fill='mode': expected 'median', 'mean'"),
    "an unknown filled column": (lambda: FEATURES.filled({"x": 1}), "fill: no feature 'x'; the features are orders"),
    "an infinite fill": (lambda: FEATURES.filled(np.inf), "fill=inf: expected a finite number"),
    "an unknown policy": (lambda: FEATURES.rows(["ann"], unknown="skip"), "unknown='skip': expected 'raise' or 'nan'"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_tables_that_cannot_be_used_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unknown_ids_and_columns_are_named():
    with pytest.raises(UnknownIdError, match=r"1 unknown user id\(s\): .eve."):
        FEATURES.rows(["ann", "eve"])
    with pytest.raises(UnknownIdError, match="1 unknown item id"):
        Features([1], [[1]], ["x"], kind="item").of([2])
    with pytest.raises(KeyError, match="no feature 'recency'; the features are orders, interval"):
        FEATURES["recency"]


LABELS = [0, 1, 1]


@pytest.mark.parametrize(
    "given",
    [
        ["ann", "bob", "cy"],
        [["ann"], ["bob"], ["cy"]],
        np.array(["ann", "bob", "cy"]),
        np.array([["ann"], ["bob"], ["cy"]]),
        {"user_id": ["ann", "bob", "cy"], "age": [1, 2, 3]},
        IdIndex(["ann", "bob", "cy"]).ids,
    ],
    ids=["list", "rows", "array", "column", "mapping", "objects"],
)
def test_the_lookup_reads_ids_in_all_forms(given):
    model = FeatureLookup(FEATURES, fill=0.0).fit(given)
    np.testing.assert_array_equal(model.transform(given), FEATURES.filled(0.0).values)


def test_the_lookup_works_in_pipelines_and_searches():
    pandas = pytest.importorskip("pandas")
    ids = [f"u{number}" for number in range(40)]
    table = Features(ids, np.where(np.arange(40) % 2, 1.0, -1.0)[:, None], ["x"])
    labels = np.arange(40) % 2
    model = make_pipeline(FeatureLookup(table), HistGradientBoostingClassifier(min_samples_leaf=2))
    assert cross_val_score(clone(model), ids, labels, cv=2).min() == 1
    frame = pandas.DataFrame({"user_id": ids}, index=range(100, 140))
    rows = FeatureLookup(table).set_output(transform="pandas").fit_transform(frame)
    assert rows.index.tolist() == frame.index.tolist()
    assert rows.columns.tolist() == ["x"]


def test_medians_of_the_lookup_are_those_of_the_rows_in_fit():
    lookup = FeatureLookup(FEATURES, columns=["interval"], fill="median", unknown="nan").fit(["cy", "cy", "bob", "ann"])
    assert lookup.transform(["ann", "eve"]).tolist() == [[7.5], [7.5]]
    assert lookup.get_feature_names_out().tolist() == ["interval"]


def test_without_a_fill_undefined_values_stay():
    np.testing.assert_array_equal(FeatureLookup(FEATURES).fit_transform(["ann"]), [[1, NAN]])


def test_bad_input_of_the_lookup_is_refused():
    with pytest.raises(TypeError, match="features: expected Features, got list; see user_features"):
        FeatureLookup([[1]]).fit(["ann"])
    with pytest.raises(NotFittedError):
        FeatureLookup(FEATURES).transform(["ann"])
    with pytest.raises(UnknownIdError, match="unknown user id"):
        FeatureLookup(FEATURES).fit(["ann"]).transform(["eve"])
    with pytest.raises(DataError, match=r"X: expected user ids of shape \(n,\) or \(n, 1\), got shape \(1, 2\)"):
        FeatureLookup(FEATURES).fit(np.array([["ann", "bob"]]))
    with pytest.raises(DataError, match="X: expected a frame with the column user_id, or of one column, got"):
        FeatureLookup(FEATURES).fit({"a": [1], "b": [2]})
    with pytest.raises(KeyError, match="no feature 'x'"):
        FeatureLookup(FEATURES, columns=["x"]).fit(["ann"])
