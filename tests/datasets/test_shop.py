"""The generated shop: its tables, its reproducibility, and models that find its structure."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from recokit.datasets import make_shop

TABLES = ("users", "catalogue", "events", "rated")


@pytest.fixture(scope="module")
def shop():
    return make_shop()


@pytest.fixture(scope="module")
def small():
    return make_shop(n_users=60, n_items=40, n_events=3_000)


def test_the_tables_have_the_requested_sizes(small):
    assert len(small.users["user_id"]) == len(small.user_factors) == 60
    assert len(small.catalogue["item_id"]) == len(small.item_factors) == 40
    assert len(small.events["event"]) == 3_000
    assert repr(small).startswith("ShopData(60 users, 40 items, 3,000 events, ")


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 1, 50), (2, 3, 10), (5, 1, 7)])
def test_minimal_shops_can_be_generated(sizes):
    shop = make_shop(*sizes)
    assert len(shop.events["event"]) == sizes[2]
    assert np.all((shop.rated["rating"] >= 1) & (shop.rated["rating"] <= 5))


@pytest.mark.parametrize("name", ["n_users", "n_items", "n_events"])
def test_a_size_below_one_is_refused(name):
    with pytest.raises(ValueError, match=f"{name}=0"):
        make_shop(**{name: 0})


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="mixed, en, zh"):
        make_shop(language="fr")


def test_equal_seeds_give_equal_bits_and_different_seeds_differ():
    first, again, other = (make_shop(50, 30, 2_000, random_state=seed) for seed in (7, 7, 8))
    for table in TABLES:
        for name, values in getattr(first, table).items():
            assert values.tolist() == getattr(again, table)[name].tolist()
    assert first.item_factors.tobytes() == again.item_factors.tobytes()
    assert first.events["item_id"].tolist() != other.events["item_id"].tolist()


def test_the_language_changes_only_the_words():
    shops = {language: make_shop(50, 30, 2_000, language=language) for language in ("en", "zh", "mixed")}
    for table in ("users", "events", "rated"):
        for name, values in getattr(shops["en"], table).items():
            assert (
                values.tolist()
                == getattr(shops["zh"], table)[name].tolist()
                == getattr(shops["mixed"], table)[name].tolist()
            )
    assert all(title.isascii() for title in shops["en"].catalogue["title"])
    assert not any(
        character.isascii() and character.isalpha() for title in shops["zh"].catalogue["title"] for character in title
    )
    ascii_titles = [title.isascii() for title in shops["mixed"].catalogue["title"]]
    assert 0 < sum(ascii_titles) < 30


def test_titles_name_the_brand(small):
    assert all(brand in title for brand, title in zip(small.catalogue["brand"], small.catalogue["title"], strict=True))


@pytest.mark.parametrize("table", TABLES)
def test_the_columns_can_be_converted_to_frames(small, table):
    columns = getattr(small, table)
    assert len(pd.DataFrame(columns)) == pl.DataFrame(columns).height == len(next(iter(columns.values())))


def test_events_are_in_order_of_time_with_fewer_carts_and_still_fewer_purchases(small):
    times = small.events["timestamp"]
    assert np.all(times[1:] >= times[:-1])
    counts = {kind: np.sum(small.events["event"] == kind) for kind in ("view", "cart", "purchase")}
    assert counts == {"view": 1_680, "cart": 780, "purchase": 540}


def test_every_purchase_follows_a_cart_and_every_cart_a_view(small):
    first = {}
    for user, item, kind, time in zip(*small.events.values(), strict=True):
        first.setdefault((user, item, kind), time)
    for (user, item, kind), time in first.items():
        before = {"purchase": "cart", "cart": "view"}.get(kind)
        assert before is None or first[user, item, before] < time


def test_no_event_is_earlier_than_its_item_and_its_user(small):
    added = dict(zip(small.catalogue["item_id"], small.catalogue["added_at"], strict=True))
    joined = dict(zip(small.users["user_id"], small.users["joined_at"], strict=True))
    for user, item, _, time in zip(*small.events.values(), strict=True):
        assert time > added[item]
        assert time > joined[user]


def test_item_ids_are_in_order_of_arrival(shop):
    ids, days = shop.catalogue["item_id"], shop.catalogue["added_at"].astype("datetime64[D]")
    assert ids.tolist() == sorted(ids)
    assert np.all(days[1:] >= days[:-1])


def test_only_purchased_pairs_are_rated_and_each_once(small):
    bought = small.interactions("purchase")
    ratings = small.ratings()
    user_codes, item_codes = bought.users.codes(ratings.users), bought.items.codes(ratings.items)
    assert np.all(bought.matrix[user_codes[ratings.user_codes], item_codes[ratings.item_codes]] > 0)
    assert ratings.feedback == "explicit"
    assert set(np.unique(ratings.values)) == {1, 2, 3, 4, 5}


def test_interactions_count_the_events_of_the_requested_kinds(small):
    events = small.events
    for kinds in ("view", "purchase", ("cart", "purchase")):
        data = small.interactions(kinds)
        rows = np.isin(events["event"].astype(str), kinds)
        assert data.values.sum() == rows.sum()
        assert data.timestamps.max() == events["timestamp"][rows].max()
        assert data.feedback == "implicit"


@pytest.mark.parametrize("kind", ["purchases", (), ("view", "click")])
def test_unknown_kinds_of_events_are_refused(small, kind):
    with pytest.raises(ValueError, match="view, cart, purchase"):
        small.interactions(kind)


def test_the_temporal_split_tests_new_pairs_of_known_users_after_the_cut(small):
    split = small.temporal_split("view", test_fraction=0.3)
    views = small.events["event"] == "view"
    times = small.events["timestamp"][views]
    cut = split.test.timestamps.min()
    assert split.train.timestamps.max() < cut
    before = set(
        zip(small.events["user_id"][views][times < cut], small.events["item_id"][views][times < cut], strict=True)
    )
    after = set(
        zip(small.events["user_id"][views][times >= cut], small.events["item_id"][views][times >= cut], strict=True)
    )
    known = {user for user, _ in before}
    assert set(map(tuple, split.train.to_pairs()[0])) == before
    assert set(map(tuple, split.test.to_pairs()[0])) == {pair for pair in after - before if pair[0] in known}
    assert np.mean(times >= cut) == pytest.approx(0.3, abs=0.01)


def test_the_popularity_of_items_has_a_long_tail(shop):
    counts = np.sort(np.diff(shop.interactions("view").transposed()[0]))[::-1]
    assert counts[: len(counts) // 5].sum() > 0.4 * counts.sum()


def test_the_shop_grows_and_peaks_before_the_holidays(shop):
    weeks = ((shop.events["timestamp"] - np.datetime64("2024-01-01")) // np.timedelta64(7, "D")).astype(int)
    by_week = np.bincount(weeks, minlength=52)
    assert by_week[30:40].mean() > 1.2 * by_week[:10].mean()
    assert by_week[46] > 1.3 * by_week[38]


def dense(data, users, items):
    matrix = np.zeros((len(users), len(items)))
    matrix[users.codes(data.users)[data.user_codes], items.codes(data.items)[data.item_codes]] = data.values
    return matrix


def hit_rate(scores, seen, truth, n=10):
    """Return the share of test users with at least one test item among their n best unseen items."""
    tested = truth.any(axis=1)
    top = np.argsort(-np.where(seen > 0, -np.inf, scores)[tested], axis=1)[:, :n]
    return np.take_along_axis(truth[tested] > 0, top, axis=1).any(axis=1).mean()


@pytest.fixture(scope="module")
def purchases(shop):
    split = shop.temporal_split("purchase")
    users, items = split.train.users, split.train.items.union(split.test.items)
    return dense(split.train, users, items), dense(split.test, users, items), items


def test_neighbours_are_clearly_better_than_popularity(purchases):
    train, test, _ = purchases
    counts = train.sum(axis=0)
    together = train.T @ train / np.sqrt(np.outer(counts, counts) + 1e-9)
    np.fill_diagonal(together, 0)
    popular = hit_rate(np.tile(counts, (len(train), 1)), train, test)
    assert hit_rate(train @ together, train, test) > 1.7 * popular > 0.1


def test_words_of_titles_rank_new_items_better_than_chance(shop, purchases):
    train, test, items = purchases
    new = train.sum(axis=0) == 0
    assert new.sum() >= 5
    titles = dict(zip(shop.catalogue["item_id"], shop.catalogue["title"], strict=True))
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)).fit_transform([titles[item] for item in items])
    profiles = sparse.csr_array(train) @ words
    scores = np.asarray((profiles @ words.T).todense())[:, new] / (1e-9 + sparse.linalg.norm(profiles, axis=1)[:, None])
    truth = test[:, new] > 0
    rows = truth.any(axis=1)
    ranks = np.argsort(np.argsort(scores[rows], axis=1), axis=1) / (new.sum() - 1)
    assert ranks[truth[rows]].mean() > 0.6  # 0.5 is chance


def test_neighbours_predict_ratings_clearly_better_than_biases(shop):
    ratings = shop.ratings()
    users, items, values = ratings.user_codes, ratings.item_codes, ratings.values.astype(float)
    held_out = np.random.default_rng(0).random(len(values)) < 0.2
    known = ~held_out
    bias = fit_bias(users, items, values, known, ratings.shape)
    residuals, rated = np.zeros(ratings.shape), np.zeros(ratings.shape)
    residuals[users[known], items[known]] = (values - bias)[known]
    rated[users[known], items[known]] = 1
    common, squares = rated.T @ rated, (residuals**2).T @ rated
    similar = np.maximum(residuals.T @ residuals, 0) / np.sqrt(squares * squares.T + 1e-9) * common / (common + 10)
    np.fill_diagonal(similar, 0)
    taste = (residuals @ similar / (rated @ similar + 1))[users, items]

    def rmse(predicted):
        return np.sqrt(np.mean((values - predicted)[held_out] ** 2))

    assert rmse(bias + taste) < 0.97 * rmse(bias)
    assert rmse(bias) < 0.93 * values[held_out].std()


def fit_bias(users, items, values, known, shape):
    mean = values[known].mean()
    sides = {0: np.zeros(shape[0]), 1: np.zeros(shape[1])}
    codes = {0: users, 1: items}
    for _ in range(10):
        for side in (1, 0):
            rest = (values - mean - sides[1 - side][codes[1 - side]])[known]
            n = np.bincount(codes[side][known], minlength=shape[side])
            sides[side] = np.bincount(codes[side][known], rest, minlength=shape[side]) / (n + 4)
    return mean + sides[0][users] + sides[1][items]
