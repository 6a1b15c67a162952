"""The contract that every recommender keeps, as checks that third parties can run on their own."""

import copy
import functools
import pickle
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

import recokit
from recokit import _threads
from recokit._frames import to_frame
from recokit.base import Recommender
from recokit.exceptions import DataError, ModelFormatError, UnknownIdError
from recokit.interactions import Interactions
from recokit.persistence import load
from recokit.recommendations import Recommendations

__all__ = [
    "CHECKS",
    "INAPPLICABLE_SKLEARN_CHECKS",
    "all_recommenders",
    "check_recommender",
    "example_interactions",
]

Side = Callable[[Interactions], dict[str, Any]]
_TOLERANCE = 1e-5  # scores are float32
_OTHER_COLUMNS = "fits an X of other than two columns, which are no (user, item) pairs"

#: The checks of ``sklearn.utils.estimator_checks.check_estimator`` that cannot apply to recommenders, and why: its
#: argument ``expected_failed_checks``. All others pass.
INAPPLICABLE_SKLEARN_CHECKS: dict[str, str] = {
    "check_dict_unchanged": _OTHER_COLUMNS,
    "check_dont_overwrite_parameters": _OTHER_COLUMNS,
    "check_dtype_object": _OTHER_COLUMNS,
    "check_estimators_dtypes": _OTHER_COLUMNS,
    "check_estimators_empty_data_messages": "wants scikit-learn's words where an X without columns is refused",
    "check_estimators_nan_inf": _OTHER_COLUMNS,
    "check_estimators_pickle": _OTHER_COLUMNS,
    "check_f_contiguous_array_estimator": _OTHER_COLUMNS,
    "check_fit2d_1sample": _OTHER_COLUMNS,
    "check_fit2d_predict1d": _OTHER_COLUMNS,
    "check_fit_score_takes_y": _OTHER_COLUMNS,
    "check_methods_sample_order_invariance": _OTHER_COLUMNS,
    "check_methods_subset_invariance": _OTHER_COLUMNS,
    "check_n_features_in_after_fitting": _OTHER_COLUMNS,
    "check_non_transformer_estimators_n_iter": _OTHER_COLUMNS,
    "check_pipeline_consistency": _OTHER_COLUMNS,
    "check_positive_only_tag_during_fit": _OTHER_COLUMNS,
    "check_regressor_data_not_an_array": _OTHER_COLUMNS,
    "check_regressors_int": _OTHER_COLUMNS,
    "check_regressors_no_decision_function": _OTHER_COLUMNS,
    "check_regressors_train": _OTHER_COLUMNS,
    "check_requires_y_none": "wants scikit-learn's words where a model of ratings refuses pairs without ratings",
    "check_supervised_y_2d": _OTHER_COLUMNS,
}


def all_recommenders() -> list[type[Recommender]]:
    """Return the recommenders that recokit offers at its top level.

    Examples
    --------
    >>> recokit.Popularity in all_recommenders()
    True
    """
    public = (getattr(recokit, name) for name in recokit.__all__)
    return [
        thing
        for thing in public
        if isinstance(thing, type) and issubclass(thing, Recommender) and thing is not Recommender
    ]


def example_interactions(feedback: str, *, strings: bool = False, seed: int = 0) -> Interactions:
    """Return interactions of 25 users with 18 items that favour one half of the catalogue each.

    Parameters
    ----------
    feedback : {"explicit", "implicit"}
        Ratings from 1 to 5, or strengths of 1.
    strings : bool
        Make the ids strings instead of integers.
    seed : int
        Seed of the generator.

    Examples
    --------
    >>> example_interactions("implicit")
    Interactions(25 users × 18 items, 179 interactions, implicit)
    """
    rng = np.random.default_rng(seed)
    users, items = np.arange(25), np.arange(18)
    likes = (users[:, None] + items) % 2 == 0
    rows, columns = np.nonzero(rng.random(likes.shape) < np.where(likes, 0.7, 0.15))
    ratings = np.clip(np.where(likes, 4, 2)[rows, columns] + rng.integers(-1, 2, len(rows)), 1, 5)
    user_ids, item_ids = rows * 3 + 7, columns * 2 + 100
    if strings:
        names = [f"user {user}" for user in user_ids], [f"商品 {item}" for item in item_ids]
        return Interactions.from_arrays(*names, ratings if feedback == "explicit" else None)
    return Interactions.from_arrays(user_ids, item_ids, ratings if feedback == "explicit" else None)


