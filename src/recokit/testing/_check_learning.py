"""What a model keeps to in learning, and in being copied and saved."""

import copy
import functools
import pickle
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from recokit.exceptions import ModelFormatError
from recokit.persistence import load
from recokit.testing._subject import Subject, example_interactions, raises, same_lists, same_model


def check_parameters_survive_cloning_and_fitting(subject: Subject) -> None:
    """``clone`` copies the parameters, and ``fit`` changes none and returns the estimator."""
    model = subject.new()
    before = repr(model.get_params())
    assert model.fit(subject.data, **subject.side(subject.data)) is model
    assert repr(model.get_params()) == before == repr(clone(model).get_params())


def check_bad_parameters_are_refused_by_fit(subject: Subject) -> None:
    """Wrong common parameters are stored, and refused by ``fit`` with a message that names them."""
    for name, value in {"feedback": "likes", "n_threads": 0, "verbose": "loud"}.items():
        model = subject.new().set_params(**{name: value})
        raises(ValueError, functools.partial(model.fit, subject.data, **subject.side(subject.data)), name)


def check_an_unfitted_model_says_so(subject: Subject) -> None:
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
        raises(NotFittedError, call)


def check_every_form_of_input_gives_the_same_model(subject: Subject) -> None:
    """Interactions, sparse matrices, pairs as arrays, lists and frames, and any order of rows, give one model."""
    expected, data, side = subject.fitted(), subject.data, subject.side(subject.data)
    pairs, values = subject.pairs()
    backwards = slice(None, None, -1)
    same_model(subject.new().fit(pairs, values, **side), expected, data)
    same_model(
        subject.new().fit(pairs[backwards], None if values is None else values[backwards], **side), expected, data
    )
    listed = [tuple(pair) for pair in pairs.tolist()]
    same_model(subject.new().fit(listed, None if values is None else values.tolist(), **side), expected, data)
    same_model(subject.new().fit(np.asfortranarray(pairs), values, **side), expected, data)
    columns = {"item_id": data.items.take(data.item_codes), "user_id": data.users.take(data.user_codes)}
    for backend in ("pandas", "polars", "pyarrow"):
        if find_spec(backend) is not None:
            same_model(subject.new().fit(to_frame(columns, backend), values, **side), expected, data)
    coded = Interactions.from_matrix(data.matrix, feedback=data.feedback)
    for form in ("csr", "csc", "coo"):
        model = subject.new().set_params(feedback=data.feedback).fit(data.matrix.asformat(form), **subject.side(coded))
        same_lists(model.recommend(n=5), subject.fitted(coded).recommend(n=5))


def check_inputs_are_not_changed_and_may_be_read_only(subject: Subject) -> None:
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


def check_users_and_items_without_interactions_do_no_harm(subject: Subject) -> None:
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


def check_the_smallest_data_work(subject: Subject) -> None:
    """One user with one item, and values that are all equal, can be fitted and used."""
    values = None if subject.data.feedback == "implicit" else [3.0]
    one = Interactions.from_arrays(["a"], ["x"], values)
    model = subject.fitted(one)
    assert np.all(np.isfinite(model.predict([("a", "x"), ("b", "x"), ("a", "y")])))
    assert model.recommend().counts.tolist() == [0]
    level = Interactions.from_matrix(subject.data.matrix.sign() * 3, feedback=subject.data.feedback)
    assert np.all(np.isfinite(subject.fitted(level).predict([(0, 0), (1, 1), (2, 5)])))


def check_a_refit_forgets_and_repeats(subject: Subject) -> None:
    """Fitting again gives the same bits, whatever was fitted between."""
    model, expected = subject.fitted(), subject.fitted()
    other = example_interactions(subject.data.feedback, strings=True, seed=5)
    model.fit(other, **subject.side(other))
    model.fit(subject.data, **subject.side(subject.data))
    same_model(model, expected, subject.data)


def check_the_number_of_threads_changes_no_bit(subject: Subject) -> None:
    """1, 2, 3 and 8 threads give the same bits."""
    data, side = subject.data, subject.side(subject.data)
    one = subject.new().set_params(n_threads=1).fit(data, **side)
    for n_threads in (2, 3, 8):
        with _threads.threads_at_any_cost():
            same_model(subject.new().set_params(n_threads=n_threads).fit(data, **side), one, data)


def check_concurrent_calls_agree(subject: Subject) -> None:
    """Check that calls from several Python threads at once, the first after loading too, give what one call gives."""
    model = subject.fitted()
    expected, pairs = model.recommend(n=5), subject.pairs()[0]
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        loaded = load(Path(folder) / "model")
    with ThreadPoolExecutor(4) as pool:
        for lists, predicted in pool.map(lambda _: (loaded.recommend(n=5), loaded.predict(pairs)), range(8)):
            same_lists(lists, expected)
            assert_array_equal(predicted, model.predict(pairs))


def check_saving_and_copying_change_nothing(subject: Subject) -> None:
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
                raises(ModelFormatError, lambda: load(path))
    assert type(again) is type(model)
    assert repr(again.get_params()) == repr(model.get_params())
    for twin in (again, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same_model(twin, model, subject.data)


def check_partial_fit_adds_users_items_and_interactions(subject: Subject) -> None:
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
        same_model(model, subject.fitted(), data, exact=False)


def check_scikit_learn_tools_work_on_pairs(subject: Subject) -> None:
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
