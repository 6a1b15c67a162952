"""clean and its report."""

import math

import numpy as np
import pytest

from recokit import DataError, EventLog
from recokit.datasets import make_shop
from recokit.preprocessing import CleaningReport, DropDuplicates, DropItems, DropMissing, KCore, NetReturns
from recokit.preprocessing.cleaning import Rule, RuleResult


@pytest.fixture(scope="module")
def log():
    return EventLog.from_frame(
        {
            "user_id": ["ann", "ann", "bob", "bob", None, "eve"],
            "item_id": ["tea", "tea", "tea", "cup", "cup", "<POST>"],
            "event": ["purchase", "return", "purchase", "purchase", "purchase", "purchase"],
            "timestamp": [f"2024-05-0{day}" for day in range(1, 7)],
            "quantity": [3, 1, 1, 2, 1, 1],
            "price": [2.0, 2.0, 2.0, 5.0, 5.0, 9.0],
        }
    )


RULES = (DropMissing(), NetReturns(), DropItems(patterns="^<"), KCore(user=1, item=2))


@pytest.fixture(scope="module")
def cleaned(log):
    return log.clean(*RULES)


def test_the_report_counts_the_effect_of_each_rule(cleaned):
    after, report = cleaned
    frame = report.to_frame()
    assert frame["rule"].tolist() == [repr(rule) for rule in RULES]
    assert frame["events"].tolist() == [1, 1, 1, 1]
    assert frame["users"].tolist() == [0, 0, 1, 0]
    assert frame["items"].tolist() == [0, 0, 1, 1]
    assert frame["revenue"].tolist() == [5, 0, 9, 10]
    assert frame["changed"].tolist() == [0, 1, 0, 0]
    assert report.before == (6, 3, 3, 30.0)
    assert report.after == (2, 2, 1, 6.0)
    assert after.revenue.sum() == 6


def test_the_numbers_of_the_rules_add_up():
    shop = make_shop(200, 100, 10_000, bots=2, returns=0.1, duplicates=0.1)
    before = EventLog.from_frame(shop.events)
    after, report = before.clean(DropDuplicates("2s"), NetReturns(), KCore(8, 8))
    assert len(before) - len(after) == sum(step.events for step in report)
    assert before.n_users - after.n_users == sum(step.users for step in report)
    assert before.n_items - after.n_items == sum(step.items for step in report)
    assert before.revenue.sum() - after.revenue.sum() == pytest.approx(sum(step.revenue for step in report))


def test_rules_are_applied_in_order(log):
    one, _ = log.clean(KCore(1, 2), DropMissing())
    other, _ = log.clean(DropMissing(), KCore(1, 2))
    assert one.items.ids.tolist() == ["tea"]
    assert other.equals(log.clean(DropMissing())[0].clean(KCore(1, 2))[0])


def test_the_report_prints_a_table_with_examples(cleaned):
    text = str(cleaned[1])
    assert text.splitlines()[0].split() == ["rule", "events", "users", "items", "revenue", "changed"]
    assert "no user: 1 event, such as no user purchase item cup 2024-05-05T00:00:00" in text
    assert "1 event of item <POST>" in text
    html = cleaned[1]._repr_html_()
    assert "&lt;POST&gt;" in html
    assert "<POST>" not in html
    assert "revenue" in html


def test_a_log_without_prices_has_no_revenue():
    log = EventLog.from_frame({"user_id": [1, 1], "item_id": ["tea", None]})
    report = log.clean(DropMissing())[1]
    assert "revenue" not in str(report)
    assert math.isnan(report[0].revenue)


def test_steps_are_found_by_name_and_position(cleaned):
    report = cleaned[1]
    assert report["KCore"] is report[3] is list(report)[3]
    assert len(report) == 4
    with pytest.raises(KeyError, match="0 rules are named 'KCores'; the rules are 'DropMissing', 'NetReturns'"):
        report["KCores"]


def test_details_need_a_rule_that_has_some(cleaned):
    assert cleaned[1].details("NetReturns", "polars")["netted"].to_list() == [1]
    with pytest.raises(ValueError, match="has no details; its examples are"):
        cleaned[1].details("KCore")


def test_cleaning_without_rules_returns_the_log(log):
    same, report = log.clean()
    assert same is log
    assert isinstance(report, CleaningReport)
    assert len(report) == 0
    assert report.before == report.after
    assert report.to_frame().shape == (0, 6)


def test_an_empty_result_names_the_rule_and_the_remedy(log):
    with pytest.raises(DataError) as caught:
        log.clean(DropMissing(), KCore(user=9, item=9))
    assert str(caught.value).startswith("KCore(user=9, item=9) removed all 5 remaining events (3 of 3 users with fewer")
    assert str(caught.value).endswith("use smaller numbers, or count more kinds of events")
    none = EventLog.from_frame({"user_id": [None, None], "item_id": ["tea", "cup"]})
    with pytest.raises(DataError, match=r"DropMissing\(\) removed all 2 remaining events \(no user: 2 events"):
        none.clean(DropMissing())


def test_an_empty_log_is_refused(log):
    with pytest.raises(DataError, match="the log has no events"):
        log.take([]).clean(DropMissing())


class KeepKind:
    """A rule of a user."""

    def __init__(self, kind):
        self.kind = kind

    def apply(self, log):
        removed = ~log.is_kind(self.kind)
        return RuleResult(log.take(~removed), removed)


class Wrong:
    def apply(self, log):
        return RuleResult(log, np.ones(len(log), dtype=bool))


def test_any_object_with_apply_is_a_rule(log):
    assert isinstance(KeepKind("return"), Rule)
    cleaned, report = log.clean(KeepKind("return"))
    assert cleaned.kinds == ("return",)
    assert report["KeepKind"].events == 5
    with pytest.raises(DataError, match="removed all 6 remaining events; change the parameters of the rule"):
        log.clean(KeepKind("wish"))


def test_objects_that_are_no_rules_are_refused(log):
    with pytest.raises(TypeError, match="DropMissing is a class; pass an instance"):
        log.clean(DropMissing)
    with pytest.raises(TypeError, match="'tea' is not a rule"):
        log.clean("tea")
    with pytest.raises(DataError, match="expected a RuleResult with a mask"):
        log.clean(Wrong())
