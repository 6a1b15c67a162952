"""
Business rules: what they change, and what they cost
====================================================

A model orders items by taste. The shop also wants items in stock, several brands, and
some margin. This example puts rules on top of a model, explains one position, and draws
the price of a rule: relevance lost against margin gained.
"""

# %%
# Lists of a model
# ----------------
#
# Ask for more items than you show, so that rules have a choice.
import numpy as np
from recokit import EASE, evaluate
from recokit.datasets import make_shop

shop = make_shop(
    n_users=400, n_items=200, n_events=40_000, language="en", random_state=0
)
split = shop.temporal_split("purchase")
lists = EASE().fit(split.train).recommend(n=80)
rng = np.random.default_rng(0)
catalogue = dict(shop.catalogue)
catalogue["stock"] = rng.poisson(3, 200)
catalogue["margin"] = rng.beta(2, 5, 200)

# %%
# Rules
# -----
#
# Rules are data: they print, compare and convert to JSON. Hard rules are never broken.
from recokit.reranking import Diversity, InStock, Margin, MaxPer, rerank

rules = [InStock("stock"), MaxPer("brand", 2), Diversity(0.2, columns=["category"])]
shown = rerank(lists, rules, catalogue, n=10)
user = shown.users[0]
brand = dict(zip(catalogue["item_id"], catalogue["brand"], strict=True))
for item, value in shown[user][:5]:
    print(item, f"{brand[item]:10} {value:.2f}")

# %%
# The reason for each position
# ----------------------------
#
# ``why`` explains the position of an item or its absence, and ``report`` the effect of
# each rule over all lists.
stock = dict(zip(catalogue["item_id"], catalogue["stock"], strict=True))
lost = next(item for item, _ in lists[user] if stock[item] == 0)
print(shown.why(user, lost))

# %%
shown.report()

# %%
# The price of a rule
# -------------------
#
# `Margin <recokit.reranking.Margin>` moves items with a high margin up. Its weight
# trades relevance for margin. The curve shows the whole trade, measured on purchases
# after the training data.
from matplotlib import pyplot

weights = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
margin = dict(zip(catalogue["item_id"], catalogue["margin"], strict=True))
ndcg, mean_margin = [], []
for weight in weights:
    reranked = rerank(lists, [Margin("margin", weight)], catalogue, n=10)
    ndcg.append(evaluate(reranked, split.test, ["ndcg@10"])["ndcg@10"])
    mean_margin.append(
        np.mean([margin[item] for listed in reranked.items for item in listed])
    )

figure, ax = pyplot.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(mean_margin, ndcg, "o-", color="#4477aa")
for weight, x, y in zip(weights, mean_margin, ndcg, strict=True):
    ax.annotate(f"{weight:g}", (x, y), xytext=(5, 5), textcoords="offset points")
ax.set(xlabel="mean margin of the listed items", ylabel="NDCG@10 on later purchases")
ax.set_title("Weight of the rule Margin")
