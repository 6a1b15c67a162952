"""
New items and new users (cold start)
====================================

A tenth of the items are held out: no model sees an interaction with them. Titles and
attributes still give them a place. A new user gets better lists with each click.
"""

# %%
# Hold out items
# --------------
import numpy as np
from recokit import Interactions
from recokit.datasets import make_shop
from recokit.model_selection import ColdItemKFold, train_test_split

shop = make_shop(800, 400, 60_000, language="en", random_state=0)
is_view = shop.events["event"] == "view"
users, items = shop.events["user_id"][is_view], shop.events["item_id"][is_view]
views = Interactions.from_arrays(users, items, duplicates="sum")
splitter = ColdItemKFold(10, random_state=0)
train, test = train_test_split(views, splitter)
catalogue = shop.catalogue
new_items = sorted(set(test.items.take(test.item_codes).tolist()))
print(f"{len(new_items)} new items among {len(catalogue['item_id'])}")

# %%
# Rank the new items
# ------------------
#
# ``candidates`` ranks the new items alone, as for a shelf "new in the shop". The best a
# model without attributes can do is to shuffle them.
from recokit import ContentRecommender, ImplicitALS, Recommendations, evaluate, plotting
from recokit.content import Category, Number, Text

content = ContentRecommender(
    [Text("title"), Category("category"), Category("brand"), Number("price")]
)
labels = np.concatenate([catalogue["category"], catalogue["brand"]])
names = sorted(set(labels.tolist()))
features = {"item_id": catalogue["item_id"]}
for name in names:
    features[name] = (catalogue["category"] == name) | (catalogue["brand"] == name)
factors = ImplicitALS(32, random_state=0)

rng = np.random.default_rng(0)
shuffled = [rng.permutation(new_items)[:10] for _ in test.users]
lists = {
    "random order": Recommendations(users=test.users.ids, items=np.array(shuffled)),
    "content": content.fit(train, catalogue=catalogue).recommend(
        test.users.ids, n=10, candidates=new_items
    ),
    "factors with features": factors.fit(train, item_features=features).recommend(
        test.users.ids, n=10, candidates=new_items
    ),
}
results = {name: evaluate(one, test, ["ndcg@10"]) for name, one in lists.items()}
plotting.comparison(results, "ndcg@10")

# %%
# A new user, click by click
# --------------------------
#
# A fifth of the users are held out. ``recommend_for`` takes their first clicks and
# needs no refit. Without clicks the list has the best sellers.
from matplotlib import pyplot
from recokit import EASE
from recokit.model_selection import UserKFold

fold = next(iter(UserKFold(5).split_with_histories(views, given=0.5)))
model = EASE().fit(fold.train)
history = {}
for user, item in fold.given.to_pairs()[0].tolist():
    history.setdefault(user, []).append(item)
history = {user: items for user, items in history.items() if len(items) >= 8}
clicks = [0, 1, 2, 4, 8]
quality = []
for n in clicks:
    known = {user: items[:n] for user, items in history.items()}
    given = model.recommend_for(known, n=10, on_unknown="popular")
    quality.append(evaluate(given, fold.test, ["ndcg@10"])["ndcg@10"])
figure, ax = pyplot.subplots(figsize=(5.6, 3.6), layout="constrained")
ax.plot(clicks, quality, "o-", color="#4477aa")
_ = ax.set(xlabel="known clicks of a new user", ylabel="NDCG@10", ylim=(0, None))
