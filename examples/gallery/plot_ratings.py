"""
Predict ratings: neighbours and matrix factorization
====================================================

A shop has ratings of 1 to 5 stars. This example compares four models on held-out
ratings, looks at the training of the best one, and draws known beside predicted
ratings.

The data are generated with the structure of well-known rating data: few ratings for
most users, popular items, and users with different scales. To use MovieLens 100K
instead, replace ``ratings`` by ``recokit.datasets.load_movielens_100k()``.
"""

# %%
# Ratings
# -------
#
# A random split is right for rating prediction, where the task is to fill in missing
# values. For top-n lists, split by time (:doc:`/guide/evaluation`).
from recokit.datasets import make_shop
from recokit.model_selection import train_test_split

ratings = make_shop(
    n_users=800, n_items=300, n_events=120_000, language="en", random_state=0
).ratings()
train, test = train_test_split(ratings, test_size=0.2, random_state=0)
ratings

# %%
# Compare models
# --------------
#
# Predictions take (user, item) pairs. `BiasBaseline <recokit.BiasBaseline>` is the
# model to beat: the mean, the generosity of the user and the quality of the item.
from recokit import BiasBaseline, ItemKNN, SGDMatrixFactorization, UserKNN
from recokit.metrics import rmse

models = {
    "biases": BiasBaseline(),
    "user neighbours": UserKNN(centering="baseline"),
    "item neighbours": ItemKNN(centering="baseline"),
    "factors": SGDMatrixFactorization(8, early_stopping=True, random_state=0),
}
pairs, truth = test.to_pairs()
errors = {
    name: rmse(truth, model.fit(train).predict(pairs)) for name, model in models.items()
}
for name, error in errors.items():
    print(f"{name:16} RMSE {error:.3f}")

# %%
# The training
# ------------
#
# Early stopping holds out a part of the training data, and keeps the epoch with the
# smallest error there.
from matplotlib import pyplot
from recokit import plotting

figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
names = sorted(errors, key=errors.get, reverse=True)
left.barh(names, [errors[name] for name in names], color="#4477aa")
left.set_xlim(min(errors.values()) * 0.9, max(errors.values()) * 1.02)
left.set_xlabel("RMSE on held-out ratings (lower is better)")
plotting.learning_curve(models["factors"], ax=right)

# %%
# Known and predicted ratings
# ---------------------------
#
# The left panel shows that most ratings are missing. The model fills them in. A missing
# rating is not a low rating: models of ratings learn from the known cells only.
axes = plotting.rating_heatmap(models["factors"], view="both")

# %%
# Explain a prediction
# --------------------
#
# The best unrated item of a user, and the reasons for it:
model = models["item neighbours"]
user = train.users.ids[0].item()
item, predicted = model.recommend(user, n=1)[user][0]
print(model.explain(user, item))
