import pytest

from recokit import CascadeHybrid, ItemKNN, Popularity, UnknownIdError, WeightedHybrid
from recokit.datasets import example_interactions
from tests.hybrid._parts import Fixed

DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()
USER = DATA.users.ids[0]
SEEN = DATA.items.take(DATA.item_codes[: DATA.indptr[1]]).tolist()
UNSEEN = [item for item in ITEMS if item not in SEEN]
ORDER = {item: -float(k) for k, item in enumerate(UNSEEN)}
FEW = {item: score for item, score in ORDER.items() if item != UNSEEN[-1]}


@pytest.fixture(scope="module")
def model():
    return WeightedHybrid([("order", Fixed(FEW)), ("first", Fixed({UNSEEN[0]: 1.0}))]).fit(DATA)


@pytest.mark.parametrize(
    ("item", "options", "stage", "english", "chinese"),
    [
        (999, {}, "unknown", "neither in the training data nor in a catalogue", "都没有它"),
        (SEEN[0], {}, "seen", "in the history", "历史记录"),
        (UNSEEN[1], {"exclude": [UNSEEN[1]]}, "excluded", "exclusions of the request", "过滤"),
        (UNSEEN[1], {"candidates": UNSEEN[2:]}, "excluded", "candidates or exclusions", "过滤"),
        (UNSEEN[-1], {}, "evidence", "no part with a weight has evidence", "依据"),
        (UNSEEN[3], {"n": 3}, "rank", "the hybrid ranks it 4 (order ranks it 4, first has no evidence)", "排在第 4 位"),
        (UNSEEN[2], {"n": 3}, "listed", "at rank 3", "排在第 3 位"),
        (UNSEEN[3], {"n": 3, "exclude": UNSEEN[:1]}, "listed", "at rank 3", "排在第 3 位"),
    ],
)
def test_the_stage_where_the_item_was_lost_is_named(model, item, options, stage, english, chinese):
    why = model.why_not(USER, item, **options)
    assert why.stage == stage
    assert english in str(why)
    assert str(item) in str(why)
    assert chinese in str(model.why_not(USER, item, language="zh", **options))


def test_items_that_no_part_of_a_cascade_proposes_are_lost_as_candidates():
    cascade = CascadeHybrid([("order", Fixed(ORDER))], Popularity(), n_candidates=2).fit(DATA)
    why = cascade.why_not(USER, UNSEEN[4])
    assert (why.stage, why.limit, why.parts[0].rank) == ("candidates", 2, 5)
    assert "no part has it among its first 2 items (order ranks it 5" in str(why)
    assert "前 2 名候选" in str(cascade.why_not(USER, UNSEEN[4], language="zh"))


def test_every_absent_item_has_a_stage_and_every_listed_one_its_rank():
    hybrid = WeightedHybrid([ItemKNN(), Popularity()]).fit(DATA)
    listed = [item for item, _ in hybrid.recommend(USER, n=4)[USER]]
    for item in ITEMS:
        why = hybrid.why_not(USER, item, n=4)
        assert (why.stage == "listed") == (item in listed)
        if item in listed:
            assert why.rank == 1 + listed.index(item)


def test_unknown_users_and_bad_arguments_are_refused(model):
    with pytest.raises(UnknownIdError):
        model.why_not("nobody", ITEMS[0])
    with pytest.raises(ValueError, match="n=0"):
        model.why_not(USER, ITEMS[0], n=0)
    with pytest.raises(ValueError, match="language"):
        model.why_not(USER, ITEMS[0], language="fr")
