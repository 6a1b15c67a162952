"""
Choose a model and its parameters within a time budget
======================================================

Which model suits a shop's data is decided by an experiment. This example splits a log
without leaks, lets a search choose among models within a few seconds, and tests the
winner once on data that had no influence on the choice.
"""

# %%
# Split the log twice
# -------------------
#
# The test is the last fifth of the time. Validation is the last fifth of the rest.
from recokit.datasets import make_shop
from recokit.model_selection import split_log, tune

shop = make_shop(600, 200, 40_000, random_state=0)
is_view = shop.events["event"] == "view"
views = {name: column[is_view] for name, column in shop.events.items()}
split = split_log(views, test_size=0.2)
validation = split_log(views, test_size=0.2, until=split.at)
print(split)

# %%
# Search
# ------
#
# Candidates start with few users; the better ones see more. The leaderboard says which
# models tie with the best one.
from recokit import EASE, ItemKNN, Popularity, RP3beta

found = tune(
    [ItemKNN(), EASE(), RP3beta(), Popularity()],
    split.train,
    splitter=validation,
    budget_seconds=8,
    random_state=0,
)
print(found)

# %%
# Test once
# ---------
#
# The winner is compared with the default of the simplest model on the test data.
from recokit import compare, evaluate, plotting

baseline = ItemKNN().fit(split.train)
results = {
    "winner": evaluate(found.best_estimator.recommend(n=10), split.test, ["ndcg@10"]),
    "ItemKNN()": evaluate(baseline.recommend(n=10), split.test, ["ndcg@10"]),
    "best sellers": evaluate(
        Popularity().fit(split.train).recommend(n=10), split.test, ["ndcg@10"]
    ),
}
print(compare(results))
plotting.comparison(results, "ndcg@10")
