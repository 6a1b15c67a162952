"""Readers in many threads beside updates: every answer is that of the model before or after an update."""

import json

import pytest

from tests.reliability.processes import run

READERS = """
    import copy, json, sys, threading, time, warnings
    import numpy as np
    from tests.reliability.models import CASES, fitted, more_data

    sys.setswitchinterval(1e-5)
    warnings.simplefilter("ignore")
    seconds, n_readers, n_updates = float(sys.argv[1]), 16, 4


    def requests(model):
        users, items = list(model.interactions_.users)[:12], list(model.interactions_.items)[:8]
        pairs = [(user, item) for user in users[:4] for item in items]
        calls = {
            "recommend": lambda: model.recommend(users, n=4)[users[3]],
            "predict": lambda: model.predict(pairs).tolist(),
            "similar_items": lambda: model.similar_items(items, n=3)[items[0]],
            "explain": lambda: [model.explain(users[1], items[2]).score],
            "recommend_for": lambda: model.recommend_for([items[:2]], n=3)[0],
        }
        if model.interactions_.feedback == "explicit":
            calls["recommend_for"] = lambda: model.recommend_for([{items[0]: 3.0}], n=3)[0]
        usable = {}
        for name, call in calls.items():
            try:
                call()
                usable[name] = call
            except NotImplementedError:
                pass
        return usable


    def update(model, kind, k):
        data, side = more_data(model, kind, k)
        if k % 2:
            model.partial_fit(data, **side)
        else:
            model.fit(model.interactions_.merge(data, duplicates="last"), **side)


    n_answers = 0
    for kind, feedback in CASES:
        # The answers of each state, from a copy that is updated in the same way.
        model, twin = fitted(kind, feedback), fitted(kind, feedback)
        calls, twin_calls = requests(model), requests(twin)
        valid = {name: [repr(call())] for name, call in twin_calls.items()}
        for k in range(n_updates):
            update(twin, kind, k)
            for name, call in twin_calls.items():
                valid[name].append(repr(call()))
        seen, errors, stop = {name: set() for name in calls}, [], threading.Event()
        counts = [0] * n_readers

        def read(reader):
            while not stop.is_set():
                for name, call in calls.items():
                    try:
                        seen[name].add(repr(call()))
                        counts[reader] += 1
                    except Exception as error:
                        errors.append(repr(error))

        threads = [threading.Thread(target=read, args=(reader,)) for reader in range(n_readers)]
        for thread in threads:
            thread.start()
        try:
            for k in range(n_updates):
                time.sleep(seconds / n_updates)
                update(model, kind, k)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for name, answers in seen.items():
            assert answers <= set(valid[name]), (kind.__name__, feedback, name, answers - set(valid[name]))
        assert not errors, (kind.__name__, feedback, errors[:3])
        n_answers += sum(counts)
    print(json.dumps({"answers": n_answers}))
"""


@pytest.mark.slow
def test_sixteen_readers_beside_updates_get_the_answers_of_a_whole_model():
    result = json.loads(run(READERS, 0.3, timeout=900).stdout)
    assert result["answers"] > 10_000
