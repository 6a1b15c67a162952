"""Generated events, and comparisons of estimators."""

import dask.dataframe
import numpy as np
import pandas as pd


def events(n=6_000, n_users=150, n_items=80, seed=0):
    """Return events of users with text ids, in no order: ids, times, ratings and orders; pairs repeat."""
    rng = np.random.default_rng(seed)
    users, times = rng.integers(0, n_users, n), rng.integers(0, 10_000, n)
    columns = {"user_id": [f"u{user}" for user in users], "item_id": (n_items * rng.random(n) ** 2).astype(np.int64)}
    orders = [f"{user}/{time // 1_000}" for user, time in zip(users, times, strict=True)]
    return pd.DataFrame({**columns, "timestamp": times, "rating": rng.integers(1, 6, n), "order": orders})


def catalogue(n_items=90, seed=1):
    """Return items with texts and categories."""
    rng = np.random.default_rng(seed)
    words = ["red", "blue", "tea", "cup", "pot", "big"]
    texts = [" ".join(rng.choice(words, 3)) for _ in range(n_items)]
    return pd.DataFrame({"item_id": np.arange(n_items), "text": texts, "category": [text.split()[0] for text in texts]})


def partitioned(frame, n_partitions=5):
    """Return a Dask dataframe with the rows of a frame in their order."""
    return dask.dataframe.from_pandas(frame, npartitions=n_partitions, sort=False)


def assert_same_model(model, expected, folder):
    """Assert that two estimators have the same parameters and fitted attributes, bit for bit."""
    for name, one in (("model", model), ("expected", expected)):
        in_order = one._with_attributes(dict(sorted(vars(one).items())))  # of their names, which the file keeps
        in_order.save(folder / name)
    assert (folder / "model").read_bytes() == (folder / "expected").read_bytes()


def assert_same_lists(lists, expected):
    """Assert that a Dask dataframe holds these recommendations, in the same order."""
    pd.testing.assert_frame_equal(lists.compute().reset_index(drop=True), expected.to_frame())
