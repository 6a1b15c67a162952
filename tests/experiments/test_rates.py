import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions
from recokit.experiments import conversion_rate, repeat_purchase_rate

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

FRAMES = [pd.DataFrame, pl.DataFrame, pa.table]
IDS = st.lists(st.integers(0, 9), max_size=20)


@given(IDS.filter(bool), IDS)
def test_the_conversion_rate_is_the_share_of_distinct_visitors_that_bought(visitors, buyers):
    assert conversion_rate(visitors, buyers) == len(set(visitors) & set(buyers)) / len(set(visitors))


@pytest.mark.parametrize("frame", FRAMES)
def test_visitors_and_buyers_are_read_from_every_form(frame):
    visits, purchases = frame({"user_id": ["ann", "bob", "bob", "cy"]}), frame({"user_id": ["bob", "eve"]})
    assert conversion_rate(visits, purchases) == pytest.approx(1 / 3)
    assert conversion_rate(np.array(["ann", "bob"]), ("bob",)) == 0.5
    data = Interactions.from_arrays(["ann", "bob"], ["tea", "cup"])
    assert conversion_rate(data, data.select(data.user_codes == 0)) == 0.5


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=25), st.integers(2, 4))
def test_the_repeat_purchase_rate_is_the_share_of_buyers_with_several_orders(rows, times):
    users, orders = zip(*rows, strict=True)
    by_user = {user: {order for buyer, order in rows if buyer == user} for user in users}
    expected = sum(len(each) >= times for each in by_user.values()) / len(by_user)
    assert repeat_purchase_rate(users, orders, times=times) == expected
    assert repeat_purchase_rate(pd.DataFrame({"user_id": users, "order_id": orders}), times=times) == expected
    alone = sum(users.count(user) >= times for user in set(users)) / len(set(users))
    assert repeat_purchase_rate(users, times=times) == alone


def test_visitors_and_buyers_with_ids_of_different_types_raise_a_warning():
    with pytest.warns(UserWarning, match="none of the buyers is among the visitors"):
        assert conversion_rate([1, 2], ["1"]) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: conversion_rate([], ["ann"]), DataError, "no visitors"),
        (lambda: conversion_rate([None], ["ann"]), DataError, "visitors"),
        (lambda: repeat_purchase_rate([]), DataError, "no buyers"),
        (lambda: repeat_purchase_rate(["ann"], [1, 2]), DataError, "2 orders for 1 rows"),
        (lambda: repeat_purchase_rate(["ann"], times=1), ValueError, "times=1"),
        (lambda: conversion_rate("ann", ["ann"]), DataError, "visitors: expected user ids, got the one string 'ann'"),
        (lambda: conversion_rate(["ann"], "ann"), DataError, "buyers: expected user ids"),
        (lambda: repeat_purchase_rate(["ann"], times=2.5), ValueError, "times=2.5: expected an integer of at least 2"),
        (lambda: repeat_purchase_rate(["ann", None]), DataError, "buyers"),
        (lambda: repeat_purchase_rate(["ann"], [None]), DataError, "orders"),
    ],
)
def test_invalid_visitors_buyers_and_orders_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
