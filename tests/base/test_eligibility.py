import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import IdIndex, UnknownIdError
from recokit._runtime.threads import Runner
from recokit.base import Top
from recokit.base._eligibility import Eligibility
from recokit.data.rows import Rows
from tests.naive.selection import best

ITEMS = IdIndex(["a", "b", "c", "d", "e"])
PEOPLE = ["ann", "bob", 3]
KNOWN = st.lists(st.sampled_from(list(ITEMS)), max_size=5)
ANY_ITEM = st.lists(st.sampled_from([*ITEMS, "x", 9]), max_size=5)
BY_PERSON = st.sampled_from([*PEOPLE, "nobody"])
SCORES = st.lists(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, -1.0, -math.inf]), min_size=5, max_size=5), min_size=3, max_size=3
)


@given(
    SCORES,
    st.one_of(st.none(), KNOWN, st.dictionaries(BY_PERSON, KNOWN)),
    st.one_of(st.none(), ANY_ITEM, st.dictionaries(BY_PERSON, ANY_ITEM)),
    st.one_of(st.none(), st.lists(st.sets(st.integers(0, 4)), min_size=3, max_size=3)),
    st.integers(1, 5),
)
def test_lists_are_the_best_of_what_every_rule_allows(rows, candidates, exclude, seen, n):
    histories = None
    if seen is not None:
        indptr = np.cumsum([0, *map(len, seen)]).astype(np.int64)
        codes = np.array([code for one in seen for code in sorted(one)], dtype=np.int32)
        histories = Rows.from_arrays(indptr, codes, np.ones(len(codes), dtype=np.float32))
    top = (
        Eligibility(ITEMS, candidates, exclude)
        .of_users(PEOPLE, histories)
        .select(np.array(rows, np.float32), n, Runner(2))
    )
    for row, person in enumerate(PEOPLE):
        only = candidates.get(person) if isinstance(candidates, dict) else candidates
        never = exclude.get(person, []) if isinstance(exclude, dict) else exclude or []
        allowed = [
            score
            if (only is None or item in only) and item not in never and not (seen and code in seen[row])
            else -math.inf
            for code, (item, score) in enumerate(zip(ITEMS, rows[row], strict=True))
        ]
        expected = best(allowed, n)
        count = top.counts[row]
        assert count == len(expected)
        found = zip(top.codes[row, :count].tolist(), top.scores[row, :count].tolist(), strict=True)
        assert list(found) == expected
        assert np.all(top.codes[row, count:] == -1)


@pytest.mark.parametrize("candidates", ["x", ["a", "x"], {"ann": ["a", "x"]}])
def test_an_unknown_candidate_is_an_error(candidates):
    with pytest.raises(UnknownIdError, match=r"1 unknown item id\(s\): 'x'"):
        Eligibility(ITEMS, candidates).of_users(PEOPLE, None)


def test_a_single_id_is_a_rule():
    eligibility = Eligibility(ITEMS, exclude="b", candidates=("b", "c"))
    top = eligibility.of_users(["ann"], None).select(np.zeros((1, 5), dtype=np.float32), 5, Runner())
    assert top.codes[0, :2].tolist() == [2, -1]


@given(
    st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=5, max_size=5), min_size=3, max_size=3),
    st.one_of(st.none(), st.dictionaries(BY_PERSON, KNOWN)),
    st.one_of(st.none(), st.dictionaries(BY_PERSON, ANY_ITEM)),
    st.lists(st.integers(0, 2), max_size=4),
)
def test_some_rows_of_a_eligible_choose_what_all_of_them_do(scores, candidates, exclude, rows):
    eligible = Eligibility(ITEMS, candidates, exclude).of_users(PEOPLE, None)
    everybody = eligible.select(np.array(scores, dtype=np.float32), 4, Runner())
    some = eligible.take(np.array(rows, dtype=np.int64)).select(np.array(scores, dtype=np.float32)[rows], 4, Runner())
    for mine, theirs in zip(some, everybody, strict=True):
        np.testing.assert_array_equal(mine, theirs[rows])


def test_there_is_room_for_nobody():
    assert [part.shape for part in Top.empty(0, 4)] == [(0, 4), (0, 4), (0,)]
