"""Download of published data sets: one public function in each module."""

from recokit.datasets.fetching.amazon import fetch_amazon
from recokit.datasets.fetching.complete_journey import fetch_complete_journey
from recokit.datasets.fetching.diginetica import fetch_diginetica
from recokit.datasets.fetching.download_error import DownloadError
from recokit.datasets.fetching.goodbooks import fetch_goodbooks
from recokit.datasets.fetching.jester import fetch_jester
from recokit.datasets.fetching.lastfm import fetch_lastfm
from recokit.datasets.fetching.movielens import fetch_movielens
from recokit.datasets.fetching.online_retail import fetch_online_retail, read_online_retail
from recokit.datasets.fetching.published import PUBLISHED, Published
from recokit.datasets.fetching.remote_file import RemoteFile
from recokit.datasets.fetching.retailrocket import fetch_retailrocket
from recokit.datasets.fetching.ta_feng import fetch_ta_feng
from recokit.datasets.fetching.yoochoose import fetch_yoochoose

__all__ = [
    "PUBLISHED",
    "DownloadError",
    "Published",
    "RemoteFile",
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
    "read_online_retail",
]