class _Subject:
    """An estimator under test, with data of one kind and the side information it needs."""

    def __init__(self, estimator: Recommender, data: Interactions, side: Side | None) -> None:
        self.estimator = clone(estimator)
        if "random_state" in self.estimator.get_params():
            self.estimator.set_params(random_state=0)  # without a seed no two fits are the same
        self.data = data
        self._side = side

    def new(self) -> Any:
        return clone(self.estimator)

    def side(self, data: Interactions) -> dict[str, Any]:
        return self._side(data) if self._side else self.estimator._example_side(data)

    def fitted(self, data: Interactions | None = None) -> Any:
        data = self.data if data is None else data
        return self.new().fit(data, **self.side(data))

    def pairs(self) -> tuple[Any, Any]:
        pairs, values = self.data.to_pairs()
        return pairs, values if self.data.feedback == "explicit" else None


def _same_lists(actual: Recommendations, expected: Recommendations, *, exact: bool = True) -> None:
    assert_array_equal(actual.users, expected.users)
    assert_array_equal(actual.counts, expected.counts)
    if exact:
        assert_array_equal(actual.scores, expected.scores)
    else:
        assert_allclose(actual.scores, expected.scores, rtol=_TOLERANCE, atol=_TOLERANCE)
    for (user, mine), (_, theirs) in zip(actual, expected, strict=True):
        items = [item for item, _ in mine], [item for item, _ in theirs]
        assert items[0] == items[1] or (not exact and set(items[0]) == set(items[1])), f"another list for {user!r}"


def _same_model(actual: Any, expected: Any, data: Interactions, *, exact: bool = True) -> None:
    pairs, _ = data.to_pairs()
    if exact:
        assert_array_equal(actual.predict(pairs), expected.predict(pairs))
    else:
        assert_allclose(actual.predict(pairs), expected.predict(pairs), rtol=_TOLERANCE, atol=_TOLERANCE)
    _same_lists(actual.recommend(n=5), expected.recommend(n=5), exact=exact)


def _raises(expected: type[Exception], call: Callable[[], Any], says: str = "") -> None:
    try:
        call()
    except expected as error:
        assert says in str(error), f"the error does not mention {says!r}: {error}"  # noqa: PT017 (no pytest here)
        return
    raise AssertionError(f"no {expected.__name__} was raised")


def check_parameters_survive_cloning_and_fitting(subject: _Subject) -> None:
    """``clone`` copies the parameters, and ``fit`` changes none and returns the estimator."""
    model = subject.new()
    before = repr(model.get_params())
    assert model.fit(subject.data, **subject.side(subject.data)) is model
    assert repr(model.get_params()) == before == repr(clone(model).get_params())


def check_bad_parameters_are_refused_by_fit(subject: _Subject) -> None:
    """Wrong common parameters are stored, and refused by ``fit`` with a message that names them."""
    for name, value in {"feedback": "likes", "n_threads": 0, "verbose": "loud"}.items():
        model = subject.new().set_params(**{name: value})
        _raises(ValueError, functools.partial(model.fit, subject.data, **subject.side(subject.data)), name)


def check_an_unfitted_model_says_so(subject: _Subject) -> None:
    """Every method that needs a fitted model raises NotFittedError."""
    model, user, item = subject.new(), next(iter(subject.data.users)), next(iter(subject.data.items))
    calls: list[Callable[[], Any]] = [
        lambda: model.predict([(user, item)]),
        lambda: model.recommend(),
        lambda: list(model.iter_recommend()),
        lambda: model.recommend_for([[item]]),
        lambda: model.similar_items([item]),
        lambda: model.explain(user, item),
        lambda: model.save("nowhere"),
    ]
    for call in calls:
        _raises(NotFittedError, call)


