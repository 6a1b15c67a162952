"""The readers on small files of the published formats."""

import gzip
import sys

import numpy as np
import pytest

from recokit import datasets
from recokit.exceptions import DataError

GENRES = ["unknown", "Action", "Comedy", *(f"genre{number}" for number in range(3, 19))]


def write_movielens_100k(root):
    folder = root / "ml-100k"
    folder.mkdir()
    ratings = [(1, 1, 5, 100), (1, 2, 3, 90), (2, 1, 4, 80), (2, 2, 1, 70), (3, 2, 2, 60)]
    lines = ["\t".join(map(str, row)) + "\n" for row in ratings]
    (folder / "u.data").write_text("".join(lines))
    for fold in range(5):
        (folder / f"u{fold + 1}.test").write_text(lines[fold])
        (folder / f"u{fold + 1}.base").write_text("".join(lines[:fold] + lines[fold + 1 :]))
    (folder / "u.genre").write_text("".join(f"{name}|{number}\n" for number, name in enumerate(GENRES)) + "\n")
    flags = ["0|1|1" + "|0" * 16, "1|0|0" + "|0" * 16]
    movies = f"1|Léon (1994)|01-Feb-1994||http://a|{flags[0]}\n2|unknown||||{flags[1]}\n"
    (folder / "u.item").write_bytes(movies.encode("latin-1"))
    (folder / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|T8H1N\n3|9|M|writer|00123\n")


def test_movielens_100k_reads_ratings_and_times(tmp_path):
    write_movielens_100k(tmp_path)
    data = datasets.load_movielens_100k(tmp_path)
    pairs, values = data.ratings.to_pairs()
    assert pairs.tolist() == [[1, 1], [1, 2], [2, 1], [2, 2], [3, 2]]
    assert values.tolist() == [5, 3, 4, 1, 2]
    assert data.ratings.timestamps.tolist() == [100, 90, 80, 70, 60]
    assert data.ratings.feedback == "explicit"


def test_the_folds_of_movielens_100k_are_the_publishers(tmp_path):
    write_movielens_100k(tmp_path)
    data = datasets.load_movielens_100k(tmp_path)
    tests = [tuple(fold.test.to_pairs()[0][0].tolist()) for fold in data.folds]
    assert tests == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2)]
    assert [fold.train.n_interactions for fold in data.folds] == [4] * 5


def test_movielens_100k_reads_latin_1_titles_dates_genres_and_users(tmp_path):
    write_movielens_100k(tmp_path)
    data = datasets.load_movielens_100k(tmp_path)
    assert data.items["title"].tolist() == ["Léon (1994)", "unknown"]
    assert data.items["genres"].tolist() == ["Action|Comedy", "unknown"]
    assert data.items["release_date"][0] == np.datetime64("1994-02-01")
    assert np.isnat(data.items["release_date"][1])
    assert data.users["zip_code"].tolist() == ["85711", "T8H1N", "00123"]
    assert data.users["age"].tolist() == [24, 53, 9]


def write_latest_small(root, ratings):
    folder = root / "ml-latest-small"
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\r\n" + ratings, newline="")
    movies = 'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n7,Amélie,Romance\n'
    (folder / "movies.csv").write_text(movies, encoding="utf-8")
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,7,trés bien,50\n", encoding="utf-8")


def test_movielens_latest_small_reads_quoted_titles_and_tags(tmp_path):
    write_latest_small(tmp_path, "1,1,2.5,10\r\n2,7,4.0,20\r\n")
    data = datasets.load_movielens_latest_small(tmp_path)
    assert data.ratings.values.tolist() == [2.5, 4.0]
    assert data.items["title"].tolist() == ["American President, The (1995)", "Amélie"]
    assert data.tags["tag"].tolist() == ["trés bien"]
    assert data.tags["timestamp"].tolist() == [50]


def test_repeated_ratings_are_refused_unless_duplicates_is_set(tmp_path):
    write_latest_small(tmp_path, "1,1,2.5,10\r\n1,1,4.0,20\r\n")
    with pytest.raises(DataError, match="repeat"):
        datasets.load_movielens_latest_small(tmp_path)
    assert datasets.load_movielens_latest_small(tmp_path, duplicates="last").ratings.values.tolist() == [4.0]


def test_movielens_1m_implicit_reads_one_user_per_line(tmp_path):
    folder = tmp_path / "ml-1m-implicit"
    folder.mkdir()
    (folder / "train.txt").write_text("0 5 3\n1 3\n7\n")
    (folder / "test.txt").write_text("0 9\n1 5 \n\n")
    split = datasets.load_movielens_1m_implicit(tmp_path)
    assert split.train.to_pairs()[0].tolist() == [[0, 3], [0, 5], [1, 3]]
    assert split.test.to_pairs()[0].tolist() == [[0, 9], [1, 5]]
    assert split.items["item_id"].tolist() == [3, 5, 9]
    assert split.train.feedback == "implicit"


def test_amazon_toys_holds_out_the_last_purchase_of_each_user(tmp_path):
    folder = tmp_path / "amazon-toys"
    folder.mkdir()
    (folder / "Toys_and_Games.txt").write_text("1 10 30 20\n2 30 10\n")
    (folder / "Toys_and_Games_item2attributes.json").write_text('{"10": [4, 17], "30": [4]}')
    split = datasets.load_amazon_toys(tmp_path)
    assert split.train.to_pairs()[0].tolist() == [[1, 10], [1, 30], [2, 30]]
    assert split.train.timestamps.tolist() == [0, 1, 0]
    assert split.test.to_pairs()[0].tolist() == [[1, 20], [2, 10]]
    assert split.items["attributes"].tolist() == ["a4 a17", "", "a4"]


