"""Fit a model with each kernel that reorders sums, and print a hash of its results by name, as JSON."""

import hashlib
import json

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


def _models(n_factors):
    explicit, implicit = _data()
    sizes = {"n_factors": n_factors, "n_epochs": 3, "random_state": 0}
    for solver in ("cholesky", "cg"):
        yield f"ImplicitALS, {solver}", recokit.ImplicitALS(**sizes, solver=solver), implicit
    for n_candidates in (1, 4):
        yield f"BPR, {n_candidates}", recokit.BPR(**sizes, n_candidates=n_candidates), implicit
    for flag in (False, True):
        yield f"SGD, {flag}", recokit.SGDMatrixFactorization(**sizes, implicit_feedback=flag), explicit


def main():
    found = {}
    for n_factors in (8, 43):
        for name, model, data in _models(n_factors):
            model.fit(data)
            found[f"{name}, {n_factors}"] = _hash(model.user_factors_, model.item_factors_)
            found[f"{name}, {n_factors}, new users"] = _hash(model.recommend_for(data, n=9).scores)
    rng = np.random.default_rng(1)
    users, items = (rng.standard_normal((n, 43)).astype(np.float32) for n in (9, 70))
    products = np.empty((9, 70), dtype=np.float32)
    sgd_predict.inner_products(0, 9, users, items, products)
    found["inner_products"] = _hash(products)
    levels, scales = rng.integers(-99, 99, items.shape).astype(np.int8), rng.random(70).astype(np.float32)
    top_products.rough_products(0, 9, users, levels, scales, products)
    found["rough_products"] = _hash(products)
    print(json.dumps(found))


main()
