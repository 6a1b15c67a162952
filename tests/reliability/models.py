"""Small fitted models of every class, and requests to all of their methods."""

import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np

import recokit
import recokit.preprocessing
from recokit import DataError, EventLog, Interactions
from recokit.base import Recommender
from recokit.data import Sequences
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


def small_parts(feedback):
    """Return the parts of hybrids, which are as small as other models here."""
    other = recokit.BiasBaseline() if feedback == "explicit" else new_model(recokit.ImplicitALS)
    return [recokit.ItemKNN(n_threads=1), other]


def fitted(kind, feedback, **parameters):
    """Return a fitted model."""
    data = data_of(feedback)
    parameters = {"models": small_parts(feedback), **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return new_model(kind, **parameters).fit(data, **kind._example_side(data))


def storable_objects():
    """Yield the name and an object of each kind that can be saved: fitted models, with further parameters, and data."""
    for (kind, feedback), name in zip(CASES, NAMES, strict=True):
        yield name, fitted(kind, feedback)
    yield "ItemKNN with decay", fitted(recokit.ItemKNN, "implicit", half_life=100.0, scoring="normalized_sum")
    yield "UserKNN of correlations", fitted(recokit.UserKNN, "explicit", similarity="pearson")
    yield "SGD++", fitted(recokit.SGDMatrixFactorization, "explicit", implicit_feedback=True, early_stopping=True)
    groups = {user: f"g{user % 3}" for user in range(40)}
    yield "Popularity by group", fitted(recokit.Popularity, "implicit", by=groups)
    baskets = Sequences.from_baskets([[["a", "b"], ["b", "c"], ["a"]], [["a", "c"]], [["b"], ["c", "a"]]])
    for kind in (recokit.BoughtTogether, recokit.TIFUKNN, recokit.RepeatFrequency):
        yield f"{kind.__name__} of baskets", kind(n_threads=1).fit(baskets)
    yield "Sequences", baskets
    yield "Interactions", data_of("explicit")
    log = event_log()
    yield "EventLog", log
    features = recokit.preprocessing.user_features(log)
    yield "Features", features
    yield "UserSegments", recokit.preprocessing.UserSegments(3, random_state=0).fit(features)


def event_log():
    """Return a log with all columns, and missing values in each."""
    rng, n = np.random.default_rng(0), 120
    columns = {name: rng.integers(0, 12, n).astype(object) for name in ("user_id", "item_id", "order", "session")}
    columns["order"][::7] = None
    columns["event"] = np.array(["view", "cart", "purchase"])[rng.integers(0, 3, n)]
    columns["timestamp"] = np.datetime64("2024-01-01", "s") + rng.integers(0, 10**7, n).astype("m8[s]")
    columns |= {"quantity": rng.integers(1, 4, n).astype(float), "price": rng.uniform(1, 9, n)}
    return EventLog.from_frame(columns, order="order", session="session")


def use(thing):
    """Use a loaded object."""
    if isinstance(thing, Recommender):
        answers(thing)
        thing.recommend(n=2, exclude_seen=False)
    elif isinstance(thing, EventLog):
        with suppress(DataError):  # a purchase of a negative quantity has to be netted first
            thing.interactions(dict.fromkeys(thing.kinds, 1.0))
        thing.sequences()
    elif isinstance(thing, recokit.preprocessing.UserSegments):
        thing.predict(recokit.preprocessing.Features([1], [[0.0] * thing.n_features_in_], list(thing.columns_)))
    elif isinstance(thing, Sequences):
        thing.to_frame()
    elif isinstance(thing, Interactions):
        thing.to_pairs()
        thing.transposed()
    str(thing)


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
    user, item = users[0], items[len(items) // 2]
    pairs = [(user, item) for user in users[:5] for item in items]
    lists = model.recommend(users, n=4)
    found = [lists.items.tolist(), lists.scores.tolist(), model.predict(pairs).tolist()]
    with suppress(NotImplementedError):
        found.append(model.similar_items(items, n=3).items.tolist())
    why = model.explain(user, item)
    return [*found, why.score, [term.contribution for term in why.terms]]
