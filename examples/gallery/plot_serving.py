"""
A model in service: publish, follow clicks, update
==================================================

A training job publishes models into a store, and a service reads them. Between two
publications the service follows the clicks of its visitors. This example plays the
second month of a young shop, and compares a model that is never updated with a daily
update.
"""

# %%
# A store of models
# -----------------
#
# The service reads ``watched.model`` once per request. A new version replaces the model
# without a restart, and ``rollback`` returns to the version before.
import tempfile

import numpy as np
import pandas as pd
from recokit import ItemKNN
from recokit.datasets import make_shop
from recokit.serving import ModelStore, UserFoldIn

shop = make_shop(n_users=600, n_items=200, n_events=60_000, random_state=0)
events = pd.DataFrame(shop.events)
views = events[events["event"] == "view"][["user_id", "item_id", "timestamp"]]
start = views["timestamp"].min().normalize() + pd.Timedelta(days=30)
store = ModelStore(tempfile.mkdtemp(), keep=5)
before = views[views["timestamp"] < start].drop_duplicates(["user_id", "item_id"])
store.publish(ItemKNN().fit(before[["user_id", "item_id"]]))
with store.watch(interval=1.0) as watched:
    print(watched.model, "version", store.current_version)

# %%
# Four weeks
# ----------
#
# Every evening a job adds the views of the day to the model (``partial_fit``) and
# publishes it. The lists of each morning are compared with the views of the day.
from recokit import evaluate

days = pd.date_range(start, periods=28)
published = store.current()
models = {"never updated": store.current(), "daily update": published}
quality = {name: [] for name in models}
for day in days:
    inside = views["timestamp"].between(day, day + pd.Timedelta(days=1), "left")
    today = views.loc[inside, ["user_id", "item_id"]].drop_duplicates()
    truth = today.groupby("user_id")["item_id"].agg(list)
    for name, model in models.items():
        lists = model.recommend(
            truth.index, n=20, exclude_seen=False, on_unknown="popular"
        )
        quality[name].append(evaluate(lists, truth, ["recall@20"])["recall@20"])
    published.partial_fit(today)
    store.publish(published)
print(f"{len(store.versions())} versions are kept, the last is {store.current_version}")

# %%
# The difference
# --------------
#
# A model that is never updated falls behind: it knows neither the new users nor the
# later views of the others.
from matplotlib import pyplot

figure, ax = pyplot.subplots(figsize=(6, 3.4), layout="constrained")
for (name, values), marker in zip(quality.items(), "os", strict=True):
    means = pd.Series(values).rolling(7, min_periods=1).mean()
    ax.plot(np.arange(1, 29), means, marker=marker, markersize=4, label=name)
ax.set(xlabel="day of service", ylabel="recall@20, mean of 7 days", ylim=(0, None))
ax.legend()

# %%
# Between two updates
# -------------------
#
# `UserFoldIn <recokit.serving.UserFoldIn>` keeps the events since the last training, so
# the next click of a new visitor changes the list at once.
live = UserFoldIn(store.current())
print("before a click:", live.recommend(["visitor"], n=3)["visitor"])
live.add("visitor", today["item_id"].iloc[0])
print(
    "after a click: ", [item for item, _ in live.recommend(["visitor"], n=3)["visitor"]]
)
