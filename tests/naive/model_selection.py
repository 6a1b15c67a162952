"""Splits and what can be wrong with them, by their definitions.

A log is a list of (user, item, time); train and test are such lists.
"""

import math


def latest(log, user, k):
    """Return the times of the k last interactions of a user."""
    return sorted(time for who, _, time in log if who == user)[-k:]


def share_before(log, moment):
    return sum(time < moment for _, _, time in log) / len(log)


def duplicates(train, test):
    return len({(user, item) for user, item, _ in train} & {(user, item) for user, item, _ in test})


def own_future(train, test):
    """Count test interactions before the last training interaction of the same user."""
    return sum(any(who == user and later > time for who, _, later in train) for user, _, time in test)


def anyones_future(train, test):
    return sum(any(later > time for _, _, later in train) for _, _, time in test)


def cold(train, test, column):
    """Return the number of users (column 0) or items (1) of the test only, and of their test interactions."""
    known = {row[column] for row in train}
    return len({row[column] for row in test} - known), sum(row[column] not in known for row in test)


def popularity_lists(train, test, catalogue, k):
    """Return for each test user the k items that most people of the training took, without those the user took."""
    counts = {item: sum(taken == item for _, taken, _ in train) for item in catalogue}
    ranked = sorted(catalogue, key=lambda item: (-counts[item], item))
    return {
        user: [item for item in ranked if (user, item) not in {(who, taken) for who, taken, _ in train}][:k]
        for user in {user for user, _, _ in test}
    }


def recall_and_ndcg(lists, test, k):
    recalls, ndcgs = [], []
    for user, listed in lists.items():
        relevant = {item for who, item, _ in test if who == user}
        hits = [item in relevant for item in listed[:k]]
        recalls.append(sum(hits) / len(relevant))
        best = sum(1 / math.log2(rank + 2) for rank in range(min(k, len(relevant))))
        ndcgs.append(sum(hit / math.log2(rank + 2) for rank, hit in enumerate(hits)) / best)
    return sum(recalls) / len(recalls), sum(ndcgs) / len(ndcgs)


def n_given(given, n):
    """Return how many of n interactions are told: a share of them or a number, but neither none nor all."""
    wanted = math.floor(given * n + 0.5) if isinstance(given, float) else given
    return max(1, min(wanted, n - 1))


def halving_promotes(scores, factor):
    """Return how many of the scores on a rung are good enough for the next."""
    return len(scores) // factor
