"""Checks of fitting, copying and saving."""

import copy
import functools
import pickle
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from recokit._runtime import threads as _threads
from recokit.data._frames import to_frame
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.datasets import example_interactions
from recokit.exceptions import DataError, ModelFormatError, UnknownIdError
from recokit.persistence import load
from recokit.testing._subject import Subject, raises, same_lists, same_model


def check_parameters_survive_cloning_and_fitting(subject: Subject) -> None:
    """Check that ``clone`` copies the parameters, and that ``fit`` changes none and returns the estimator."""
    model = subject.new()
    before = repr(model.get_params())
    assert model.fit(subject.data, **subject.side(subject.data)) is model
    assert repr(model.get_params()) == before == repr(clone(model).get_params())


def check_bad_parameters_are_refused_by_fit(subject: Subject) -> None:
    """Check that bad common parameters are stored, and that ``fit`` refuses them by name."""
    for name, value in {"feedback": "likes", "n_threads": 0, "verbose": "loud"}.items():
        model = subject.new().set_params(**{name: value})
        raises(ValueError, functools.partial(model.fit, subject.data, **subject.side(subject.data)), name)


def check_an_unfitted_model_raises_not_fitted_error(subject: Subject) -> None:
    """Check that every method that needs a fitted model raises NotFittedError."""
    model, user, item = subject.new(), next(iter(subject.data.users)), next(iter(subject.data.items))
    calls: list[Callable[[], Any]] = [
        lambda: model.predict([(user, item)]),
        lambda: model.recommend(),
        lambda: list(model.iter_recommend()),
        lambda: model.recommend_for([[item]]),
        lambda: model.similar_items([item]),
        lambda: model.recommend_users([item]),
        lambda: model.explain(user, item),
        lambda: model.save("nowhere"),
    ]
    for call in calls:
        raises(NotFittedError, call)


def check_all_forms_of_input_give_the_same_model(subject: Subject) -> None:
    """Check Interactions, pairs as arrays, lists and frames, sparse matrices, and different orders of rows.

    A model that reads the order must refuse sparse matrices, and must accept sequences and frames with times.
    """
    expected, data, side = subject.fitted(), subject.data, subject.side(subject.data)
    pairs, values = subject.pairs()
    same_model(subject.new().fit(pairs, values, **side), expected, data)
    listed = [tuple(pair) for pair in pairs.tolist()]
    same_model(subject.new().fit(listed, None if values is None else values.tolist(), **side), expected, data)
    same_model(subject.new().fit(np.asfortranarray(pairs), values, **side), expected, data)
    columns = {"item_id": data.items.take(data.item_codes), "user_id": data.users.take(data.user_codes)}
    for backend in ("pandas", "polars", "pyarrow"):
        if find_spec(backend) is not None:
            same_model(subject.new().fit(to_frame(columns, backend), values, **side), expected, data)
    if subject.reads_order:
        _check_forms_with_an_order(subject, columns | {"timestamp": data.timestamps}, expected)
    else:
        _check_forms_without_an_order(subject, expected)


def _check_forms_with_an_order(subject: Subject, columns: dict[str, Any], expected: Any) -> None:
    data, side = subject.data, subject.side(subject.data)
    for given in (Sequences.from_interactions(data), columns, {name: part[::-1] for name, part in columns.items()}):
        same_model(subject.new().fit(given, **side), expected, data)
    raises(DataError, lambda: subject.new().fit(data.matrix, **side), "order")
    raises(DataError, lambda: subject.new().fit(replace(data, timestamps=None), **side), "timestamps")


def _check_forms_without_an_order(subject: Subject, expected: Any) -> None:
    data, side = subject.data, subject.side(subject.data)
    pairs, values = subject.pairs()
    turned = None if values is None else values[::-1]
    same_model(subject.new().fit(pairs[::-1], turned, **side), expected, data)
    with_codes_as_ids = Interactions.from_matrix(data.matrix, feedback=data.feedback)
    for form in ("csr", "csc", "coo"):
        model = (
            subject.new()
            .set_params(feedback=data.feedback)
            .fit(data.matrix.asformat(form), **subject.side(with_codes_as_ids))
        )
        same_lists(model.recommend(n=5), subject.fitted(with_codes_as_ids).recommend(n=5))


def check_inputs_are_not_modified_and_can_be_read_only(subject: Subject) -> None:
    """Check read-only and non-contiguous arrays, and that ``fit`` and ``predict`` do not modify their input."""
    pairs, values = subject.pairs()
    wide = np.repeat(pairs, 2, axis=1)
    strided = wide[:, ::2]
    original = pairs.copy()
    strided.flags.writeable = False
    if values is not None:
        values.flags.writeable = False
    model = subject.new().fit(strided, values, **subject.side(subject.data))
    assert_array_equal(model.predict(strided), subject.fitted().predict(pairs))
    assert_array_equal(strided, original)


def check_users_and_items_without_interactions_are_handled(subject: Subject) -> None:
    """Check that empty rows and columns give finite predictions and valid lists."""
    matrix = subject.data.matrix.tolil()
    matrix[3, :] = 0
    matrix[:, 2] = 0
    data = Interactions.from_matrix(matrix, feedback=subject.data.feedback)
    model = subject.fitted(data)
    assert np.all(np.isfinite(model.predict([(3, 0), (3, 2), (0, 2)])))
    lists = model.recommend(n=4)
    assert np.all(np.isfinite(lists.scores[np.arange(4) < lists.counts[:, None]]))
    assert model.recommend([3], n=4, on_unknown="popular").counts.tolist() == [4]


