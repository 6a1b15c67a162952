"""Fit a model on a cluster of processes to a generated log, and write the lists of all users.

    pip install "recokit[dask]"
    python examples/scale_out.py                         # two processes of this machine
    python examples/scale_out.py --scheduler tcp://scheduler:8786

The log is a folder of Parquet files. The lists are written by partitions to another folder. The script also checks that
the model is equal to a local fit.
"""

import argparse
import tempfile
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

import recokit
from recokit.dask import ImplicitALS
from recokit.datasets import make_shop

PARAMETERS = {"n_factors": 16, "n_epochs": 5, "feedback": "implicit", "random_state": 0}


def write_log(folder: Path, n_users: int, n_files: int = 4) -> None:
    """Write the views of a generated shop to Parquet files, as a stream of events would arrive."""
    shop = make_shop(n_users=n_users, n_items=200, n_events=60 * n_users, random_state=0)
    data = shop.interactions("view")
    users, items = data.users.take(data.user_codes), data.items.take(data.item_codes)
    frame = pd.DataFrame({"user_id": users, "item_id": items, "views": data.values})
    order = np.random.default_rng(0).permutation(len(frame))
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in enumerate(np.array_split(order, n_files)):
        frame.iloc[rows].to_parquet(folder / f"events-{part}.parquet")


def fit_and_write(client: Client, log: Path, lists: Path) -> recokit.ImplicitALS:
    """Fit a model to the log, write a list for each user, and return the local estimator."""
    model = ImplicitALS(client, **PARAMETERS).fit(dd.read_parquet(log), rating="views")
    model.recommend(n=10).to_parquet(lists)
    return model.to_local()


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", help="address of a running cluster that can read the folder")
    parser.add_argument("--folder", type=Path, help="for the log and the lists; by default a temporary one")
    parser.add_argument("--users", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        write_log(folder / "log", given.users)
        if given.scheduler:
            with Client(given.scheduler) as client:
                model = fit_and_write(client, folder / "log", folder / "lists")
        else:
            options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
            with LocalCluster(**options) as cluster, Client(cluster) as client:
                model = fit_and_write(client, folder / "log", folder / "lists")
        lists = pd.read_parquet(folder / "lists")
        data = recokit.Interactions.from_frame(pd.read_parquet(folder / "log"), rating="views", feedback="implicit")
        local = recokit.ImplicitALS(**PARAMETERS).fit(data)
    same = np.array_equal(local.item_factors_, model.item_factors_)
    print(f"{len(lists):,} recommendations for {lists['user_id'].nunique():,} users")
    print("the model is equal to a local fit" if same else "the model DIFFERS from a local fit")


if __name__ == "__main__":
    main()
