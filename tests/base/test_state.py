"""Concurrent readers get the results of the model before or after an update."""

import threading
import warnings

import numpy as np
import pytest

from recokit import EASE, BiasBaseline, Interactions, ItemKNN, NotFittedError, Popularity
from recokit.base._state import replace_state, snapshot
from recokit.testing import all_recommenders

PAIRS = [(u, i) for u in range(1, 60) for i in range(30) if (u * i + u) % 5 == 1]
MORE = [(-1 - k, -1 - k) for k in range(20)] + [(1, i) for i in range(30)]


def test_a_snapshot_keeps_the_state_before_an_update():
    model = Popularity().fit(PAIRS)
    before = snapshot(model)
    model.partial_fit(MORE)
    assert before.interactions_.n_users < model.interactions_.n_users
    assert before.get_params() == model.get_params()


def test_the_state_is_replaced_in_one_assignment():
    assigned = []

    class Watched(Popularity):
        def __setattr__(self, name, value):
            assigned.append(name)
            super().__setattr__(name, value)

    model = Watched()
    assigned.clear()
    replace_state(model, Popularity().fit(PAIRS))
    assert assigned == ["__dict__"]


@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
def test_an_update_does_not_modify_the_arrays_of_the_old_state(kind):
    explicit = kind._supported_feedback == ("explicit",)
    model, y = kind(n_threads=1), [1.0 + k % 5 for k in range(len(PAIRS))] if explicit else None
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    side = model._example_side(_interactions(PAIRS, y))
    more = model._example_side(_interactions(MORE, None)) if side else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(PAIRS, y, **side)
        old = dict(vars(model))
        copies = {name: value.copy() for name, value in old.items() if isinstance(value, np.ndarray)}
        model.partial_fit(MORE, [2.0] * len(MORE) if explicit else None, **more)
    for name, copy in copies.items():
        np.testing.assert_array_equal(old[name], copy, err_msg=name)


def _interactions(pairs, y):
    return Interactions.from_arrays(*zip(*pairs, strict=True), y)


@pytest.mark.parametrize("kind", [EASE, ItemKNN, BiasBaseline])
def test_concurrent_readers_see_the_model_before_or_after_an_update(kind):
    explicit = kind is BiasBaseline
    y = [1.0 + (u + i) % 5 for u, i in PAIRS] if explicit else None
    model, errors, stop = kind(n_threads=1).fit(PAIRS, y), [], threading.Event()
    users, requested = sorted({user for user, _ in PAIRS}), PAIRS[:50]
    valid = [model.predict(requested).tolist()]
    results = []

    def read():
        while not stop.is_set():
            try:
                model.recommend(users, n=5)
                results.append(model.predict(requested).tolist())
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for k in range(8):
            pairs = [(-1 - 50 * k - j, -1 - 90 * k - j) for j in range(20)] + [(1 + k, i) for i in range(30)]
            model.partial_fit(pairs, [3.0] * len(pairs) if explicit else None)
            valid.append(model.predict(requested).tolist())
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert results
    assert all(result in valid for result in results)


def test_the_error_of_an_unfitted_model_names_the_model_and_the_remedy():
    for call in (
        lambda: ItemKNN().recommend(),
        lambda: ItemKNN().predict([(1, 2)]),
        lambda: ItemKNN().similar_items([1]),
        lambda: ItemKNN().explain(1, 2),
        lambda: ItemKNN().save("model"),
        lambda: next(iter(ItemKNN().iter_recommend())),
        lambda: ItemKNN().recommend_for([[1]]),
    ):
        with pytest.raises(NotFittedError, match=r"This ItemKNN is not fitted yet; call fit first\."):
            call()