def check_every_form_of_input_gives_the_same_model(subject: _Subject) -> None:
    """Interactions, sparse matrices, pairs as arrays, lists and frames, and any order of rows, give one model."""
    expected, data, side = subject.fitted(), subject.data, subject.side(subject.data)
    pairs, values = subject.pairs()
    backwards = slice(None, None, -1)
    _same_model(subject.new().fit(pairs, values, **side), expected, data)
    _same_model(
        subject.new().fit(pairs[backwards], None if values is None else values[backwards], **side), expected, data
    )
    listed = [tuple(pair) for pair in pairs.tolist()]
    _same_model(subject.new().fit(listed, None if values is None else values.tolist(), **side), expected, data)
    _same_model(subject.new().fit(np.asfortranarray(pairs), values, **side), expected, data)
    columns = {"item_id": data.items.take(data.item_codes), "user_id": data.users.take(data.user_codes)}
    for backend in ("pandas", "polars", "pyarrow"):
        if find_spec(backend) is not None:
            _same_model(subject.new().fit(to_frame(columns, backend), values, **side), expected, data)
    coded = Interactions.from_matrix(data.matrix, feedback=data.feedback)
    for form in ("csr", "csc", "coo"):
        model = subject.new().set_params(feedback=data.feedback).fit(data.matrix.asformat(form), **subject.side(coded))
        _same_lists(model.recommend(n=5), subject.fitted(coded).recommend(n=5))


def check_inputs_are_not_changed_and_may_be_read_only(subject: _Subject) -> None:
    """Read-only and non-contiguous arrays work, and ``fit`` and ``predict`` write to nothing they are given."""
    pairs, values = subject.pairs()
    wide = np.repeat(pairs, 2, axis=1)
    strided = wide[:, ::2]
    kept = pairs.copy()
    strided.flags.writeable = False
    if values is not None:
        values.flags.writeable = False
    model = subject.new().fit(strided, values, **subject.side(subject.data))
    assert_array_equal(model.predict(strided), subject.fitted().predict(pairs))
    assert_array_equal(strided, kept)


def check_a_batch_equals_its_single_parts(subject: _Subject) -> None:
    """One user or pair at a time gives what all at once give."""
    model = subject.fitted()
    pairs, _ = subject.pairs()
    single = np.concatenate([model.predict(pairs[k : k + 1]) for k in range(0, len(pairs), 7)])
    assert_allclose(single, model.predict(pairs)[::7], rtol=_TOLERANCE, atol=_TOLERANCE)
    together = model.recommend(n=4)
    for user in list(subject.data.users)[::5]:
        alone = model.recommend(user, n=4)[user]
        assert [item for item, _ in alone] == [item for item, _ in together[user]]
        assert_allclose([s for _, s in alone], [s for _, s in together[user]], rtol=_TOLERANCE, atol=_TOLERANCE)
    streamed = list(model.iter_recommend(n=4, batch_size=7))
    assert_array_equal(np.concatenate([part.items for part in streamed]), together.items)


def check_scores_of_lists_are_predictions(subject: _Subject) -> None:
    """Check that the score of a recommended item is what ``predict`` gives for the pair."""
    model = subject.fitted()
    for user, entries in model.recommend(n=6, exclude_seen=False):
        if entries:
            predicted = model.predict([(user, item) for item, _ in entries])
            assert_allclose([score for _, score in entries], predicted, rtol=_TOLERANCE, atol=_TOLERANCE)


def check_lists_hold_no_seen_item_no_item_twice_and_no_padding(subject: _Subject) -> None:
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


def check_equal_scores_are_in_order_of_item(subject: _Subject) -> None:
    """Ties break by item code; not at the ends of the scale, where what is clipped was not equal."""
    model = subject.fitted()
    index = model.interactions_.items
    ends = getattr(model, "rating_range_", ())
    for _, entries in model.recommend(n=len(index), exclude_seen=False):
        codes, scores = index.codes([item for item, _ in entries]), np.array([score for _, score in entries])
        assert np.all((np.diff(scores) < 0) | (np.diff(codes) > 0) | np.isin(scores[1:], ends))


