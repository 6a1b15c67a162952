"""Pickled and copied models: as small as a file, and no kernel is compiled again."""

import copy
import pickle

import joblib
import pytest

import recokit
from recokit.data import Sequences
from tests.reliability.models import CASES, NAMES, answers, fitted, more_data
from tests.reliability.processes import run


@pytest.mark.parametrize(("kind", "feedback"), CASES, ids=NAMES)
def test_a_pickle_holds_little_more_than_a_file_and_gives_the_same_answers(kind, feedback, tmp_path):
    model = fitted(kind, feedback)
    expected, pickled = answers(model), pickle.dumps(model)
    model.save(tmp_path / "model")
    assert len(pickled) < 1.5 * (tmp_path / "model").stat().st_size
    for duplicate in (pickle.loads(pickled), copy.deepcopy(model), copy.copy(model)):
        assert answers(duplicate) == expected
        assert vars(duplicate).keys() == vars(model).keys()
    joblib.dump(model, tmp_path / "dumped")
    assert answers(joblib.load(tmp_path / "dumped")) == expected


@pytest.mark.parametrize("kind", [recokit.ItemKNN, recokit.BPR, recokit.SessionKNN])
def test_an_unpickled_model_can_be_updated(kind):
    model = fitted(kind, "implicit")
    updated = []
    for each in (pickle.loads(pickle.dumps(model)), model):
        data, side = more_data(each, kind, 0)
        updated.append(answers(each.partial_fit(data, **side)))
    assert updated[0] == updated[1]


def test_unpickled_sequences_are_read_only_as_those_that_were_made():
    made = pickle.loads(pickle.dumps(Sequences.from_baskets([[["a", "b"], ["b"]], [["c"]]])))
    arrays = (*made.rows.arrays, made.basket_indptr, made.basket_bounds)
    assert not any(array.flags.writeable for array in arrays if array is not None)


@pytest.mark.slow
def test_an_unpickled_model_compiles_no_kernel_again():
    code = """
        import copy, pickle, warnings
        import importlib, pkgutil
        from recokit import kernels
        from recokit._runtime.small_work import preferring_kernels
        from tests.reliability.models import CASES, answers, fitted
        warnings.simplefilter("ignore")

        def compiled():
            found = pkgutil.walk_packages(kernels.__path__, "recokit.kernels.")
            modules = [importlib.import_module(info.name) for info in found]
            things = {id(thing): (name, thing) for module in modules for name, thing in vars(module).items()}
            functions = [(name, thing) for name, thing in things.values() if not isinstance(thing, type)]
            return {(name, one) for name, thing in functions for one in getattr(thing, "signatures", ())}

        with preferring_kernels():
            for kind, feedback in CASES:
                model = fitted(kind, feedback)
                answers(model)
                before = compiled()
                for duplicate in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
                    answers(duplicate)
                new = compiled() - before
                assert not new, (kind.__name__, feedback, new)
        assert len(compiled()) > 30
    """
    run(code, timeout=900)
