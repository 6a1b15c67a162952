"""Categories, addresses and formats of the files of Amazon reviews."""

import gzip
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from recokit.datasets.fetching.remote_file import RemoteFile
from recokit.exceptions import DataError

__all__ = ["CATEGORIES", "CONTENTS", "json_lines", "metadata_file", "product_of", "review_file", "review_of"]

_ROOT = "https://mcauleylab.ucsd.edu/public_datasets/data"
_BOTH = (
    "All_Beauty", "Appliances", "Arts_Crafts_and_Sewing", "Automotive", "Books", "CDs_and_Vinyl",
    "Cell_Phones_and_Accessories", "Clothing_Shoes_and_Jewelry", "Digital_Music", "Electronics", "Gift_Cards",
    "Grocery_and_Gourmet_Food", "Home_and_Kitchen", "Industrial_and_Scientific", "Kindle_Store",
    "Magazine_Subscriptions", "Movies_and_TV", "Musical_Instruments", "Office_Products", "Patio_Lawn_and_Garden",
    "Pet_Supplies", "Software", "Sports_and_Outdoors", "Tools_and_Home_Improvement", "Toys_and_Games", "Video_Games",
)  # fmt: skip
_ONLY_2018 = ("AMAZON_FASHION", "Luxury_Beauty", "Prime_Pantry")
_ONLY_2023 = (
    "Amazon_Fashion", "Baby_Products", "Beauty_and_Personal_Care", "Handmade_Products", "Health_and_Household",
    "Health_and_Personal_Care", "Subscription_Boxes", "Unknown",
)  # fmt: skip
CATEGORIES = {"2018": sorted((*_BOTH, *_ONLY_2018)), "2023": sorted((*_BOTH, *_ONLY_2023))}
CONTENTS = {  # by version: path at the publisher
    "2018": {
        "ratings": "amazon_v2/categoryFilesSmall/{}.csv",
        "5core": "amazon_v2/categoryFilesSmall/{}_5.json.gz",
        "reviews": "amazon_v2/categoryFiles/{}.json.gz",
        "metadata": "amazon_v2/metaFiles2/meta_{}.json.gz",
    },
    "2023": {
        "ratings": "amazon_2023/benchmark/0core/rating_only/{}.csv.gz",
        "5core": "amazon_2023/benchmark/5core/rating_only/{}.csv.gz",
        "reviews": "amazon_2023/raw/review_categories/{}.jsonl.gz",
        "metadata": "amazon_2023/raw/meta_categories/meta_{}.jsonl.gz",
    },
}
Record = dict[str, Any]


def review_file(version: str, content: str, category: str) -> RemoteFile:
    """Return the file with the ratings or reviews of a category."""
    url = f"{_ROOT}/{CONTENTS[version][content].format(category)}"
    return RemoteFile(f"amazon-{version}/{content}/{url.rpartition('/')[2]}", (url,))


def metadata_file(version: str, category: str) -> RemoteFile:
    """Return the file with the products of a category."""
    return review_file(version, "metadata", category)


def json_lines(file: Path) -> Iterator[Record]:
    """Yield the objects of a file with one JSON object in each line, compressed by gzip.

    Raises
    ------
    DataError
        A line is no JSON object, or the compressed file is incomplete.
    """
    n_read = 0
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError(f"expected an object, got {type(record).__name__}")
                yield record
                n_read += 1
    except (ValueError, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{file}: line {n_read + 1}: {error}") from None


def review_of(version: str) -> Callable[[Record], tuple[Any, ...]]:
    """Return the function from a review to user, item, rating, seconds, verified, helpful votes, title and text."""
    return _review_2018 if version == "2018" else _review_2023


def _review_2018(record: Record) -> tuple[Any, ...]:
    votes = int(str(record.get("vote") or 0).replace(",", ""))
    return (
        record["reviewerID"],
        record["asin"],
        record["overall"],
        record["unixReviewTime"],
        bool(record.get("verified")),
        votes,
        record.get("summary") or "",
        record.get("reviewText") or "",
    )


def _review_2023(record: Record) -> tuple[Any, ...]:
    return (
        record["user_id"],
        record["parent_asin"],
        record["rating"],
        record["timestamp"] // 1000,
        bool(record.get("verified_purchase")),
        record.get("helpful_vote") or 0,
        record.get("title") or "",
        record.get("text") or "",
    )


def product_of(version: str) -> Callable[[Record], tuple[Any, ...]]:
    """Return the function from a product to item, title, brand, category, price and description."""
    return _product_2018 if version == "2018" else _product_2023


def _product_2018(record: Record) -> tuple[Any, ...]:
    title = _clean(record.get("title"))
    return (
        record["asin"],
        None if title is None or "getTime" in title else title,  # a script of the page in place of the title
        _clean(record.get("brand")),
        _path(record.get("category")),
        _price(record.get("price")),
        _joined(record.get("description")),
    )


def _product_2023(record: Record) -> tuple[Any, ...]:
    return (
        record["parent_asin"],
        _clean(record.get("title")),
        _clean(record.get("store")),
        _path(record.get("categories")) or _clean(record.get("main_category")),
        _price(record.get("price")),
        _joined(record.get("description")),
    )


def _clean(text: Any) -> str | None:
    words = html.unescape(text).split() if isinstance(text, str) else []
    return " ".join(words) or None


def _path(names: Any) -> str | None:
    return " > ".join(filter(None, map(_clean, names or ()))) or None


def _joined(texts: Any) -> str | None:
    return _clean(" ".join(texts) if isinstance(texts, list) else texts)


def _price(value: Any) -> float:
    """Return the first amount of a price such as 12.99, "$12.99" or "$1,010.00 - $2,000.00"; NaN without one."""
    if isinstance(value, int | float):
        return float(value)
    found = re.match(r"(?:from )?\$?([\d,]+(?:\.\d+)?)", str(value).strip())
    return float(found[1].replace(",", "")) if found and found[1].strip(",") else float("nan")
