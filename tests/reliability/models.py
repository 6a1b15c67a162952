"""Small fitted models of every class, and requests to all of their methods."""

import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np

from recokit import Interactions
from recokit.testing import all_recommenders

CASES = [(kind, feedback) for kind in all_recommenders() for feedback in kind._supported_feedback]
NAMES = [f"{kind.__name__}-{feedback}" for kind, feedback in CASES]


@cache
def data_of(feedback):
    """Return interactions of 40 users and 25 items, with times."""
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((40, 25)) < 0.25)
    values = rng.integers(1, 6, len(users))
    times = rng.integers(10**9, 2 * 10**9, len(users))
    return Interactions.from_arrays(users, [f"i{item}" for item in items], values, times, feedback=feedback)


def new_model(kind, **parameters):
    """Return an estimator whose fit is short."""
    model = kind(n_threads=1)
    short = {"n_factors": 4, "n_epochs": 2, "random_state": 0, **parameters}
    return model.set_params(**{name: each for name, each in short.items() if name in model.get_params()})


def fitted(kind, feedback, **parameters):
    """Return a fitted model."""
    data = data_of(feedback)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return new_model(kind, **parameters).fit(data, **kind._example_side(data))


def more_data(model, kind, k):
    """Return further interactions of known and new users and items, and side information."""
    known = model.interactions_
    users = [*list(known.users)[k % 7 : k % 7 + 5], *(1000 + 10 * k + j for j in range(3))]
    items = [*list(known.items)[k % 5 : k % 5 + 6], f"new{k}", f"new{k}b"]
    values = [float(1 + j % 5) for j in range(8)]
    data = Interactions.from_arrays(users, items, values, np.arange(8) + 2 * 10**9, feedback=known.feedback)
    if known.timestamps is None:
        data = replace(data, timestamps=None)
    return data, kind._example_side(data)


def answers(model):
    """Return the results of all methods, in a form that can be compared."""
    users, items = list(model.interactions_.users)[:20], list(model.interactions_.items)[:10]
    pairs = [(user, item) for user in users[:5] for item in items]
    lists = model.recommend(users, n=4)
    found = [lists.items.tolist(), lists.scores.tolist(), model.predict(pairs).tolist()]
    with suppress(NotImplementedError):
        found.append(model.similar_items(items, n=3).items.tolist())
    why = model.explain(users[0], items[1])
    return [*found, why.score, [term.contribution for term in why.terms]]
