"""
Sessions: the next click of an anonymous visitor
================================================

Most visitors are not logged in. The clicks of the current visit are all that a model
knows about them. This example compares session models with popular items by the next
click, shows how many clicks a good list needs, and explains a recommendation.
"""

# %%
# Clicks
# ------
#
# Generated visits: a visitor looks for one kind of product, compares similar ones,
# returns to some of them, and sometimes moves on to another kind. An event log of your
# own is cut into sessions in one line:
# ``EventLog.from_frame(frame).sessions("30min").sequences("session", events="view")``.
import numpy as np
from recokit.data import Sequences

KINDS = ["tea", "pot", "cup", "lamp", "desk", "chair", "tent", "boot", "bike", "ball"]
rng = np.random.default_rng(0)


def visit():
    """Return the clicks of one visit."""
    kind = rng.choice(KINDS, p=np.arange(10, 0, -1) / 55)
    place = min(int(rng.exponential(8)), 29)
    clicks = [f"{kind} {place}"]
    for action in rng.choice(
        ["near", "back", "other"], rng.geometric(0.2), p=[0.7, 0.2, 0.1]
    ):
        if action == "back":
            clicks.append(clicks[rng.integers(len(clicks))])
            continue
        if action == "other":
            kind, place = (
                KINDS[(KINDS.index(kind) + 1) % 10],
                min(int(rng.exponential(8)), 29),
            )
        place = int(np.clip(place + rng.integers(-2, 3), 0, 29))
        clicks.append(f"{kind} {place}")
    return clicks


visits = [visit() for _ in range(6_000)]
times = [list(range(100 * s, 100 * s + len(clicks))) for s, clicks in enumerate(visits)]
sessions = Sequences.from_lists(visits, times=times)
sessions

# %%
# Compare models by the next click
# --------------------------------
#
# The last fifth of the sessions is for testing. `evaluate_positions
# <recokit.model_selection.evaluate_positions>` shows a model the first click and
# compares its list with the second, then the first two clicks, and so on. Items of the
# session may be recommended again.
from matplotlib import pyplot
from recokit import Popularity, SessionKNN, TransitionKNN, plotting
from recokit.model_selection import evaluate_positions, split_sessions

train, test = split_sessions(sessions, test_size=0.2)
models = {
    "popular items": Popularity(),
    "transitions": TransitionKNN(),
    "nearest sessions": SessionKNN(),
}
metrics = ["hit_rate@5", "reciprocal_rank@5"]
results = {
    name: evaluate_positions(model.fit(train), test, metrics)
    for name, model in models.items()
}
for name, result in results.items():
    print(f"{name:18} hit rate {result['hit_rate@5']:.3f}")

# %%
# How many clicks does a good list need?
# --------------------------------------
#
# The id of each evaluated position holds the number of clicks before it. Models of the
# order of clicks are good from the first click, because the last click says most about
# the next one.
figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
plotting.comparison(results, "hit_rate@5", ax=left)
for name, result in results.items():
    hits = result.per_user["hit_rate@5"]
    known = np.array([position + 1 for _, position in result.users])
    right.plot(
        range(1, 9), [hits[known == n].mean() for n in range(1, 9)], "o-", label=name
    )
right.set(xlabel="clicks so far", ylabel="hit rate of 5 items", ylim=(0, 1))
right.legend()

# %%
# A list for a visitor, with the reason
# -------------------------------------
#
# ``recommend_for`` needs no refit: pass the clicks so far, in time order.
model = models["nearest sessions"]
clicks = ["tea 4", "tea 6", "tea 5"]
lists = model.recommend_for({"visitor": clicks}, n=5, exclude_seen=True)
for item, score in lists["visitor"]:
    print(f"{item:8} {score:.2f}")
print(model.explain_for(clicks, lists["visitor"][0][0]))