def write_retail(root):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    folder = root / "online-retail"
    folder.mkdir()
    day = np.datetime64("2011-01-01T10:00", "ns")
    rows = [  # days after the first, code, description, quantity, price, customer
        (0, "10001", "CUP", 2, 1.0, 1.0),
        (0, "10002A", "POT ", 1, 5.0, 1.0),
        (1, "10001", "CUP", 1, 3.0, 2.0),
        (2, "10001", "CUP RED", 1, 2.0, 3.0),
        (2, "POST", "POSTAGE", 1, 9.0, 3.0),
        (3, "10002A", "POT ", -1, 5.0, 1.0),
        (3, "10002A", "POT ", 1, 5.0, None),
        (3, "10002A", "POT ", 1, 0.0, 2.0),
        (8, "10002A", "POT ", 1, 6.0, 2.0),
        (9, "10001", "CUP", 4, 1.0, 1.0),
        (9, "10003", None, 1, 7.0, 9.0),
        (9, "10003", None, 1, 7.0, 1.0),
    ]
    days, codes, texts, quantities, prices, customers = zip(*rows, strict=True)
    table = {
        "InvoiceDate": day + np.array(days) * np.timedelta64(1, "D"),
        "StockCode": codes,
        "Description": texts,
        "Quantity": quantities,
        "UnitPrice": prices,
        "CustomerID": customers,
    }
    parquet.write_table(pa.table(table), folder / "online_retail.parquet")


def test_online_retail_is_split_by_time_into_new_purchases_of_known_customers(tmp_path):
    write_retail(tmp_path)
    split = datasets.load_online_retail(tmp_path, test_fraction=0.5)
    assert split.train.to_pairs()[0].tolist() == [[1, "10001"], [1, "10002A"], [2, "10001"], [3, "10001"]]
    assert split.test.to_pairs()[0].tolist() == [[1, "10003"], [2, "10002A"]]
    assert split.train.timestamps.max() < split.test.timestamps.min()


def test_the_description_of_online_retail_counts_the_omitted_lines(tmp_path):
    write_retail(tmp_path)
    description = datasets.load_online_retail(tmp_path, test_fraction=0.5).description
    assert "3 lines without a sale to a known customer and 1 lines of services" in description
    assert "1 repeated pairs, 1 new users" in description


def test_the_catalogue_of_online_retail_has_the_most_frequent_title_and_the_median_price(tmp_path):
    write_retail(tmp_path)
    items = datasets.load_online_retail(tmp_path).items
    assert items["item_id"].tolist() == ["10001", "10002A", "10003"]
    assert items["title"].tolist() == ["CUP", "POT", ""]
    assert items["price"].tolist() == [1.5, 5.5, 7.0]


def test_without_pyarrow_the_error_names_the_extra_to_install(tmp_path, monkeypatch):
    (tmp_path / "online-retail").mkdir()
    (tmp_path / "online-retail" / "online_retail.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"recokit\[data\]"):
        datasets.load_online_retail(tmp_path)


@pytest.mark.parametrize("test_fraction", [0.0, 1.0, -1, 2])
def test_a_test_fraction_outside_0_to_1_is_refused(tmp_path, test_fraction):
    write_retail(tmp_path)
    with pytest.raises(ValueError, match="test_fraction"):
        datasets.load_online_retail(tmp_path, test_fraction=test_fraction)


def write_compressed(file, text):
    file.parent.mkdir(exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        stream.write(text)


def test_the_future_basket_of_ta_feng_is_the_last_basket(tmp_path):
    history = '{"1": [[-1], [5, 3], [3], [-1]], "2": [[-1], [7], [-1]]}'
    write_compressed(tmp_path / "ta-feng" / "tafeng_history.json.gz", history)
    write_compressed(tmp_path / "ta-feng" / "tafeng_future.json.gz", '{"2": [[-1], [3], [-1]], "1": [[-1], [9], [-1]]}')
    sequences = datasets.load_ta_feng(tmp_path).sequences
    assert list(sequences.baskets(1)) == [[5, 3], [3], [9]]
    assert list(sequences.baskets(2)) == [[7], [3]]


def test_different_customers_in_the_files_of_ta_feng_are_refused(tmp_path):
    write_compressed(tmp_path / "ta-feng" / "tafeng_history.json.gz", '{"1": [[-1], [5], [-1]]}')
    write_compressed(tmp_path / "ta-feng" / "tafeng_future.json.gz", '{"2": [[-1], [3], [-1]]}')
    with pytest.raises(DataError, match=r"ta-feng: 2 customer\(s\) are in one of the two files only"):
        datasets.load_ta_feng(tmp_path)


def test_yoochoose_sessions_keep_repeated_clicks_in_time_order(tmp_path):
    head = "SessionId\tItemId\tTime\n"
    for part in ("train_full", "train_tr", "train_valid"):
        write_compressed(tmp_path / "yoochoose-100k" / f"{part}.tsv.gz", head + "3\t30\t1.5\n3\t30\t2.5\n")
    write_compressed(
        tmp_path / "yoochoose-100k" / "test.tsv.gz", head + "7\t20\t9.25\n7\t10\t8.5\n5\t20\t7.0\n7\t20\t9.75\n"
    )
    data = datasets.load_yoochoose_100k(tmp_path)
    assert dict(data.train) == {3: [30, 30]}
    assert dict(data.test) == {5: [20], 7: [10, 20, 20]}
    assert data.test.rows.times.tolist() == [7.0, 8.5, 9.25, 9.75]
