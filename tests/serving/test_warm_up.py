import os
import subprocess
import sys

import pytest

COUNTING = """
import importlib, pkgutil
import numpy as np
import recokit
from recokit import Interactions, kernels


def compiled():
    found = pkgutil.iter_modules(kernels.__path__, "recokit.kernels.")
    modules = [importlib.import_module(info.name) for info in found]
    things = [(module.__name__, name, thing) for module in modules for name, thing in vars(module).items()]
    return {
        (module, name, signature)
        for module, name, thing in things
        if getattr(thing, "__module__", None) == module and not isinstance(thing, type)
        for signature in getattr(thing, "signatures", ())
    }

"""

SERVICE = (
    COUNTING
    + """
from recokit.testing import all_recommenders
recokit.warm_up()
before = compiled()
assert len(before) > 50
rng = np.random.default_rng(0)
users = np.repeat(np.arange(1500), 60)
items = (rng.random(len(users)) ** 3 * 1200).astype(int)
users, items = np.unique(np.column_stack([users, items]), axis=0).T
for kind in all_recommenders():
    for feedback, most in [("explicit", 5), ("implicit", 1), ("implicit", 5)]:
        if feedback not in kind._supported_feedback:
            continue
        times = np.arange(len(users)) if kind._reads_order else None
        data = Interactions.from_arrays(users, items, rng.integers(1, 1 + most, len(users)), times, feedback=feedback)
        side, model = kind._example_side(data), kind()
        if hasattr(model, "n_epochs"):
            model.set_params(n_epochs=2)
        model.fit(data, **side)
        model.recommend(n=20)
        model.recommend([1], n=20, candidates=list(range(0, 1100, 7)))
        model.recommend_for([{0: 1.0, 1: 2.0}])
        model.predict([(0, 1), (2, 3)])
        times = [1, 2] if kind._reads_order else None
        more = Interactions.from_arrays([1, 99999], [2, 5], [3, 4], times, feedback=feedback)
        model.partial_fit(more, **side)
        new = compiled() - before
        assert not new, (kind.__name__, feedback, most, new)
from recokit import ItemSearch, Popularity
from recokit.reranking import MaxPer, rerank
ItemSearch().fit({"item_id": range(9), "title": ["green tea", "black tea", "cup"] * 3}).search("tea")
lists = Popularity().fit(data).recommend(n=20)
rerank(lists, [MaxPer("kind", 3)], {"item_id": range(1200), "kind": [item % 9 for item in range(1200)]}, n=10)
new = compiled() - before
assert not new, new
"""
)


SEARCH = """
from recokit import ItemSearch

recokit.warm_up([ItemSearch(**parameters)])
before = compiled()
catalogue = {"item_id": range(300), "title": [f"word{k} word{k % 7} tea" for k in range(300)]}
pairs = [(user, user * item % 300) for user in range(100) for item in range(1, 20)]
data = Interactions.from_arrays(*zip(*dict.fromkeys(pairs)))
search = ItemSearch(**parameters).fit(catalogue, data, {"query": ["tea", "word3"], "item_id": [1, 3]})
search.search(["tea", "wrod5", "zzz", "word7 tea"], users=5 if search.recommender is not None else None)
search.similar_queries("tea")
search.fit(catalogue, data).search(["tea", "wrod5", "word7 tea"])
new = compiled() - before
assert not new, new
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing to compile")
@pytest.mark.parametrize("parameters", ["{}", "dict(recommender=recokit.ItemKNN())", "dict(fields={'title': 2.0})"])
def test_after_warm_up_a_search_compiles_nothing(parameters):
    done = subprocess.run(
        [sys.executable, "-c", f"{COUNTING}\nparameters = {parameters}\n{SEARCH}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_after_warm_up_a_service_compiles_nothing():
    done = subprocess.run([sys.executable, "-c", SERVICE], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr[-2000:]


def run(code, **environment):
    process = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    assert process.returncode == 0, process.stderr
    return process.stderr.splitlines()


FIT = "import recokit; recokit.Popularity().fit([(1, 2), (2, 2)]).recommend()"


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing to compile")
def test_one_line_says_that_kernels_are_compiled_and_none_that_they_are_loaded(tmp_path):
    first, second = (run(FIT, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert len(first) == 1
    assert "recokit compiles its kernels at their first use" in first[0]
    assert second == []


def test_warming_up_says_nothing_by_itself(tmp_path):
    code = "import recokit; recokit.warm_up([recokit.Popularity()])"
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)) == []
