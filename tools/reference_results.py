"""Store the results of every model, and compare another version of recokit with them bit by bit.

    python tools/reference_results.py store FOLDER      # at the old version
    python tools/reference_results.py check FOLDER      # at the new version

``store`` fits each model on generated shop data, with several parameter settings and both kinds of feedback, and writes
its public fitted attributes, predictions, lists, similar items and users, explanations, the same after ``partial_fit``,
and the model file. ``check`` computes everything again, compares the bits, and loads the stored model files. Bits are
comparable on one machine only, because linear algebra libraries differ between machines.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

import recokit
from recokit import (
    BPR,
    EASE,
    SLIM,
    BiasBaseline,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    PureSVD,
    RP3beta,
    SGDMatrixFactorization,
    TfidfRecommender,
    UserKNN,
    evaluate,
)
from recokit.datasets import make_shop

_SIMILARITIES = ("adjusted_cosine", "pearson", "pearson_baseline", "jaccard", "dice", "asymmetric_cosine", "tversky")
# Given explicitly, because defaults may change from version to version.
_TEXTBOOK = {"n_neighbors": 60, "shrinkage": 0.0, "weighting": None}
_ALS = {"unobserved_weight": 0.3, "l2": 0.0095, "l2_exponent": 1.1}
_SET_SIMILARITIES = ("conditional_probability", "lift", "log_likelihood")


def _knn_settings():
    yield "default", _TEXTBOOK
    for similarity in _SIMILARITIES + _SET_SIMILARITIES:
        yield similarity, {"similarity": similarity, "n_neighbors": 25, "shrinkage": 3.0, "min_common": 2}
    for weighting in ("tfidf", "bm25"):
        yield weighting, {**_TEXTBOOK, "weighting": weighting, "scoring": "normalized_sum"}
    for centering in ("mean", "zscore", None):
        means = {"centering": centering, "amplification": 1.5, "prediction_shrinkage": 0.5}
        yield f"centering-{centering}", {**_TEXTBOOK, **means}
    yield "half-life", {**_TEXTBOOK, "half_life": 30.0}


def _cases():
    """Yield (name, estimator, kinds of feedback)."""
    both, implicit, explicit = ("explicit", "implicit"), ("implicit",), ("explicit",)
    yield "Popularity", Popularity(), both
    yield "Popularity-half-life", Popularity(half_life=20.0), both
    yield "BiasBaseline", BiasBaseline(), explicit
    for kind in (UserKNN, ItemKNN):
        for name, parameters in _knn_settings():
            more = {"user_exponent": 0.0} if kind is ItemKNN else {}
            yield f"{kind.__name__}-{name}", kind(**{"weighting": None} | parameters, **more), both
    yield "ItemKNN-user-exponent", ItemKNN(**_TEXTBOOK, user_exponent=0.5), both
    ease = {"l2": 50.0, "user_exponent": 0.5, "item_exponent": 0.0}
    yield "EASE", EASE(**ease, dropout=0.0), both
    yield "EASE-tuned", EASE(**ease, dropout=0.2), both
    yield "SLIM", SLIM(l1=0.1, l2=2.0, dropout=0.5), both
    paper = {"shrinkage": 0.0} if "shrinkage" in RP3beta().get_params() else {}  # not a parameter of early versions
    yield "RP3beta", RP3beta(alpha=0.9, beta=0.7, **paper), both
    yield "PureSVD", PureSVD(20), both
    yield "PureSVD-mean", PureSVD(20, centering="mean"), both
    for n_threads in (1, 2):
        yield (
            f"ImplicitALS-{n_threads}",
            ImplicitALS(16, n_epochs=4, **_ALS, random_state=0, n_threads=n_threads),
            implicit,
        )
        yield f"BPR-{n_threads}", BPR(16, n_epochs=4, n_candidates=4, random_state=0, n_threads=n_threads), implicit
        sgd = SGDMatrixFactorization(16, n_epochs=6, random_state=0, n_threads=n_threads)
        yield f"SGD-{n_threads}", sgd, explicit
    sgd = SGDMatrixFactorization(8, n_epochs=4, implicit_feedback=True, random_state=0)
    yield "SGD-implicit-term", sgd, explicit
    yield "SGD-warm", SGDMatrixFactorization(8, n_epochs=3, warm_start=True, random_state=0), explicit
    yield "ALS-warm", ImplicitALS(8, n_epochs=2, **_ALS, warm_start=True, random_state=0), implicit
    yield "BPR-warm", BPR(8, n_epochs=2, n_candidates=4, warm_start=True, random_state=0), implicit


def _as_arrays(lists):
    return {"items": np.asarray(lists.items), "scores": lists.scores, "counts": lists.counts}


def _results(model, data):
    """Return every public result of a fitted model by name."""
    users, items = list(data.users), list(data.items)
    rng = np.random.default_rng(5)
    pairs = list(zip(rng.choice(users, 400).tolist(), rng.choice(items, 400).tolist(), strict=True))
    pairs += [("nobody", items[0]), (users[0], "nothing"), ("nobody", "nothing")]
    found = {"predict": model.predict(pairs)}
    requests = {
        "recommend": lambda: model.recommend(n=10),
        "seen": lambda: model.recommend(users[:40], n=15, exclude_seen=False),
        "few": lambda: model.recommend(users[:3], n=7),
        "candidates": lambda: model.recommend(n=5, candidates=items[::7], exclude=items[::21]),
        "by-user": lambda: model.recommend(users[:30], n=5, candidates={users[1]: items[:9], users[2]: items[3:5]}),
        "popular": lambda: model.recommend([*users[:5], "nobody"], n=5, on_unknown="popular"),
        "fold-in": lambda: model.recommend_for({k: dict.fromkeys(items[k :: 40 + k], 1.0 + k % 4) for k in range(20)}),
        "similar-items": lambda: model.similar_items(items[:60], n=8),
        "similar-users": lambda: model.similar_users(users[:60], n=8),
    }
    for name, request in requests.items():
        try:
            found |= {f"{name}-{part}": array for part, array in _as_arrays(request()).items()}
        except NotImplementedError:
            found[name] = np.array(["not implemented"])
    for name, value in vars(model).items():
        if name.endswith("_") and not name.startswith("_") and isinstance(value, np.ndarray):
            found[f"attribute-{name}"] = value
    why = [model.explain(user, item) for user, item in pairs[:10]]
    found["explain"] = np.array([[one.score, sum(abs(term.contribution) for term in one.terms)] for one in why])
    if hasattr(model, "support"):
        found["support"] = model.support(pairs)
    return found


def _without_empty(data):
    """Return the interactions over only the users and items that have any."""
    users, items = data.users.take(data.user_codes), data.items.take(data.item_codes)
    return Interactions.from_arrays(users, items, data.values, data.timestamps, feedback=data.feedback)


def _shop():
    shop = make_shop(n_users=300, n_items=150, n_events=12_000, random_state=0)
    split = shop.temporal_split("purchase")
    ratings = shop.ratings()
    held_out = np.random.default_rng(1).random(ratings.n_interactions) < 0.2
    return shop, {
        "implicit": tuple(map(_without_empty, (split.train, split.test))),
        "explicit": tuple(map(_without_empty, (ratings.select(~held_out), ratings.select(held_out)))),
    }


def _compute():
    """Yield (case, results, fitted model)."""
    shop, data = _shop()
    for name, estimator, kinds in _cases():
        for feedback in [kind for kind in kinds if kind in estimator._supported_feedback]:
            train, test = data[feedback]
            half = np.random.default_rng(3).random(test.n_interactions) < 0.3
            model = type(estimator)(**estimator.get_params(deep=False)).fit(train)
            if getattr(model, "warm_start", False):
                model.fit(train)
            yield f"{name}-{feedback}", _results(model, train), model
            model = (
                type(estimator)(**estimator.get_params(deep=False))
                .fit(train)
                .partial_fit(_without_empty(test.select(half)))
            )
            yield f"{name}-{feedback}-partial", _results(model, model.interactions_), model
    train, test = data["implicit"]
    text = dict(zip(shop.items["item_id"], shop.items["title"], strict=True)) if hasattr(shop, "items") else None
    if text:
        try:
            model = TfidfRecommender().fit(train, catalogue=text)
            yield "TfidfRecommender-implicit", _results(model, train), model
        except TypeError as error:
            print("TfidfRecommender not compared:", error, file=sys.stderr)
    lists = ItemKNN(**_TEXTBOOK, user_exponent=0.0).fit(train).recommend(n=10)
    names = ["ndcg@10", "recall@10", "map@10", "mrr@10", "coverage@10", "novelty@10", "gini@10"]
    result = evaluate(lists, test, names, train=train)
    yield "evaluate", {name: np.float64(result[name]) for name in names}, None


def store(folder):
    """Compute and store all results."""
    folder.mkdir(parents=True, exist_ok=True)
    for case, results, model in _compute():
        np.savez(folder / f"{case}.npz", **results)
        if model is not None:
            model.save(folder / f"{case}.recokit")
        print(case)


def check(folder):
    """Compare all results with the stored ones; return whether any differs."""
    wrong, seen = [], 0
    for case, results, model in _compute():
        seen += 1
        stored = dict(np.load(folder / f"{case}.npz", allow_pickle=True))
        wrong += _differences(case, stored, results)
        if model is not None:
            loaded = recokit.load(folder / f"{case}.recokit")
            again = _results(loaded, loaded.interactions_)
            wrong += _differences(f"{case} (old file)", stored, again)
        print(case, "differs" if any(line.startswith(case) for line in wrong) else "equal", flush=True)
    missing = len(list(folder.glob("*.npz"))) - seen
    print("\n".join(wrong))
    print(f"{seen} cases, {len(wrong)} differences, {missing} stored cases not computed")
    return bool(wrong) or missing != 0


def _differences(case, stored, results):
    lines = [f"{case}: {name} is missing" for name in stored.keys() - results.keys()]
    for name in stored.keys() & results.keys():
        old, new = np.asarray(stored[name]), np.asarray(results[name])
        same = old.shape == new.shape and (
            old.tobytes() == new.tobytes() if old.dtype.kind in "fiub" else old.tolist() == new.tolist()
        )
        if not same:
            lines.append(f"{case}: {name} differs")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["store", "check"])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.exit({"store": store, "check": check}[arguments.action](arguments.folder) or 0)
