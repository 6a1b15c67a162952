"""The measures of the rules on a small generated shop."""

import numpy as np
import pytest
from _common.rule_effects import aims, generated_shop, similarity, trade_offs

from recokit.reranking import Calibrate, Diversity, Exclude, InStock, MaxPer


@pytest.fixture(scope="module")
def shop():
    return generated_shop(small=True)


def test_each_rule_moves_its_measure_towards_its_aim(shop):
    plain = shop.shown([])
    lower = (Exclude, InStock, MaxPer, Diversity, Calibrate)
    for aim in aims(shop):
        before, after = aim.measure(plain), aim.measure(shop.shown([aim.rule]))
        if isinstance(aim.rule, lower) or aim.name.startswith(("mean age", "distance")):
            assert after < before, aim.name
        else:
            assert after > before, aim.name


def test_hard_rules_leave_nothing_of_the_items_they_exclude(shop):
    for aim in aims(shop):
        if isinstance(aim.rule, Exclude | InStock):
            assert aim.measure(shop.shown([aim.rule])) == 0


def test_the_similarity_is_the_mean_over_the_pairs_of_a_list(shop):
    lists = shop.shown([])
    columns = [dict(zip(shop.catalogue["item_id"], shop.catalogue[c], strict=True)) for c in ("category", "price_band")]
    shares = []
    for _, entries in lists:
        items = [item for item, _ in entries]
        shares += [
            np.mean([column[a] == column[b] for column in columns]) for k, a in enumerate(items) for b in items[k + 1 :]
        ]
    assert similarity(shop)(lists) == pytest.approx(np.mean(shares))


def test_without_a_trade_off_the_lists_are_those_of_the_model(shop):
    rows = {(by, trade_off): values for by, trade_off, *values in trade_offs(shop)}
    assert rows["mmr", 0.0] == rows["dpp", 0.0]
    assert rows["mmr", 0.0][0] == pytest.approx(shop.ndcg(shop.shown([])).mean())
    for by in ("mmr", "dpp"):
        assert rows[by, 0.9][1] < rows[by, 0.3][1] < rows[by, 0.0][1]
