"""The codes of pairs to predict, and warnings about pairs of unknown users and items."""

import warnings
from itertools import islice
from typing import Any

from recokit._runtime.warnings import levels_inside
from recokit._typing import CodeArray
from recokit.data._inputs import codes_if_known, warn_of_other_form
from recokit.data.interactions import Interactions

__all__ = ["codes_of_pairs"]

_MANY_USERS = 10  # so many distinct users are more than a request for a new one
_MAX_COUNTED = 1000  # pairs whose users are counted


def codes_of_pairs(data: Interactions, users: Any, items: Any) -> tuple[CodeArray, CodeArray]:
    """Return the codes of the users and of the items of pairs, −1 for unknown ids.

    Warns
    -----
    UserWarning
        No user or no item is known, and one is known in another form; or many users are given, and none is known.
    """
    user_codes, item_codes = data.users.codes(users), codes_if_known(data.items, items, "item")
    in_other_form = warn_of_other_form(data.users, users, user_codes, "user")
    if len(user_codes) >= _MANY_USERS and user_codes.max() < 0 and not in_other_form:
        n_users = len(set(islice(iter(users), _MAX_COUNTED)))
        if n_users >= _MANY_USERS:
            warnings.warn(
                f"none of the users of the {len(user_codes):,} pairs is in the training data, so predictions depend on "
                "the items alone; unshuffled folds (cv=5) of pairs sorted by user have this effect: use X, y = "
                "recokit.model_selection.as_pairs(data), which shuffles, or cv=KFold(5, shuffle=True)",
                stacklevel=levels_inside(),
            )
    return user_codes, item_codes
