"""
An A/B test, and what a log of exposures says before it
=======================================================

A new recommender is to replace the best sellers. A log of randomly shown items
estimates its effect before it goes live (off-policy evaluation). An A/B test measures
it.
"""

# %%
# A log of exposures
# ------------------
#
# Each visitor saw one of the 20 most popular items at random, and viewed it later or
# not.
import numpy as np
from recokit import ItemKNN, Popularity
from recokit.datasets import make_shop

shop = make_shop(800, 200, 60_000, random_state=0)
split = shop.temporal_split("view")
rng = np.random.default_rng(0)
popular = Popularity().fit(split.train).recommend(n=20, exclude_seen=False).items[0]
later = set(map(tuple, split.test.to_pairs()[0].tolist()))
model = ItemKNN().fit(split.train)
lists = model.recommend(n=1, candidates=popular)
choice = {user: items[0][0] for user, items in lists if items}
users, shown = rng.choice(list(choice), 20_000), rng.choice(popular, 20_000)
viewed = np.array(
    [pair in later for pair in zip(users.tolist(), shown.tolist(), strict=True)]
)
print(f"shown at random: {viewed.mean():.3f} views per exposure")

# %%
# Estimates before the test
# -------------------------
#
# The policy would show the first choice of the model. Exposures in which this item was
# shown by chance say how it would do; here the true value is known too.
from matplotlib import pyplot
from recokit.experiments import ips, snips

would_show = np.array([choice[user] for user in users.tolist()]) == shown
propensities = np.full(len(shown), 1 / len(popular))
rewards = viewed.astype(float)
estimates = {
    "IPS": ips(rewards, propensities, would_show.astype(float)),
    "SNIPS": snips(rewards, propensities, would_show.astype(float)),
}
truth = np.mean([pair in later for pair in choice.items()])
figure, ax = pyplot.subplots(figsize=(6, 2.2), layout="constrained")
for row, one in enumerate(estimates.values()):
    low, high = one.interval
    ax.errorbar(one.value, row, xerr=[[one.value - low], [high - one.value]], fmt="o")
ax.axvline(truth, color="#228833", linestyle="--", label="true value of the policy")
ax.axvline(viewed.mean(), color="#8c8c8c", linestyle=":", label="items at random")
ax.set_yticks(range(len(estimates)), list(estimates))
ax.set(ylim=(-0.6, 1.6), xlabel="views per exposure, with 95% intervals")
ax.legend(fontsize=8)

# %%
# The size of the test
# --------------------
#
# Visitors of each group to find an uplift from 5.0% to 5.6%, with a power of 80%.
from recokit.experiments import sample_size, uplift

n = sample_size(0.050, 0.056)
print(f"{n:,} visitors in each group")

# %%
# The test
# --------
#
# Conversion is a count of buyers. Revenue has a heavy tail and needs a bootstrap; its
# interval is wide, although conversion is clear.
from recokit import plotting

revenue = [(rng.random(n) < rate) * rng.lognormal(3, 1, n) for rate in (0.050, 0.058)]
buyers = [(int(np.count_nonzero(group)), n) for group in revenue]
plotting.uplift_intervals({"conversion": uplift(*buyers), "revenue": uplift(*revenue)})
