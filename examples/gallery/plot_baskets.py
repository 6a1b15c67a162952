"""
Baskets: bought together, and the next basket
=============================================

Orders show two things: items that are bought together, for the product page and the
cart, and items that a customer buys again and again. This example finds complements
that are no substitutes, draws the association rules, and recommends the next basket.
"""

# %%
# Orders
# ------
#
# The event log of a generated shop. ``baskets`` reads the orders, and ``sequences`` the
# product views of each visit.
from recokit import EventLog
from recokit.datasets import make_shop

shop = make_shop(200, 80, 80_000, language="en", orders=True, random_state=0)
log = EventLog.from_frame(shop.events, order="order_id", quantity="quantity")
baskets = log.baskets()
visits = log.sessions("1d").sequences("session", events="view").to_interactions()
titles = dict(zip(shop.catalogue["item_id"], shop.catalogue["title"], strict=True))
print(baskets)

# %%
# Frequently bought together
# --------------------------
#
# Items that are compared in the same visits are substitutes: a customer buys one of two
# tents. With the views, `BoughtTogether <recokit.BoughtTogether>` leaves them out.
from recokit import BoughtTogether

model = BoughtTogether().fit(baskets, views=visits)
item = "P000001"
print(titles[item])
for other, _ in model.similar_items(item, n=3)[item]:
    print("  with", titles[other])

# %%
# Association rules
# -----------------
#
# Each point is a rule: orders with the items on its left side also have the item on its
# right side. A rule far to the right is common, and far up it is much more frequent
# than by chance. Bundles are made of rules in the upper right.
from matplotlib import pyplot

rules = model.rules(min_confidence=0.05)
figure, ax = pyplot.subplots(figsize=(7, 4), layout="constrained")
points = ax.scatter(
    [rule.support for rule in rules],
    [rule.lift for rule in rules],
    c=[rule.confidence for rule in rules],
    s=14,
    cmap="viridis",
)
figure.colorbar(points, label="confidence")
ax.axhline(1, color="grey", linewidth=1, linestyle="--")
ax.annotate("by chance", (ax.get_xlim()[1], 1), ha="right", va="bottom", color="grey")
_ = ax.set(xscale="log", xlabel="support: share of all orders", ylabel="lift")

# %%
# The next basket
# ---------------
#
# Each customer's last order is hidden. In shops of consumables, the customer's own
# frequent items beat the best sellers.
from recokit import TIFUKNN, Popularity, RepeatFrequency, evaluate, plotting
from recokit.model_selection import leave_last_basket

split = leave_last_basket(baskets)
results = {}
for name, candidate in {
    "best sellers": Popularity(),
    "own frequent items": RepeatFrequency(),
    "with similar users": TIFUKNN(),
}.items():
    candidate.fit(split.train)
    lists = candidate.recommend(split.histories.users.ids, n=10, exclude_seen=False)
    results[name] = evaluate(lists, split.targets, ["recall@10", "ndcg@10"])
    print(f"{name:20} recall@10 {results[name]['recall@10']:.3f}")
plotting.comparison(results, "recall@10")