def check_minimal_data_can_be_fitted(subject: Subject) -> None:
    """Check data of one user with one item, and data with equal values."""
    values = None if subject.data.feedback == "implicit" else [3.0]
    one = Interactions.from_arrays(["a"], ["x"], values)
    model = subject.fitted(one)
    assert np.all(np.isfinite(model.predict([("a", "x"), ("b", "x"), ("a", "y")])))
    assert model.recommend(exclude_seen=True).counts.tolist() == [0]
    constant = Interactions.from_matrix(subject.data.matrix.sign() * 3, feedback=subject.data.feedback)
    assert np.all(np.isfinite(subject.fitted(constant).predict([(0, 0), (1, 1), (2, 5)])))


def check_a_refit_does_not_depend_on_earlier_fits(subject: Subject) -> None:
    """Check that fitting again gives the same bits, after a fit to other data."""
    model, expected = subject.fitted(), subject.fitted()
    other = subject.with_order(example_interactions(subject.data.feedback, strings=True, seed=5))
    model.fit(other, **subject.side(other))
    model.fit(subject.data, **subject.side(subject.data))
    same_model(model, expected, subject.data)


def check_the_number_of_threads_changes_no_bit(subject: Subject) -> None:
    """Check that 1, 2, 3 and 8 threads give the same bits."""
    data, side = subject.data, subject.side(subject.data)
    one = subject.new().set_params(n_threads=1).fit(data, **side)
    for n_threads in (2, 3, 8):
        with _threads.threads_at_any_cost():
            same_model(subject.new().set_params(n_threads=n_threads).fit(data, **side), one, data)


def check_concurrent_calls_give_the_same_results(subject: Subject) -> None:
    """Check concurrent calls from several Python threads, including the first call after loading."""
    model = subject.fitted()
    expected, pairs = model.recommend(n=5), subject.pairs()[0]
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        loaded = load(Path(folder) / "model")
    with ThreadPoolExecutor(4) as pool:
        for lists, predicted in pool.map(lambda _: (loaded.recommend(n=5), loaded.predict(pairs)), range(8)):
            same_lists(lists, expected)
            assert_array_equal(predicted, model.predict(pairs))


def check_saving_and_copying_preserve_the_model(subject: Subject) -> None:
    """Check ``save`` and ``load``, pickle and deepcopy, and that a damaged file raises ModelFormatError."""
    model = subject.fitted()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save(path)
        again = load(path)
        content = path.read_bytes()
        for damaged in (content[:-3], content[: len(content) // 2], content[:-9] + bytes(9), b""):
            if damaged != content:
                path.write_bytes(damaged)
                raises(ModelFormatError, lambda: load(path))
    assert type(again) is type(model)
    assert repr(again.get_params()) == repr(model.get_params())
    for duplicate in (again, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same_model(duplicate, model, subject.data)


def check_partial_fit_adds_users_items_and_interactions(subject: Subject) -> None:
    """Check that ``partial_fit`` adds new users and items, and equals a refit on all data if the model is exact."""
    data = subject.data
    late = (data.item_codes == 4) | (data.user_codes >= 20) | (np.arange(data.n_interactions) % 9 == 0)
    pairs, values = data.to_pairs()
    parts = []
    for mask in (~late, late):
        times = None if data.timestamps is None else data.timestamps[mask]
        users, items = pairs[mask].T
        parts.append(Interactions.from_arrays(users, items, values[mask], times, feedback=data.feedback))
    model = subject.new().partial_fit(parts[0], **subject.side(parts[0]))
    model.partial_fit(parts[1], **subject.side(parts[1]))
    assert model.interactions_.users == data.users
    assert model.interactions_.items == data.items
    assert np.all(np.isfinite(model.predict(pairs)))
    if model._exact_partial_fit:
        same_model(model, subject.fitted(), data, exact=False)


def check_forget_equals_a_fit_without_the_users(subject: Subject) -> None:
    """Check that ``forget`` removes users, and equals a fit without them if the model is exact or refits."""
    data = subject.data
    gone = data.users.take([2, 11]).tolist()
    rest = data.forget(gone)
    assert rest.n_items == data.n_items, "the example data need all items"
    expected = subject.new().fit(rest, **subject.side(rest))
    for refit in (False, True):
        model = subject.fitted()
        assert model.forget(gone, refit=refit) is model
        assert model.interactions_.equals(rest)
        assert np.all(np.isfinite(model.predict(rest.to_pairs()[0])))
        raises(UnknownIdError, functools.partial(model.forget, gone[0]))
        if refit or model._exact_forget:
            same_model(model, expected, rest, exact=False)


def check_scikit_learn_tools_work_on_pairs(subject: Subject) -> None:
    """Check ``score``, ``cross_val_score`` and ``GridSearchCV`` on pairs and ratings."""
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
    if subject.data.feedback == "explicit":  # R² of implicit scores is meaningless, and warns
        assert np.isfinite(search.best_estimator_.score(pairs, values))
