"""Published data sets, if available: the sizes stated by their publishers, and disjoint splits."""

import numpy as np
import pytest

from recokit import datasets

pytestmark = pytest.mark.data


def pairs_of(data):
    return set(map(tuple, data.to_pairs()[0].tolist()))


def test_movielens_100k_has_the_stated_sizes_and_its_folds_partition_it(data_dir):
    data = datasets.load_movielens_100k(data_dir)
    assert (data.ratings.shape, data.ratings.n_interactions) == ((943, 1682), 100_000)
    all_pairs = pairs_of(data.ratings)
    tests = [pairs_of(fold.test) for fold in data.folds]
    assert sum(map(len, tests)) == len(set().union(*tests)) == 100_000
    for fold, test in zip(data.folds, tests, strict=True):
        assert pairs_of(fold.train) == all_pairs - test
    assert data.items["title"][0] == "Toy Story (1995)"
    assert data.items["genres"][0] == "Animation|Children's|Comedy"
    assert np.isnat(data.items["release_date"]).sum() == 1
    assert len(data.users["user_id"]) == 943


def test_movielens_latest_small_has_half_stars_and_titles(data_dir):
    data = datasets.load_movielens_latest_small(data_dir, duplicates="last")
    assert set(np.unique(data.ratings.values)) <= set(np.arange(0.5, 5.5, 0.5))
    assert data.items["title"][0] == "Toy Story (1995)"
    assert np.all(data.ratings.items.codes(data.items["item_id"]) < data.ratings.n_items)
    assert set(data.ratings.items.ids.tolist()) <= set(data.items["item_id"].tolist())


def test_movielens_1m_implicit_has_the_stated_sizes(data_dir):
    split = datasets.load_movielens_1m_implicit(data_dir)
    assert (split.train.shape, split.train.n_interactions) == ((6_022, 3_043), 796_244)
    assert split.test.n_interactions == 99_455
    assert not pairs_of(split.train) & pairs_of(split.test)


def test_amazon_toys_holds_out_one_purchase_per_user(data_dir):
    split = datasets.load_amazon_toys(data_dir)
    assert len(split.items["item_id"]) == 11_924
    assert split.train.n_interactions + split.test.n_interactions == 167_597
    assert np.all(np.diff(split.test.indptr) == 1)
    assert split.test.n_users == 19_412
    assert not pairs_of(split.train) & pairs_of(split.test)
    assert all(words for words in split.items["attributes"])


def test_online_retail_is_split_by_time(data_dir):
    pytest.importorskip("pyarrow")
    split = datasets.load_online_retail(data_dir)
    assert split.train.timestamps.max() < split.test.timestamps.min()
    assert not pairs_of(split.train) & pairs_of(split.test)
    assert np.all(split.train.users.codes(split.test.users) >= 0)
    codes = split.items["item_id"].tolist()
    assert codes == sorted(set(codes))
    assert set(split.train.items.ids.tolist()) <= set(codes)
    assert "POST" not in codes
    assert split.items["price"].min() > 0


def test_ta_feng_has_the_stated_numbers_of_baskets(data_dir):
    sequences = datasets.load_ta_feng(data_dir).sequences
    assert (sequences.n_users, sequences.n_items) == (13_858, 11_997)
    assert len(sequences.basket_bounds) - 1 == 77_369 + 13_858


def test_yoochoose_has_the_stated_sizes_and_later_test_sessions(data_dir):
    data = datasets.load_yoochoose_100k(data_dir)
    assert (data.train.n_users, data.train.n_events) == (17_794, 70_278)
    assert (data.test.n_users, data.test.n_events) == (3_416, 13_568)
    assert data.train.rows.times.max() <= data.test.rows.times[data.test.rows.indptr[:-1]].min()
    assert set(data.fitted.users) | set(data.validation.users) <= set(data.train.users)
    assert not set(data.fitted.users) & set(data.validation.users)
