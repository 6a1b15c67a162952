"""
Segments of customers, and best sellers for each
================================================

Features of each customer are computed from the log, customers are divided into segments
with names, and each segment gets its own best sellers. The evaluation shows which
segments a model serves well.
"""

# %%
# Features and segments
# ---------------------
#
# Four kinds of customers are planted in this shop. The names of the segments come from
# the features in which they differ most.
from recokit import EventLog, plotting
from recokit.datasets import make_shop
from recokit.preprocessing import UserSegments, user_features

shop = make_shop(800, 200, 80_000, segments=4, random_state=0)
log = EventLog.from_frame(shop.events)
split = shop.temporal_split("purchase")
before = log.between(None, split.train.timestamps.max())
segments = UserSegments(4, random_state=0).fit(user_features(before, shop.catalogue))
plotting.segment_heatmap(segments, n_features=8)

# %%
# Best sellers of each segment
# ----------------------------
#
# `Popularity <recokit.Popularity>` shrinks the counts of small groups towards those of
# all customers.
from recokit import EASE, Popularity, evaluate

of_user = segments.segments_
models = {
    "best sellers": Popularity(),
    "best sellers of the segment": Popularity(by=of_user),
    "linear": EASE(),
}
results = {}
for name, model in models.items():
    lists = model.fit(split.train).recommend(n=10)
    results[name] = evaluate(lists, split.test, ["recall@10"])
    print(f"{name:28} recall@10 {results[name]['recall@10']:.3f}")

# %%
# Which segments are served well
# ------------------------------
#
# A mean over all customers can hide a segment with bad lists.
plotting.segment_profiles(results, of_user, "recall@10")
