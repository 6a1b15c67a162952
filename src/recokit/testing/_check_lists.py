"""Checks of predictions, recommendations and explanations."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, UnknownIdError
from recokit.testing._subject import TOLERANCE, Subject, raises, same_lists


def check_a_batch_equals_single_calls(subject: Subject) -> None:
    """Check that single users and pairs get the same results as in a batch."""
    model = subject.fitted()
    pairs, _ = subject.pairs()
    single = np.concatenate([model.predict(pairs[k : k + 1]) for k in range(0, len(pairs), 7)])
    assert_allclose(single, model.predict(pairs)[::7], rtol=TOLERANCE, atol=TOLERANCE)
    together = model.recommend(n=4)
    for user in list(subject.data.users)[::5]:
        alone = model.recommend(user, n=4)[user]
        assert [item for item, _ in alone] == [item for item, _ in together[user]]
        assert_allclose([s for _, s in alone], [s for _, s in together[user]], rtol=TOLERANCE, atol=TOLERANCE)
    streamed = list(model.iter_recommend(n=4, batch_size=7))
    assert_array_equal(np.concatenate([part.items for part in streamed]), together.items)


def check_scores_in_lists_equal_predictions(subject: Subject) -> None:
    """Check that the score of a recommended item equals ``predict`` for the pair."""
    model = subject.fitted()
    for user, entries in model.recommend(n=6, exclude_seen=False):
        if entries:
            predicted = model.predict([(user, item) for item, _ in entries])
            assert_allclose([score for _, score in entries], predicted, rtol=TOLERANCE, atol=TOLERANCE)


def check_lists_are_sorted_and_have_no_seen_repeated_or_padding_items(subject: Subject) -> None:
    """Check lists of several lengths: sorted, items of the catalogue, no seen items, no repetitions."""
    model, data = subject.fitted(), subject.data
    catalogue, n_items = set(model.interactions_.items), model.interactions_.n_items
    for n in (1, 5, n_items + 10):
        lists = model.recommend(n=n, exclude_seen=True)
        assert lists.items.shape[1] == min(n, n_items)
        padding = lists.items[np.arange(lists.items.shape[1]) >= lists.counts[:, None]]
        assert not catalogue & set(padding.tolist()), "padding is an item id"
        for row, (user, entries) in enumerate(lists):
            items, scores = [item for item, _ in entries], [score for _, score in entries]
            start, stop = data.indptr[row : row + 2]
            seen = set(data.items.take(data.item_codes[start:stop]).tolist())
            assert len(items) == len(set(items)) == lists.counts[row], f"repeated items for {user!r}"
            assert not seen & set(items), f"seen items for {user!r}"
            assert set(items) <= catalogue
            assert np.all(np.isfinite(scores))
            assert np.all(np.diff(scores) <= 0)
    everything = model.recommend(n=n_items, exclude_seen=False)
    assert np.all(everything.counts >= model.recommend(n=n_items, exclude_seen=True).counts)


def check_users_of_items_are_those_whose_lists_hold_them(subject: Subject) -> None:
    """Check ``recommend_users``: the users and scores of the full lists, best first, ties by user code."""
    model = subject.fitted()
    users, items = model.interactions_.users, model.interactions_.items
    for exclude_seen in (False, True):
        expected: dict[Any, dict[Any, float]] = {item: {} for item in items}
        for user, entries in model.recommend(n=len(items), exclude_seen=exclude_seen):
            for item, score in entries:
                expected[item][user] = score
        for item, found in model.recommend_users(list(items), n=len(users), exclude_seen=exclude_seen):
            assert {user for user, _ in found} == set(expected[item]), f"the users of {item!r} differ from the lists"
            scores = np.array([score for _, score in found])
            wanted = [expected[item][user] for user, _ in found]
            assert_allclose(scores, wanted, rtol=TOLERANCE, atol=TOLERANCE)
            ends = np.isin(scores[1:], getattr(model, "rating_range_", ()))
            ordered = (np.diff(scores) < 0) | (np.diff(users.codes([user for user, _ in found])) > 0) | ends
            assert np.all(ordered), f"the users of {item!r} are not in order"
    item, user = next(iter(items)), next(iter(users))
    few = model.recommend_users(item, n=2, exclude_seen=False, exclude=[user])
    longer = model.recommend_users([item], n=3, exclude_seen=False)[item]
    assert few[item] == [pair for pair in longer if pair[0] != user][:2]
    assert {other for other, _ in model.recommend_users(item, candidates=[user], exclude_seen=False)[item]} <= {user}
    raises(UnknownIdError, lambda: model.recommend_users([-999 if isinstance(item, int) else "unknown"]))


def check_ties_are_broken_by_item_code(subject: Subject) -> None:
    """Check ties, except at the ends of the rating scale, where clipping makes different scores equal."""
    model = subject.fitted()
    index = model.interactions_.items
    ends = getattr(model, "rating_range_", ())
    for _, entries in model.recommend(n=len(index), exclude_seen=False):
        codes, scores = index.codes([item for item, _ in entries]), np.array([score for _, score in entries])
        assert np.all((np.diff(scores) < 0) | (np.diff(codes) > 0) | np.isin(scores[1:], ends))


def check_unknown_ids_get_fallbacks_or_errors(subject: Subject) -> None:
    """Check that ``predict`` falls back, and that ``recommend`` follows ``on_unknown``."""
    model, user, item = subject.fitted(), next(iter(subject.data.users)), next(iter(subject.data.items))
    unknown = -999 if isinstance(user, int) else "unknown"
    pairs = [(unknown, item), (user, unknown), (unknown, unknown), (user, item)]
    predicted = model.predict(pairs)
    assert predicted.shape == (4,)
    assert np.all(np.isfinite(predicted))
    assert model.predict(pairs[:0]).shape == (0,)
    raises(UnknownIdError, lambda: model.recommend([user, unknown]), repr(unknown))
    assert model.recommend([unknown], on_unknown="empty").counts.tolist() == [0]
    popular = model.recommend([user, unknown], n=3, on_unknown="popular")
    assert popular.counts[1] == 3
    most_popular = model.interactions_.items.take(np.argsort(-model._popular_scores(), kind="stable")[:3])
    assert_array_equal(popular.items[1], most_popular)
    same_lists(model.recommend([user], n=3), model.recommend([user], n=3, on_unknown="popular"))
    raises(UnknownIdError, lambda: model.explain(user, unknown), repr(unknown))
    raises(ValueError, lambda: model.recommend(n=0), "n=0")
    raises(ValueError, lambda: model.recommend(on_unknown="guess"), "guess")


def check_candidates_and_exclusions_are_respected(subject: Subject) -> None:
    """Check that lists have only candidates and no excluded items, for all users and by user."""
    model, items, users = subject.fitted(), list(subject.data.items), list(subject.data.users)
    full = model.recommend(n=len(items), exclude_seen=False)
    few = items[::3]

    def assert_restricted(entries: list[tuple[Any, float]], user: Any, eligible: Iterable[Any]) -> None:
        # BLAS may sum in another order for another number of users, which may exchange nearly equal scores.
        expected = {item: score for item, score in full[user] if item in set(eligible)}
        assert dict(entries).keys() == expected.keys()
        for scores in (expected.values(), [expected[item] for item, _ in entries]):
            assert_allclose([score for _, score in entries], list(scores), rtol=TOLERANCE, atol=TOLERANCE)

    options = {"n": len(items), "exclude_seen": False}
    for user, entries in model.recommend(candidates=few, **options):
        assert_restricted(entries, user, few)
    for user, entries in model.recommend(exclude=[*few, "no such item"], **options):
        assert_restricted(entries, user, set(items) - set(few))
    by_user = model.recommend(candidates={users[0]: few}, exclude={users[1]: few, "unknown": few}, **options)
    assert_restricted(by_user[users[0]], users[0], few)
    assert_restricted(by_user[users[1]], users[1], set(items) - set(few))
    assert_restricted(by_user[users[2]], users[2], items)
    assert model.recommend(users[:2], candidates=[]).counts.tolist() == [0, 0]
    raises(UnknownIdError, lambda: model.recommend(candidates=[*few, "no such item"]), "no such item")


def check_new_users_get_lists_from_their_histories(subject: Subject) -> None:
    """Check ``recommend_for``: every form of history, no items of the history, and single users as in a batch."""
    model, data = subject.fitted(), subject.data
    items = list(data.items)
    ratings = {item: float(1 + k % 5) for k, item in enumerate(items[::4])}
    plain = dict.fromkeys(ratings, 1.0) if data.feedback == "implicit" else ratings
    options: dict[str, Any] = {"n": 4, "exclude_seen": True}
    alone = model.recommend_for({"eve": plain}, **options)
    together = model.recommend_for({"abe": dict(list(plain.items())[:2]), "eve": plain, "noa": {}}, **options)
    assert alone["eve"] == together["eve"]
    assert not {item for item, _ in together["eve"]} & set(plain)
    assert model.recommend_for([plain], **options)[0] == alone["eve"]
    times = np.arange(len(plain))
    log = Interactions.from_arrays(
        ["eve"] * len(plain), list(plain), list(plain.values()), times, feedback=data.feedback
    )
    assert model.recommend_for(log, **options)["eve"] == alone["eve"]
    if data.feedback == "implicit":
        assert model.recommend_for({"eve": list(plain)}, **options)["eve"] == alone["eve"]
    else:
        raises(DataError, lambda: model.recommend_for([list(plain)]), "rating")
    raises(UnknownIdError, lambda: model.recommend_for([{"no such item": 1.0}]), "no such item")
    assert model.recommend_for([{**plain, "no such item": 1.0}], **options, on_unknown="empty")[0] == alone["eve"]
    assert model.recommend_for([{}], n=2, on_unknown="popular").counts.tolist() == [2]


def check_explanations_add_up(subject: Subject) -> None:
    """Check that the terms of an explanation add up to the score, and that the text in each language names the item."""
    model, users = subject.fitted(), list(subject.data.users)
    for user, entries in model.recommend(users[::6], n=3, exclude_seen=False):
        for item, score in entries:
            for language in ("en", "zh"):
                why = model.explain(user, item, language=language)
                total = sum(term.contribution for term in why.terms)
                assert_allclose(total, why.score, rtol=TOLERANCE, atol=TOLERANCE)
                assert_allclose(why.score, score, rtol=TOLERANCE, atol=TOLERANCE)
                assert str(item) in str(why)


def check_similar_items_and_users_are_sorted_and_exclude_the_query(subject: Subject) -> None:
    """Check ``similar_items`` and ``similar_users``: sorted, without the query and repetitions, or not implemented."""
    model = subject.fitted()
    for similar, index in ((model.similar_items, subject.data.items), (model.similar_users, subject.data.users)):
        queries = list(index)[:4]
        try:
            lists = similar(queries, n=5)
        except NotImplementedError:
            continue
        for query, entries in lists:
            names, scores = [name for name, _ in entries], [score for _, score in entries]
            assert query not in names
            assert len(set(names)) == len(names)
            assert np.all(np.diff(scores) <= 0)
        raises(UnknownIdError, functools.partial(similar, ["unknown"]), "unknown")
