"""Train-test splits and leakage checks, by their definitions.

A log, train and test are lists of (user, item, time).
"""

import math


def latest(log, user, k):
    """Return the times of the last k interactions of a user."""
    return sorted(time for other_user, _, time in log if other_user == user)[-k:]


def share_before(log, moment):
    return sum(time < moment for _, _, time in log) / len(log)


def split_log(events, cut, until, repeats, new_users):
    """Split events (user, item, value, time); return the pairs of both parts with the sum of values and last time."""

    def merged(part):
        pairs = {}
        for user, item, value, time in part:
            total, last = pairs.get((user, item), (0, time))
            pairs[user, item] = total + value, max(last, time)
        return pairs

    train = merged(event for event in events if event[3] < cut)
    later = merged(event for event in events if event[3] >= cut and (until is None or event[3] < until))
    users = {user for user, _ in train}
    repeated = {pair for pair in later if pair in train}
    new = {pair for pair in later if pair[0] not in users}
    left_out = (set() if repeats else repeated) | (set() if new_users else new)
    test = {pair: values for pair, values in later.items() if pair not in left_out}
    return train, test, len(repeated), len({user for user, _ in new})


def duplicates(train, test):
    return len({(user, item) for user, item, _ in train} & {(user, item) for user, item, _ in test})


def repeats(train, test):
    """Count test pairs that are also in the training data, at an earlier time."""
    times = {(user, item): time for user, item, time in train}
    return sum(times.get((user, item), math.inf) < time for user, item, time in test)


def own_future(train, test):
    """Count test interactions before the last training interaction of the same user."""
    return sum(any(other_user == user and later > time for other_user, _, later in train) for user, _, time in test)


def future_of_any_user(train, test):
    return sum(any(later > time for _, _, later in train) for _, _, time in test)


def cold(train, test, column):
    """Return the number of users (column 0) or items (1) outside the training data, and of their test interactions."""
    known = {row[column] for row in train}
    return len({row[column] for row in test} - known), sum(row[column] not in known for row in test)


def popularity_lists(train, test, catalogue, k, exclude_seen=True):
    """Return the k most popular training items for each test user, without the user's own training items."""
    counts = {item: sum(taken == item for _, taken, _ in train) for item in catalogue}
    ranked = sorted(catalogue, key=lambda item: (-counts[item], item))
    seen = {(user, item) for user, item, _ in train} if exclude_seen else set()
    return {user: [item for item in ranked if (user, item) not in seen][:k] for user in {row[0] for row in test}}


def recall_and_ndcg(lists, test, k):
    recalls, ndcgs = [], []
    for user, listed in lists.items():
        relevant = {item for other_user, item, _ in test if other_user == user}
        hits = [item in relevant for item in listed[:k]]
        recalls.append(sum(hits) / len(relevant))
        best = sum(1 / math.log2(rank + 2) for rank in range(min(k, len(relevant))))
        ndcgs.append(sum(hit / math.log2(rank + 2) for rank, hit in enumerate(hits)) / best)
    return sum(recalls) / len(recalls), sum(ndcgs) / len(ndcgs)


def n_given(given, n):
    """Return the number of given interactions out of n, from a share or a number; at least 1 and at most n − 1."""
    wanted = math.floor(given * n + 0.5) if isinstance(given, float) else given
    return max(1, min(wanted, n - 1))


def halving_promotes(scores, factor):
    """Return the number of scores on a rung that are promoted to the next."""
    return len(scores) // factor