def check_unknown_ids_are_predicted_and_named(subject: _Subject) -> None:
    """``predict`` falls back; ``recommend`` raises, or gives popular items or an empty list, as asked."""
    model, user, item = subject.fitted(), next(iter(subject.data.users)), next(iter(subject.data.items))
    stranger = -999 if isinstance(user, int) else "nobody"
    pairs = [(stranger, item), (user, stranger), (stranger, stranger), (user, item)]
    predicted = model.predict(pairs)
    assert predicted.shape == (4,)
    assert np.all(np.isfinite(predicted))
    assert model.predict(pairs[:0]).shape == (0,)
    _raises(UnknownIdError, lambda: model.recommend([user, stranger]), repr(stranger))
    assert model.recommend([stranger], on_unknown="empty").counts.tolist() == [0]
    popular = model.recommend([user, stranger], n=3, on_unknown="popular")
    assert popular.counts[1] == 3
    most = model.interactions_.items.take(np.argsort(-model._popular_scores(), kind="stable")[:3])
    assert_array_equal(popular.items[1], most)
    _same_lists(model.recommend([user], n=3), model.recommend([user], n=3, on_unknown="popular"))
    _raises(UnknownIdError, lambda: model.explain(user, stranger), repr(stranger))
    _raises(ValueError, lambda: model.recommend(n=0), "n=0")
    _raises(ValueError, lambda: model.recommend(on_unknown="guess"), "guess")


def check_candidates_and_exclusions_are_kept(subject: _Subject) -> None:
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
    _raises(UnknownIdError, lambda: model.recommend(candidates=[*few, "no such item"]), "no such item")


def check_people_never_seen_get_lists_from_their_histories(subject: _Subject) -> None:
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
        _raises(DataError, lambda: model.recommend_for([list(plain)]), "rating")
    _raises(UnknownIdError, lambda: model.recommend_for([{"no such item": 1.0}]), "no such item")
    assert model.recommend_for([{**plain, "no such item": 1.0}], n=4, on_unknown="empty")[0] == alone["eve"]
    assert model.recommend_for([{}], n=2, on_unknown="popular").counts.tolist() == [2]


def check_users_and_items_without_interactions_do_no_harm(subject: _Subject) -> None:
    """Empty rows and columns give finite predictions and valid lists."""
    matrix = subject.data.matrix.tolil()
    matrix[3, :] = 0
    matrix[:, 2] = 0
    data = Interactions.from_matrix(matrix, feedback=subject.data.feedback)
    model = subject.fitted(data)
    assert np.all(np.isfinite(model.predict([(3, 0), (3, 2), (0, 2)])))
    lists = model.recommend(n=4)
    assert np.all(np.isfinite(lists.scores[np.arange(4) < lists.counts[:, None]]))
    assert model.recommend([3], n=4, on_unknown="popular").counts.tolist() == [4]


def check_the_smallest_data_work(subject: _Subject) -> None:
    """One user with one item, and values that are all equal, can be fitted and used."""
    values = None if subject.data.feedback == "implicit" else [3.0]
    one = Interactions.from_arrays(["a"], ["x"], values)
    model = subject.fitted(one)
    assert np.all(np.isfinite(model.predict([("a", "x"), ("b", "x"), ("a", "y")])))
    assert model.recommend().counts.tolist() == [0]
    level = Interactions.from_matrix(subject.data.matrix.sign() * 3, feedback=subject.data.feedback)
    assert np.all(np.isfinite(subject.fitted(level).predict([(0, 0), (1, 1), (2, 5)])))


def check_a_refit_forgets_and_repeats(subject: _Subject) -> None:
    """Fitting again gives the same bits, whatever was fitted between."""
    model, expected = subject.fitted(), subject.fitted()
    other = example_interactions(subject.data.feedback, strings=True, seed=5)
    model.fit(other, **subject.side(other))
    model.fit(subject.data, **subject.side(subject.data))
    _same_model(model, expected, subject.data)


def check_the_number_of_threads_changes_no_bit(subject: _Subject) -> None:
    """1, 2, 3 and 8 threads give the same bits."""
    data, side = subject.data, subject.side(subject.data)
    one = subject.new().set_params(n_threads=1).fit(data, **side)
    for n_threads in (2, 3, 8):
        with _threads.whatever_the_cost():
            _same_model(subject.new().set_params(n_threads=n_threads).fit(data, **side), one, data)


def check_concurrent_calls_agree(subject: _Subject) -> None:
    """Check that calls from several Python threads at once, the first after loading too, give what one call gives."""
    model = subject.fitted()
    expected, pairs = model.recommend(n=5), subject.pairs()[0]
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        loaded = load(Path(folder) / "model")
    with ThreadPoolExecutor(4) as pool:
        for lists, predicted in pool.map(lambda _: (loaded.recommend(n=5), loaded.predict(pairs)), range(8)):
            _same_lists(lists, expected)
            assert_array_equal(predicted, model.predict(pairs))


