"""Download and readers of published data sets, a catalogue that comes with recokit, and generated data."""

from recokit.datasets._data import RatingData, RatingFolds, SequenceData, SessionData, Split
from recokit.datasets._sources import SOURCES, DatasetNotFoundError, Source, available
from recokit.datasets.amazon import load_amazon_toys
from recokit.datasets.catalogue_data import CatalogueData
from recokit.datasets.complete_journey import CompleteJourney, load_complete_journey
from recokit.datasets.event_data import EventData
from recokit.datasets.example import example_interactions
from recokit.datasets.fetching import (
    PUBLISHED,
    DownloadError,
    Published,
    RemoteFile,
    fetch_amazon,
    fetch_complete_journey,
    fetch_diginetica,
    fetch_goodbooks,
    fetch_jester,
    fetch_lastfm,
    fetch_movielens,
    fetch_online_retail,
    fetch_retailrocket,
    fetch_ta_feng,
    fetch_yoochoose,
    read_online_retail,
)
from recokit.datasets.interaction_data import InteractionData
from recokit.datasets.movielens import load_movielens_1m_implicit, load_movielens_100k, load_movielens_latest_small
from recokit.datasets.retail import load_online_retail
from recokit.datasets.retail_demo_store import load_retail_demo_store
from recokit.datasets.shop import ShopData, make_shop
from recokit.datasets.shop_truth import ShopTruth
from recokit.datasets.ta_feng import load_ta_feng
from recokit.datasets.yoochoose import load_yoochoose_100k

__all__ = [
    "PUBLISHED",
    "SOURCES",
    "CatalogueData",
    "CompleteJourney",
    "DatasetNotFoundError",
    "DownloadError",
    "EventData",
    "InteractionData",
    "Published",
    "RatingData",
    "RatingFolds",
    "RemoteFile",
    "SequenceData",
    "SessionData",
    "ShopData",
    "ShopTruth",
    "Source",
    "Split",
    "available",
    "example_interactions",
    "fetch_amazon",
    "fetch_complete_journey",
    "fetch_diginetica",
    "fetch_goodbooks",
    "fetch_jester",
    "fetch_lastfm",
    "fetch_movielens",
    "fetch_online_retail",
    "fetch_retailrocket",
    "fetch_ta_feng",
    "fetch_yoochoose",
    "load_amazon_toys",
    "load_complete_journey",
    "load_movielens_1m_implicit",
    "load_movielens_100k",
    "load_movielens_latest_small",
    "load_online_retail",
    "load_retail_demo_store",
    "load_ta_feng",
    "load_yoochoose_100k",
    "make_shop",
    "read_online_retail",
]
