"""Repeat and explore parts: the relevant items that a user had before the test, and the new ones."""

from typing import Literal

import numpy as np

from recokit._typing import FloatArray
from recokit.data.interactions import Interactions
from recokit.metrics._leaks import training_cells
from recokit.metrics._pairing import Pairing
from recokit.metrics._truth import Truth

__all__ = ["PARTS", "Part", "part_of_truth", "without_undefined"]

Part = Literal["repeat", "explore"]
PARTS = ("repeat", "explore")


def part_of_truth(truth: Truth, histories: Interactions, part: Part) -> Truth:
    """Return the relevant items that are in the history of the user ("repeat"), or those outside it ("explore").

    Parameters
    ----------
    truth : Truth
    histories : Interactions
        Items of each user before the test.
    part : {"repeat", "explore"}
    """
    user_codes = histories.users.codes(truth.users)[truth.rows.row_codes]
    item_codes = histories.items.codes(truth.items)[truth.rows.codes]
    is_repeat = training_cells(histories, user_codes, item_codes) >= 0
    return truth.select(is_repeat if part == "repeat" else ~is_repeat)


def without_undefined(values: FloatArray, truth: Truth, pairing: Pairing) -> FloatArray:
    """Return the values of a part, NaN for users without a relevant item in it; with ``missing="zero"`` they keep 0.

    Parameters
    ----------
    values : (n_users, n_metrics) float64 array
    truth : Truth
        The part.
    pairing : Pairing
    """
    if pairing.missing == "zero":
        return values
    lengths = np.append(truth.rows.lengths, 0)[pairing.test_rows]
    return np.where(lengths[:, None] > 0, values, np.nan)
