"""The users to recommend an item to, by sorting all of them."""


def best_users(scores, n, excluded=(), allowed=None):
    """Return [(user, score)] of an item: {user: score}, best first, ties in order of the user ids."""
    eligible = [user for user in scores if user not in excluded and (allowed is None or user in allowed)]
    return [(user, scores[user]) for user in sorted(eligible, key=lambda user: (-scores[user], user))[:n]]
