import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import IdIndex, UnknownIdError
from recokit._runtime.threads import Runner
from recokit.base._eligibility import Eligibility
from recokit.data.rows import Rows
from tests.naive.selection import best

ITEMS = IdIndex(["a", "b", "c", "d", "e"])
USERS = ["ann", "bob", 3]
KNOWN_ITEMS = st.lists(st.sampled_from(list(ITEMS)), max_size=5)
ANY_ITEMS = st.lists(st.sampled_from([*ITEMS, "x", 9]), max_size=5)
USER_KEYS = st.sampled_from([*USERS, "unknown"])
SCORES = st.lists(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, -1.0, -math.inf]), min_size=5, max_size=5), min_size=3, max_size=3
)


@given(
    SCORES,
    st.one_of(st.none(), KNOWN_ITEMS, st.dictionaries(USER_KEYS, KNOWN_ITEMS)),
    st.one_of(st.none(), ANY_ITEMS, st.dictionaries(USER_KEYS, ANY_ITEMS)),
    st.one_of(st.none(), st.lists(st.sets(st.integers(0, 4)), min_size=3, max_size=3)),
    st.integers(1, 5),
)
def test_lists_hold_the_best_items_that_every_rule_allows(rows, candidates, exclude, seen, n):
    histories = None
    if seen is not None:
        indptr = np.cumsum([0, *map(len, seen)]).astype(np.int64)
        codes = np.array([code for user_codes in seen for code in sorted(user_codes)], dtype=np.int32)
        histories = Rows.from_arrays(indptr, codes, np.ones(len(codes), dtype=np.float32))
    top = (
        Eligibility(ITEMS, candidates, exclude)
        .of_users(USERS, histories)
        .select(np.array(rows, np.float32), n, Runner(2))
    )
    for row, user in enumerate(USERS):
        allowed = candidates.get(user) if isinstance(candidates, dict) else candidates
        excluded = exclude.get(user, []) if isinstance(exclude, dict) else exclude or []
        eligible_scores = [
            score
            if (allowed is None or item in allowed) and item not in excluded and not (seen and code in seen[row])
            else -math.inf
            for code, (item, score) in enumerate(zip(ITEMS, rows[row], strict=True))
        ]
        expected = best(eligible_scores, n)
        count = top.counts[row]
        assert count == len(expected)
        found = zip(top.codes[row, :count].tolist(), top.scores[row, :count].tolist(), strict=True)
        assert list(found) == expected
        assert np.all(top.codes[row, count:] == -1)


@pytest.mark.parametrize("candidates", ["x", ["a", "x"], {"ann": ["a", "x"]}])
def test_an_unknown_candidate_raises_an_error(candidates):
    with pytest.raises(UnknownIdError, match=r"1 unknown item id\(s\): 'x'"):
        Eligibility(ITEMS, candidates).of_users(USERS, None)


def test_a_single_id_can_be_excluded():
    eligibility = Eligibility(ITEMS, exclude="b", candidates=("b", "c"))
    top = eligibility.of_users(["ann"], None).select(np.zeros((1, 5), dtype=np.float32), 5, Runner())
    assert top.codes[0, :2].tolist() == [2, -1]


@given(
    st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=5, max_size=5), min_size=3, max_size=3),
    st.one_of(st.none(), st.dictionaries(USER_KEYS, KNOWN_ITEMS)),
    st.one_of(st.none(), st.dictionaries(USER_KEYS, ANY_ITEMS)),
    st.lists(st.integers(0, 2), max_size=4),
)
def test_some_of_the_users_get_the_same_lists_as_among_all_users(scores, candidates, exclude, rows):
    eligible = Eligibility(ITEMS, candidates, exclude).of_users(USERS, None)
    scores = np.array(scores, dtype=np.float32)
    some = eligible.take(np.array(rows, dtype=np.int64)).select(scores[rows], 4, Runner())
    for of_some, of_all in zip(some, eligible.select(scores, 4, Runner()), strict=True):
        np.testing.assert_array_equal(of_some, of_all[rows])
