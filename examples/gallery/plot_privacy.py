"""
Privacy: forget a customer, and the price of differential privacy
=================================================================

A customer asks to be deleted: ``forget`` removes all traces from a fitted model. A
matrix of co-purchases is to be shared: noise protects each customer, and costs
accuracy.
"""

# %%
# Forget a customer
# -----------------
#
# The model afterwards equals a fit without the customer, bit for bit.
import numpy as np
from recokit import ItemKNN
from recokit.datasets import make_shop

shop = make_shop(1_500, 100, 80_000, random_state=0)
views = shop.interactions("view")
model = ItemKNN().fit(views)
user = views.users.ids[7]
model.forget(user)
without = ItemKNN().fit(views.forget(user))
same = np.array_equal(model.recommend(n=5).scores, without.recommend(n=5).scores)
print(f"{user} is known: {user in model.interactions_.users}; as a fit without: {same}")

# %%
# A private Gram matrix
# ---------------------
#
# `EASE <recokit.EASE>` needs only how often two items occur together. `private_gram
# <recokit.privacy.private_gram>` adds noise to these counts, so that the matrix hardly
# depends on any single customer. A small epsilon is strong protection.
from recokit import EASE, Popularity, evaluate, plotting
from recokit.privacy import private_gram

split = shop.temporal_split("view")
train, test = split.train, split.test


def quality(epsilon, seed):
    """Return NDCG@10 of a model of a private matrix; users bring their histories."""
    gram = private_gram(
        train,
        epsilon=epsilon,
        delta=1e-5,
        items=views.items.ids,
        max_items=50,
        random_state=seed,
    )
    lists = EASE().fit_gram(gram).recommend_for(train, n=10, on_unknown="popular")
    return evaluate(lists, test, ["ndcg@10"])["ndcg@10"]


# %%
# The price
# ---------
#
# Three draws of the noise for each epsilon, beside the model without noise.
curve = {
    epsilon: [quality(epsilon, s) for s in range(3)] for epsilon in (0.5, 1, 2, 5, 10)
}
best = evaluate(EASE().fit(train).recommend(n=10), test, ["ndcg@10"])["ndcg@10"]
popular = evaluate(Popularity().fit(train).recommend(n=10), test, ["ndcg@10"])[
    "ndcg@10"
]
ax = plotting.privacy_curve({"EASE": curve}, {"EASE": best})
ax.axhline(popular, color="#8c8c8c", linewidth=1)
ax.annotate("best sellers", (0.5, popular), va="bottom", color="#8c8c8c")
