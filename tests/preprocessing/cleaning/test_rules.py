"""Rules against row-by-row references, and the properties that all rules share."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from recokit import DataError, EventLog
from recokit.preprocessing import ClipQuantities, DropBots, DropDuplicates, DropItems, DropMissing, KCore, NetReturns
from tests.naive import cleaning as naive
from tests.preprocessing.cleaning._rows import in_any_order, make, read_back, result, rows

RULES = (
    DropMissing(),
    DropMissing(("user", "quantity", "timestamp")),
    DropDuplicates(),
    DropDuplicates("3s"),
    NetReturns(),
    NetReturns(order_prefix=None, negative_quantity=False),
    DropBots(min_events=1, min_signals=1, min_rate=2, min_burst=2, min_breadth=1.5),
    DropBots(min_events=1, min_signals=1, min_rate=1, min_burst=1, min_breadth=1, threshold=0.1),
    ClipQuantities(max=1.5),
    ClipQuantities(quantile=0.5),
    DropItems(ids=["cup"]),
    DropItems(patterns="^T"),
    KCore(user=2, item=1),
    KCore(user=2, item=2, distinct=False),
)


def applied(rule, log):
    """Return the result of a rule; skip logs whose orders all look like returns."""
    try:
        return rule.apply(log)
    except DataError as error:
        assume("order_prefix" not in str(error))
        raise


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(given=rows())
def test_a_rule_does_not_change_its_own_result(rule, given):
    first = applied(rule, make(given)).log
    again = applied(rule, first)
    assert again.log.equals(first)
    assert not again.removed.any()
    assert again.changed == 0


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(given=rows(), random=st.randoms())
def test_the_order_of_the_rows_changes_nothing(rule, given, random):
    one, other = applied(rule, make(given)), applied(rule, make(random.sample(given, len(given))))
    assert one.log.equals(other.log)
    assert one.notes == other.notes
    assert one.changed == other.changed


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(given=rows())
def test_removed_events_are_counted_and_the_others_stay(rule, given):
    log = make(given)
    made = applied(rule, log)
    assert made.removed.shape == (len(log),)
    assert len(made.log) == len(log) - made.removed.sum()
    kept = [row for row, gone in zip(read_back(log), made.removed, strict=True) if not gone]
    without_quantity = [[dict(row, quantity=0) for row in each] for each in (kept, read_back(made.log))]
    assert in_any_order(without_quantity[0]) == in_any_order(without_quantity[1])
    assert made.changed <= len(made.log)


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(given=rows())
def test_the_result_is_the_log_of_its_frame(rule, given):
    made = applied(rule, make(given)).log
    if len(made):  # a frame without rows is no log
        assert EventLog.from_frame(made.to_frame("polars")).to_frame("polars").equals(made.to_frame("polars"))


@given(rows(), st.sets(st.sampled_from(["user", "item", "quantity", "price", "order"]), min_size=1))
def test_drop_missing_keeps_complete_rows(given, columns):
    log = make(given)
    assert result(DropMissing(sorted(columns)), log)[0] == naive.drop_missing(read_back(log), columns)
    assert result(DropMissing("timestamp"), log)[0] == naive.drop_missing(read_back(log), ["time"])


@given(rows(max_size=20, last_second=6, quantities=(1.0, 2.0)), st.integers(0, 4))
def test_drop_duplicates_keeps_the_first_of_equal_rows_within_the_window(given, window):
    given = [dict(row, price=1.0, order=None if row["order"] == "2" else row["order"]) for row in given]
    log = make(given)
    kept, made = result(DropDuplicates(f"{window}s"), log)
    assert kept == naive.drop_duplicates(read_back(log), window)
    assert len(kept) == len(given) - made.removed.sum()


@given(rows(max_size=20))
@example(
    [{"user": "ann", "item": "cup", "time": 1, "event": "purchase", "quantity": -1.0, "price": None, "order": "1"}]
)
def test_net_returns_takes_the_latest_earlier_purchases(given):
    log = make(given)
    assume(not all(row["order"] == "C3" for row in given if row["order"] and row["event"] == "purchase"))
    kept, made = result(NetReturns(), log)
    expected, statuses = naive.net_returns(read_back(log), "C")
    assert in_any_order(kept) == in_any_order(expected)
    assert list(made.details.get("status", [])) == statuses


@given(rows(max_size=25), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_the_k_core_is_the_fixed_point(given, user, item, distinct):
    log = make(given)
    kept, _ = result(KCore(user, item, distinct), log)
    assert kept == naive.k_core(read_back(log), user, item, distinct)


@given(rows(), st.sampled_from([0.5, 1.0, 2.0]))
def test_quantities_are_clipped_on_both_sides(given, limit):
    log = make(given)
    kept, made = result(ClipQuantities(max=limit), log)
    assert in_any_order(kept) == in_any_order(naive.clip(read_back(log), limit))
    assert made.changed == sum(row["quantity"] is not None and abs(row["quantity"]) > limit for row in given)


@given(rows(), st.floats(0.05, 0.95))
def test_the_quantile_is_that_of_quantities_other_than_zero(given, share):
    sizes = [abs(row["quantity"]) for row in given if row["quantity"]]
    assume(sizes)
    log = make(given)
    limit = naive.quantile(sizes, share)
    assert in_any_order(result(ClipQuantities(quantile=share), log)[0]) == in_any_order(
        naive.clip(read_back(log), limit)
    )


@given(rows(missing=False))
def test_netting_and_orphans_account_for_all_revenue(given):
    given = [dict(row, price=2.5, order=None) for row in given]
    log = make(given)
    made = NetReturns().apply(log)
    unmatched = sum(made.details.get("unmatched_value", np.zeros(1)))
    assert made.log.revenue.sum() == pytest.approx(log.revenue.sum() + unmatched)
