"""What a model keeps to in predicting, recommending and explaining."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, UnknownIdError
from recokit.testing._subject import TOLERANCE, Subject, raises, same_lists


def check_a_batch_equals_its_single_parts(subject: Subject) -> None:
    """One user or pair at a time gives what all at once give."""
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


def check_scores_of_lists_are_predictions(subject: Subject) -> None:
    """Check that the score of a recommended item is what ``predict`` gives for the pair."""
    model = subject.fitted()
    for user, entries in model.recommend(n=6, exclude_seen=False):
        if entries:
            predicted = model.predict([(user, item) for item, _ in entries])
            assert_allclose([score for _, score in entries], predicted, rtol=TOLERANCE, atol=TOLERANCE)


def check_lists_hold_no_seen_item_no_item_twice_and_no_padding(subject: Subject) -> None:
    """Check that lists are sorted, of the catalogue, without seen items and repetitions, whatever n."""
    model, data = subject.fitted(), subject.data
    catalogue, n_items = set(model.interactions_.items), model.interactions_.n_items
    for n in (1, 5, n_items + 10):
        lists = model.recommend(n=n)
        assert lists.items.shape[1] == min(n, n_items)
        padding = lists.items[np.arange(lists.items.shape[1]) >= lists.counts[:, None]]
        assert not catalogue & set(padding.tolist()), "padding that is an item"
        for row, (user, entries) in enumerate(lists):
            items, scores = [item for item, _ in entries], [score for _, score in entries]
            start, stop = data.indptr[row : row + 2]
            seen = set(data.items.take(data.item_codes[start:stop]).tolist())
            assert len(items) == len(set(items)) == lists.counts[row], f"an item twice for {user!r}"
            assert not seen & set(items), f"seen items for {user!r}"
            assert set(items) <= catalogue
            assert np.all(np.isfinite(scores))
            assert np.all(np.diff(scores) <= 0)
    everything = model.recommend(n=n_items, exclude_seen=False)
    assert np.all(everything.counts >= model.recommend(n=n_items).counts)


def check_equal_scores_are_in_order_of_item(subject: Subject) -> None:
    """Ties break by item code; not at the ends of the scale, where what is clipped was not equal."""
    model = subject.fitted()
    index = model.interactions_.items
    ends = getattr(model, "rating_range_", ())
    for _, entries in model.recommend(n=len(index), exclude_seen=False):
        codes, scores = index.codes([item for item, _ in entries]), np.array([score for _, score in entries])
        assert np.all((np.diff(scores) < 0) | (np.diff(codes) > 0) | np.isin(scores[1:], ends))


def check_unknown_ids_are_predicted_and_named(subject: Subject) -> None:
    """``predict`` falls back; ``recommend`` raises, or gives popular items or an empty list, as asked."""
    model, user, item = subject.fitted(), next(iter(subject.data.users)), next(iter(subject.data.items))
    stranger = -999 if isinstance(user, int) else "nobody"
    pairs = [(stranger, item), (user, stranger), (stranger, stranger), (user, item)]
    predicted = model.predict(pairs)
    assert predicted.shape == (4,)
    assert np.all(np.isfinite(predicted))
    assert model.predict(pairs[:0]).shape == (0,)
    raises(UnknownIdError, lambda: model.recommend([user, stranger]), repr(stranger))
    assert model.recommend([stranger], on_unknown="empty").counts.tolist() == [0]
    popular = model.recommend([user, stranger], n=3, on_unknown="popular")
    assert popular.counts[1] == 3
    most = model.interactions_.items.take(np.argsort(-model._popular_scores(), kind="stable")[:3])
    assert_array_equal(popular.items[1], most)
    same_lists(model.recommend([user], n=3), model.recommend([user], n=3, on_unknown="popular"))
    raises(UnknownIdError, lambda: model.explain(user, stranger), repr(stranger))
    raises(ValueError, lambda: model.recommend(n=0), "n=0")
    raises(ValueError, lambda: model.recommend(on_unknown="guess"), "guess")


def check_candidates_and_exclusions_are_kept(subject: Subject) -> None:
    """Check that lists hold candidates only and nothing excluded, for all users and by user."""
    model, items, users = subject.fitted(), list(subject.data.items), list(subject.data.users)
    full = model.recommend(n=len(items), exclude_seen=False)
    few = items[::3]

    def kept(user: Any, allowed: Iterable[Any]) -> list[tuple[Any, float]]:
        return [entry for entry in full[user] if entry[0] in set(allowed)]

    options = {"n": len(items), "exclude_seen": False}
    for user, entries in model.recommend(candidates=few, **options):
        assert entries == kept(user, few)
    for user, entries in model.recommend(exclude=[*few, "no such item"], **options):
        assert entries == kept(user, set(items) - set(few))
    by_user = model.recommend(candidates={users[0]: few}, exclude={users[1]: few, "nobody": few}, **options)
    assert by_user[users[0]] == kept(users[0], few)
    assert by_user[users[1]] == kept(users[1], set(items) - set(few))
    assert by_user[users[2]] == full[users[2]]
    assert model.recommend(users[:2], candidates=[]).counts.tolist() == [0, 0]
    raises(UnknownIdError, lambda: model.recommend(candidates=[*few, "no such item"]), "no such item")


def check_people_never_seen_get_lists_from_their_histories(subject: Subject) -> None:
    """``recommend_for`` takes every form of history, leaves out what it holds, and a batch equals single people."""
    model, data = subject.fitted(), subject.data
    items = list(data.items)
    ratings = {item: float(1 + k % 5) for k, item in enumerate(items[::4])}
    plain = dict.fromkeys(ratings, 1.0) if data.feedback == "implicit" else ratings
    alone = model.recommend_for({"eve": plain}, n=4)
    together = model.recommend_for({"abe": dict(list(plain.items())[:2]), "eve": plain, "noa": {}}, n=4)
    assert alone["eve"] == together["eve"]
    assert not {item for item, _ in together["eve"]} & set(plain)
    assert model.recommend_for([plain], n=4)[0] == alone["eve"]
    log = Interactions.from_arrays(["eve"] * len(plain), list(plain), list(plain.values()), feedback=data.feedback)
    assert model.recommend_for(log, n=4)["eve"] == alone["eve"]
    if data.feedback == "implicit":
        assert model.recommend_for({"eve": list(plain)}, n=4)["eve"] == alone["eve"]
    else:
        raises(DataError, lambda: model.recommend_for([list(plain)]), "rating")
    raises(UnknownIdError, lambda: model.recommend_for([{"no such item": 1.0}]), "no such item")
    assert model.recommend_for([{**plain, "no such item": 1.0}], n=4, on_unknown="empty")[0] == alone["eve"]
    assert model.recommend_for([{}], n=2, on_unknown="popular").counts.tolist() == [2]


def check_explanations_add_up(subject: Subject) -> None:
    """Check that the terms of an explanation add up to the score, and it reads as a sentence in both languages."""
    model, users = subject.fitted(), list(subject.data.users)
    for user, entries in model.recommend(users[::6], n=3, exclude_seen=False):
        for item, score in entries:
            for language in ("en", "zh"):
                why = model.explain(user, item, language=language)
                total = sum(term.contribution for term in why.terms)
                assert_allclose(total, why.score, rtol=TOLERANCE, atol=TOLERANCE)
                assert_allclose(why.score, score, rtol=TOLERANCE, atol=TOLERANCE)
                assert str(item) in str(why)


def check_similar_things_are_others_best_first(subject: Subject) -> None:
    """``similar_items`` and ``similar_users`` list other items or users, sorted, none twice, or are not there."""
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
        raises(UnknownIdError, functools.partial(similar, ["nobody"]), "nobody")
