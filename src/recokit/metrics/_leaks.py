"""A warning where the test set was seen in training."""

import warnings

import numpy as np

from recokit.exceptions import LeakageWarning
from recokit.interactions import Interactions
from recokit.metrics._truth import Truth

__all__ = ["warn_of_leaks"]


def warn_of_leaks(truth: Truth, train: Interactions) -> None:
    """Warn of test pairs that are in the training data: lists leave them out, or hit what was learned by heart."""
    users = train.users.codes(truth.users).astype(np.int64)[
        np.repeat(np.arange(len(truth.users)), np.diff(truth.indptr))
    ]
    items = train.items.codes(truth.items).astype(np.int64)[truth.item_codes]
    known = (users >= 0) & (items >= 0)
    cells = train.user_codes.astype(np.int64) * train.n_items + train.item_codes  # ascending
    wanted = users[known] * train.n_items + items[known]
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    n_leaked = int(np.count_nonzero(cells[places] == wanted))
    if n_leaked:
        warnings.warn(
            f"{n_leaked} of {len(users)} test pairs are in the training data, which makes the evaluation meaningless "
            "for them; split so that no pair is on both sides",
            LeakageWarning,
            stacklevel=3,
        )