def check_saving_and_copying_change_nothing(subject: _Subject) -> None:
    """``save`` and ``load``, pickle and deepcopy give the same model; a damaged file is a ModelFormatError."""
    model = subject.fitted()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save(path)
        again = load(path)
        whole = path.read_bytes()
        for damaged in (whole[:-3], whole[: len(whole) // 2], whole[:-9] + bytes(9), b""):
            if damaged != whole:
                path.write_bytes(damaged)
                _raises(ModelFormatError, lambda: load(path))
    assert type(again) is type(model)
    assert repr(again.get_params()) == repr(model.get_params())
    for twin in (again, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        _same_model(twin, model, subject.data)


def check_partial_fit_adds_users_items_and_interactions(subject: _Subject) -> None:
    """``partial_fit`` knows what is new, and where the model is exact it equals a refit on everything."""
    data = subject.data
    late = (data.item_codes == 4) | (data.user_codes >= 20) | (np.arange(data.n_interactions) % 9 == 0)
    pairs, values = data.to_pairs()
    parts = [
        Interactions.from_arrays(pairs[mask, 0], pairs[mask, 1], values[mask], feedback=data.feedback)
        for mask in (~late, late)
    ]
    model = subject.new().partial_fit(parts[0], **subject.side(parts[0]))
    model.partial_fit(parts[1], **subject.side(parts[1]))
    assert model.interactions_.users == data.users
    assert model.interactions_.items == data.items
    assert np.all(np.isfinite(model.predict(pairs)))
    if model._exact_partial_fit:
        _same_model(model, subject.fitted(), data, exact=False)


def check_explanations_add_up(subject: _Subject) -> None:
    """Check that the terms of an explanation add up to the score, and it reads as a sentence in both languages."""
    model, users = subject.fitted(), list(subject.data.users)
    for user, entries in model.recommend(users[::6], n=3, exclude_seen=False):
        for item, score in entries:
            for language in ("en", "zh"):
                why = model.explain(user, item, language=language)
                total = sum(term.contribution for term in why.terms)
                assert_allclose(total, why.score, rtol=_TOLERANCE, atol=_TOLERANCE)
                assert_allclose(why.score, score, rtol=_TOLERANCE, atol=_TOLERANCE)
                assert str(item) in str(why)


def check_similar_things_are_others_best_first(subject: _Subject) -> None:
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
        _raises(UnknownIdError, functools.partial(similar, ["nobody"]), "nobody")


def check_scikit_learn_tools_work_on_pairs(subject: _Subject) -> None:
    """``score``, ``cross_val_score`` and ``GridSearchCV`` work on pairs and ratings."""
    pairs, values = subject.data.to_pairs()
    side, folds = subject.side(subject.data), KFold(3, shuffle=True, random_state=0)
    model = subject.new().set_params(feedback=subject.data.feedback)
    scores = cross_val_score(
        model, pairs, values, cv=folds, params=side, scoring="neg_mean_absolute_error", error_score="raise"
    )
    assert scores.shape == (3,)
    assert np.all(np.isfinite(scores))
    search = GridSearchCV(
        model, {"n_threads": [1, 2]}, cv=folds, scoring="neg_root_mean_squared_error", error_score="raise"
    )
    search.fit(pairs, values, **side)
    errors = search.cv_results_["mean_test_score"]
    assert errors[0] == errors[1], "the number of threads changed the result"
    assert np.isfinite(search.best_estimator_.score(pairs, values))


CHECKS: tuple[Callable[[_Subject], None], ...] = tuple(
    check for name, check in sorted(globals().items()) if name.startswith("check_") and name != "check_recommender"
)


def check_recommender(estimator: Recommender, *, side: Side | None = None) -> None:
    """Run every check of the contract on an estimator.

    Parameters
    ----------
    estimator : Recommender
        With the parameters to test; it is cloned, not fitted. Where it has a ``random_state``, that is set to 0.
    side : callable, optional
        Makes the further arguments of ``fit`` from the `Interactions` that are fitted; by default the estimator's
        ``_example_side`` does.

    Raises
    ------
    AssertionError
        The estimator breaks the contract.

    Examples
    --------
    >>> check_recommender(recokit.Popularity())
    """
    for feedback in estimator._supported_feedback:
        for strings in (False, True):
            subject = _Subject(estimator, example_interactions(feedback, strings=strings), side)
            for check in CHECKS:
                check(subject)
