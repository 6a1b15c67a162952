"""Fit a model with each kernel that reorders sums, and print a hash of its results by name, as JSON.

The argument ``reversed`` reverses the order of the models, so that kernels are loaded in another order.
"""

import hashlib
import json
import sys

import numpy as np

import recokit
from recokit.kernels import sgd_predict, top_products


def _hash(*arrays):
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _data():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((150, 90)) < 0.2)
    ratings = rng.integers(1, 6, len(users))
    explicit = recokit.Interactions.from_arrays(users, items, ratings)
    return explicit, recokit.Interactions.from_arrays(users, items)


def _models():
    explicit, implicit = _data()
    for n_factors in (8, 43):
        sizes = {"n_factors": n_factors, "n_epochs": 3, "random_state": 0}
        for solver in ("cholesky", "cg"):
            yield f"ImplicitALS, {solver}, {n_factors}", recokit.ImplicitALS(**sizes, solver=solver), implicit
        for n_candidates in (1, 4):
            yield f"BPR, {n_candidates}, {n_factors}", recokit.BPR(**sizes, n_candidates=n_candidates), implicit
        for flag in (False, True):
            model = recokit.SGDMatrixFactorization(**sizes, implicit_feedback=flag)
            yield f"SGDMatrixFactorization, {flag}, {n_factors}", model, explicit


def _products():
    """Yield the kernels that models use for larger work only."""
    rng, products = np.random.default_rng(1), np.empty((9, 70), dtype=np.float32)
    users, items = (rng.standard_normal((n, 43)).astype(np.float32) for n in (9, 70))
    sgd_predict.inner_products(0, 9, users, items, products)
    yield "inner_products", products
    levels, scales = rng.integers(-99, 99, items.shape).astype(np.int8), rng.random(70).astype(np.float32)
    top_products.rough_products(0, 9, users, levels, scales, products)
    yield "rough_products", products


def main():
    found = {name: _hash(products) for name, products in _products()}
    for name, model, data in list(_models())[:: -1 if "reversed" in sys.argv else 1]:
        model.fit(data)
        found[name] = _hash(model.user_factors_, model.item_factors_)
        found[f"{name}, new users"] = _hash(model.recommend_for(data, n=9).scores)
    print(json.dumps(found))


main()
