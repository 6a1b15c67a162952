"""Strategies of baskets."""

from hypothesis import strategies as st

ITEMS = "abcdefg"
BASKETS = st.lists(st.lists(st.sampled_from(ITEMS), max_size=4), min_size=0, max_size=5)


def baskets_by_user(max_users=6):
    """Return histories of users, of which at least one has an item; baskets can be empty and repeat items."""
    lists = st.lists(BASKETS, min_size=1, max_size=max_users).filter(lambda users: any(any(user) for user in users))
    return lists.map(lambda users: {f"u{number}": baskets for number, baskets in enumerate(users)})
