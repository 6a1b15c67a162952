"""
Search: words, typos, clicks and taste
======================================

A search box needs a ranking, tolerance for typos, filters, and knowledge of what
customers click. This example indexes a catalogue, corrects queries, explains a hit, and
shows how clicks and taste change the order.
"""

# %%
# Index a catalogue
# -----------------
#
# The columns are recognized by their names: a word in the title counts more than one in
# the category.
from recokit import EASE, ItemSearch
from recokit.datasets import make_shop

shop = make_shop(500, 400, 60_000, language="en", random_state=0)
titles = dict(zip(shop.catalogue["item_id"], shop.catalogue["title"], strict=True))
search = ItemSearch().fit(shop.catalogue)
for field in search.fields_:
    print(f"{field.name:10} {field.role:12} weight {field.weight:g}")

# %%
# Queries with typos
# ------------------
#
# The result reports what was corrected.
found = search.search(["cotton scarf", "coton scraf", "tent"], n=3)
for (query, hits), corrected in zip(found, found.corrections, strict=True):
    print(f"{query!r}, corrected: {corrected or 'nothing'}")
    for item, score in hits:
        print(f"   {score:.2f} {titles[item]}")

# %%
# Why an item is a hit
# --------------------
#
# The bars are the parts of the score of the first hit.
from matplotlib import pyplot

best = found["cotton scarf"][0][0]
why = search.explain("cotton scarf", best)
figure, ax = pyplot.subplots(figsize=(6.4, 2.2), layout="constrained")
ax.barh(
    [term.label() for term in why.terms],
    [term.contribution for term in why.terms],
    color="#4477aa",
)
_ = ax.set(xlabel="part of the score", title=titles[best])

# %%
# Taste
# -----
#
# With a recommender, hits for the same query are ordered for each user. The words of
# the query stay the strongest part.
views = shop.interactions("view")
personal = ItemSearch(recommender=EASE()).fit(shop.catalogue, interactions=views)
for user in views.users.ids[:3].tolist():
    lists = personal.search("scarf", users=user, n=3)
    print(user, [titles[item] for item, _ in lists["scarf"]])

# %%
# Suggestions while typing
# ------------------------
clicked = {
    "query": ["linen scarf", "linen scarf", "linen shirt"],
    "item_id": [best] * 3,
}
with_clicks = ItemSearch().fit(shop.catalogue, queries=clicked)
print(with_clicks.suggest("lin", n=3))
