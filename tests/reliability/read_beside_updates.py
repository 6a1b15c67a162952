"""Read from each model in 16 threads while it is updated and fitted again; run as a script.

    python -m tests.reliability.read_beside_updates SECONDS

Prints the number of answers as JSON. Raises AssertionError if an answer is not that of a model before or after an
update.
"""

import json
import sys
import threading
import time
import warnings

from tests.reliability.models import CASES, fitted, more_data

N_READERS, N_UPDATES = 16, 4


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


def answers_beside_updates(kind, feedback, seconds):
    """Return the number of answers; check that each is that of a whole model."""
    # The answers of each state, from a copy that is updated in the same way.
    model, twin = fitted(kind, feedback), fitted(kind, feedback)
    calls, twin_calls = requests(model), requests(twin)
    valid = {name: [repr(call())] for name, call in twin_calls.items()}
    for k in range(N_UPDATES):
        update(twin, kind, k)
        for name, call in twin_calls.items():
            valid[name].append(repr(call()))
    seen, errors, stop = {name: set() for name in calls}, [], threading.Event()
    counts = [0] * N_READERS

    def read(reader):
        while not stop.is_set():
            for name, call in calls.items():
                try:
                    seen[name].add(repr(call()))
                    counts[reader] += 1
                except Exception as error:
                    errors.append(repr(error))

    threads = [threading.Thread(target=read, args=(reader,)) for reader in range(N_READERS)]
    for thread in threads:
        thread.start()
    try:
        for k in range(N_UPDATES):
            time.sleep(seconds / N_UPDATES)
            update(model, kind, k)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for name, answers in seen.items():
        assert answers <= set(valid[name]), (kind.__name__, feedback, name, answers - set(valid[name]))
    assert not errors, (kind.__name__, feedback, errors[:3])
    return sum(counts)


def main(seconds):
    sys.setswitchinterval(1e-5)
    warnings.simplefilter("ignore")
    n_answers = 0
    for kind, feedback in CASES:
        n_answers += answers_beside_updates(kind, feedback, seconds)
    print(json.dumps({"answers": n_answers}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
