"""
The same models on a cluster (Dask)
===================================

The log of a large shop lies in many files, one for each month. A Dask cluster reads
them, fits the model, and writes the lists. Only the import changes, and the fitted
model has the same bits as a local one. The cluster of this example runs in one process.
"""

# %%
# Files of months
# ---------------
import tempfile
from pathlib import Path

import pandas as pd
from recokit.datasets import make_shop

shop = make_shop(n_users=800, n_items=200, n_events=60_000, random_state=0)
events = pd.DataFrame(shop.events)
views = events[events["event"] == "view"][["user_id", "item_id", "timestamp"]]
folder = Path(tempfile.mkdtemp())
months = views.groupby(views["timestamp"].dt.strftime("%Y-%m"))
for month, part in months:
    part.drop(columns="timestamp").to_parquet(folder / f"{month}.parquet")
names = sorted(path.stem for path in folder.glob("*.parquet"))
print(f"{len(views):,} views in {len(names)} files, {names[0]} to {names[-1]}")

# %%
# A cluster
# ---------
#
# Replace the arguments of the client by the address of your scheduler.
from distributed import Client

client = Client(
    processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0"
)

# %%
# Fit on the files, and compare with a local fit
# ----------------------------------------------
#
# The last month is for the test. ``fit`` reads the files on the workers, and
# ``recommend`` returns a lazy Dask dataframe.
import dask.dataframe as dd
import numpy as np
import recokit
import recokit.dask

files = [str(folder / f"{name}.parquet") for name in names[:-1]]
settings = {"n_factors": 16, "n_epochs": 4, "random_state": 0}
model = recokit.dask.ImplicitALS(client, feedback="implicit", **settings)
model.fit(dd.read_parquet(files), duplicates="sum")
lists = model.recommend(n=10)
print(lists.head(3))

frame = pd.concat(map(pd.read_parquet, files))
data = recokit.Interactions.from_frame(frame, duplicates="sum")
local = recokit.ImplicitALS(**settings).fit(data)
same = np.array_equal(model.to_local().item_factors_, local.item_factors_)
print(f"the same bits as a local fit: {same}")

# %%
# More files, better lists
# ------------------------
#
# Lists of models that are fitted on the last files before the test. Each fit reads its
# own files, and no process holds the whole log.
from matplotlib import pyplot
from recokit import evaluate

later = pd.read_parquet(folder / f"{names[-1]}.parquet").drop_duplicates()
truth = later.groupby("user_id")["item_id"].agg(list)
used, quality = [1, 3, len(files)], []
for n in used:
    model.fit(dd.read_parquet(files[-n:]), duplicates="sum")
    table = model.recommend(n=10, exclude_seen=False).compute()
    by_user = table.sort_values("rank").groupby("user_id")["item_id"].agg(list)
    shown = by_user.reindex(truth.index).map(
        lambda items: items if isinstance(items, list) else []
    )
    quality.append(evaluate(shown.to_dict(), truth.to_dict(), ["recall@10"]))
values = np.array([one["recall@10"] for one in quality])
bounds = np.array([one.intervals["recall@10"] for one in quality]).T
figure, ax = pyplot.subplots(figsize=(5.6, 3.4), layout="constrained")
ax.errorbar(used, values, yerr=np.abs(bounds - values), fmt="o-", capsize=3)
ax.set(xlabel="months in the training data", ylabel="recall@10", ylim=(0, None))
client.close()
