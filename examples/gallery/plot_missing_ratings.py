"""
Known ratings beside predicted ratings
======================================

A tutorial favourite fills missing ratings with zeros and takes the singular value
decomposition (SVD) of the matrix. This example shows, in pictures, what goes wrong, and
how matrix factorization predicts the ratings that are missing.
"""

# %%
# The known ratings
# -----------------
#
# A few users rated a few of the items. White cells are missing: nobody knows these
# ratings yet.
import numpy as np
from recokit import plotting
from recokit.datasets import make_shop
from recokit.model_selection import train_test_split

shop = make_shop(n_users=600, n_items=300, n_events=60_000, random_state=0)
train, test = train_test_split(shop.ratings(), test_size=0.2)  # the latest fifth
plotting.rating_heatmap(train)

# %%
# Missing ratings as zeros
# ------------------------
#
# The SVD approximates all cells. Nearly all of them are zeros, so its predictions are
# near 0 on a scale from 1 to 5, even for pairs with a high rating.
from matplotlib import pyplot
from recokit import SGDMatrixFactorization
from scipy.sparse.linalg import svds

left, singular, right = svds(train.matrix.astype(float), k=50, random_state=0)
users = train.users.codes(test.users.take(test.user_codes))
items = train.items.codes(test.items.take(test.item_codes))
known = (users >= 0) & (items >= 0)
pairs, ratings = test.select(known).to_pairs()
model = SGDMatrixFactorization(50, random_state=0).fit(train)
predicted = {
    "SVD with zeros": ((left * singular) @ right)[users[known], items[known]],
    "ratings only": model.predict(pairs),
}
figure, axes = pyplot.subplots(
    2, 1, figsize=(5.6, 5), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, values) in zip(axes, predicted.items(), strict=True):
    error = np.sqrt(np.mean((values - ratings) ** 2))
    shown = [values[np.round(ratings) == stars] for stars in (1, 2, 3, 4, 5)]
    ax.boxplot(shown, showfliers=False)
    ax.set(ylabel="predicted rating", title=f"{name}: RMSE {error:.2f}")
axes[1].set_xlabel("held-out rating")

# %%
# Matrix factorization of the ratings
# -----------------------------------
#
# `SGDMatrixFactorization` sums the squared errors over known ratings only, with biases
# of users and items. The left matrix has the known ratings, the right one all
# predictions.
plotting.rating_heatmap(model, view="both")

# %%
# A score for lists
# -----------------
#
# The SVD with zeros is not useless: its scores say how likely a user is to rate an item
# at all, and a list needs that. `PureSVD` is the same method as a ranking model.
from recokit import Popularity, PureSVD, evaluate

liked = test.select(known & (test.values >= 4))
rankers = {
    "popular": Popularity(),
    "SVD with zeros": PureSVD(50),
    "ratings only": SGDMatrixFactorization(50, random_state=0),
}
results = {
    name: evaluate(one.fit(train).recommend(n=10), liked, ["ndcg@10"])
    for name, one in rankers.items()
}
plotting.comparison(results, "ndcg@10")
