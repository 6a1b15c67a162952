"""Reader of Amazon Toys & Games in the version of the authors of S³-Rec."""

import json
import os

import numpy as np

from recokit.data.interactions import Interactions
from recokit.datasets._data import Split
from recokit.datasets._lines import read_sequences, to_objects
from recokit.datasets._sources import find

__all__ = ["load_amazon_toys"]


def load_amazon_toys(data_dir: str | os.PathLike[str] | None = None) -> Split:
    """Read Amazon Toys & Games: purchases in order of time, with each user's last purchase as the test.

    Every user and every item has at least five purchases (5-core).

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``amazon-toys/``; by default the environment variable ``RECOKIT_DATA``.

    Returns
    -------
    Split
        Implicit; timestamps are positions in the user's sequence, from 0. ``items`` has the columns item_id and
        attributes: the published codes of categories and brand as words, "a16 a2 a19".

    Raises
    ------
    DatasetNotFoundError
        Files are missing.

    See Also
    --------
    recokit.datasets.load_online_retail : Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.
    recokit.datasets.SequenceData : Sequences without a split.

    References
    ----------
    J. McAuley et al.: Image-based Recommendations on Styles and Substitutes. SIGIR 2015.

    K. Zhou et al.: S³-Rec: Self-Supervised Learning for Sequential Recommendation. CIKM 2020.
    https://arxiv.org/abs/2008.07873

    Examples
    --------
    >>> load_amazon_toys("data").test  # doctest: +SKIP
    Interactions(19,412 users × 7,475 items, 19,412 interactions, implicit)
    """
    folder = find("amazon-toys", data_dir)
    users, items, positions = read_sequences(folder / "Toys_and_Games.txt")
    last = np.append(users[1:] != users[:-1], True)
    train, test = (
        Interactions.from_arrays(users[part], items[part], timestamps=positions[part]) for part in (~last, last)
    )
    attributes = json.loads((folder / "Toys_and_Games_item2attributes.json").read_text(encoding="utf-8"))
    ids = np.unique(items)
    words = [" ".join(f"a{code}" for code in attributes.get(str(item), ())) for item in ids]
    description = (
        f"Amazon Toys & Games, 5-core (UCSD; prepared for S³-Rec): {len(items):,} purchases of {train.n_users:,} users "
        f"with {len(ids):,} items; leave-last-out: each user's last purchase is the test"
    )
    return Split(train, test, {"item_id": ids, "attributes": to_objects(words)}, description)
