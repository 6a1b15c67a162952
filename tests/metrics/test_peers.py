"""The metrics agree with independent implementations of the same definitions."""

import numpy as np
import pytest
import pytrec_eval
from sklearn.metrics import ndcg_score, roc_auc_score

from recokit.metrics import evaluate

K = 5
N_USERS, N_ITEMS, WIDTH = 60, 40, 12


@pytest.fixture(scope="module")
def lists():
    """Return lists of different lengths, one of them empty."""
    rng = np.random.default_rng(0)
    lengths = [0, *rng.integers(1, WIDTH + 1, N_USERS - 1)]
    return {f"u{u}": [f"i{i}" for i in rng.permutation(N_ITEMS)[:n]] for u, n in enumerate(lengths)}


@pytest.fixture(scope="module")
def relevant():
    """Return relevant items with values 1, 2, 3; some users have more of them than the lists have places."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 2 * WIDTH, N_USERS)
    chosen = [rng.permutation(N_ITEMS)[:n] for n in sizes]
    return {f"u{u}": {f"i{i}": int(rng.integers(1, 4)) for i in items} for u, items in enumerate(chosen)}


def scores(lists):
    return {user: {item: float(-rank) for rank, item in enumerate(items)} for user, items in lists.items()}


PYTREC = {
    "precision@5": "P_5",
    "recall@5": "recall_5",
    "hit_rate@5": "success_5",
    "ndcg@5(gain=linear)": "ndcg_cut_5",
    "ndcg(gain=linear)": "ndcg",
    "average_precision@5": "map_cut_5",
    "average_precision": "map",
    "reciprocal_rank": "recip_rank",
}


@pytest.mark.parametrize(("ours", "theirs"), list(PYTREC.items()))
def test_trec_eval_agrees_on_every_user(lists, relevant, ours, theirs):
    result = evaluate(lists, relevant, [ours])
    some = {user: items for user, items in scores(lists).items() if items}  # trec_eval skips users without a list
    trec = pytrec_eval.RelevanceEvaluator(relevant, {theirs.rsplit("_5")[0]}).evaluate(some)
    for user, value in zip(result.users, result.per_user[ours], strict=True):
        assert value == pytest.approx(trec[user][theirs] if user in some else 0.0, abs=1e-12)


RANX = {
    "precision@5": "precision@5",
    "recall@5": "recall@5",
    "hit_rate@5": "hit_rate@5",
    "ndcg@5(gain=linear)": "ndcg@5",
    "ndcg@5(gain=exponential)": "ndcg_burges@5",
    "ndcg(gain=linear)": "ndcg",
    "average_precision@5": "map@5",
    "average_precision": "map",
    "reciprocal_rank@5": "mrr@5",
}


@pytest.mark.slow  # ranx compiles for half a minute
@pytest.mark.parametrize(("ours", "theirs"), list(RANX.items()))
def test_ranx_agrees(lists, relevant, ours, theirs):
    ranx = pytest.importorskip("ranx")
    some = {user: items for user, items in lists.items() if items}  # ranx does not accept empty lists
    tested = {user: relevant[user] for user in some}
    expected = ranx.evaluate(ranx.Qrels(tested), ranx.Run(scores(some)), theirs)
    assert evaluate(some, tested, [ours])[ours] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [1, 3, K])
@pytest.mark.parametrize("scale", [1, 0.37])
def test_scikit_learn_agrees_on_ndcg_of_linear_gains(lists, relevant, k, scale):
    relevant = {user: {item: scale * gain**1.5 for item, gain in items.items()} for user, items in relevant.items()}
    users = [user for user in lists if len(lists[user]) >= K]  # scikit-learn continues shorter lists with ties
    items = [f"i{i}" for i in range(N_ITEMS)]
    gains = np.array([[relevant[user].get(item, 0) for item in items] for user in users])
    ranks = scores({user: lists[user] for user in users})
    order = np.array([[ranks[user].get(item, -N_ITEMS) for item in items] for user in users])
    some = {user: lists[user] for user in users}
    result = evaluate(some, {user: relevant[user] for user in users}, [f"ndcg@{k}(gain=linear)"])
    assert list(result.means.values()) == pytest.approx([ndcg_score(gains, order, k=k)], abs=1e-12)


def test_scikit_learn_agrees_on_auc(lists, relevant):
    items = [f"i{i}" for i in range(N_ITEMS)]
    result = evaluate(lists, relevant, ["auc"], catalogue=items)
    for user, value in zip(result.users, result.per_user["auc"], strict=True):
        ranks = {item: -rank for rank, item in enumerate(lists[user])}
        places = [ranks.get(item, -N_ITEMS) for item in items]
        assert value == pytest.approx(roc_auc_score([item in relevant[user] for item in items], places), abs=1e-12)


RECTOOLS = {
    "precision@5": ("Precision", {}),
    "recall@5": ("Recall", {}),
    "hit_rate@5": ("HitRate", {}),
    "ndcg@5(denominator=k)": ("NDCG", {}),
    "ndcg@5": ("NDCG", {"divide_by_achievable": True}),
    "map@5": ("MAP", {}),
    "map@5(denominator=k)": ("MAP", {"divide_by_k": True}),
    "mrr@5": ("MRR", {}),
}


@pytest.mark.parametrize(("ours", "theirs"), list(RECTOOLS.items()), ids=list(RECTOOLS))
def test_rectools_agrees(lists, relevant, ours, theirs):
    metrics = pytest.importorskip("rectools.metrics")
    pd = pytest.importorskip("pandas")
    some = {user: items for user, items in lists.items() if items}
    rows = [(user, item, rank) for user, items in some.items() for rank, item in enumerate(items, start=1)]
    reco = pd.DataFrame(rows, columns=["user_id", "item_id", "rank"])
    pairs = [(user, item) for user in some for item in relevant[user]]
    name, options = theirs
    metric = getattr(metrics, name)(k=5, **options)
    expected = metric.calc(reco, pd.DataFrame(pairs, columns=["user_id", "item_id"]))
    result = evaluate(some, {user: relevant[user] for user in some}, [ours])
    assert result[ours] == pytest.approx(expected, abs=1e-9)


IMPLICIT = {"map@5(denominator=min)": "map", "ndcg@5": "ndcg", "auc@5": "auc"}


def measured_by_implicit(lists, relevant):
    """Return the lists with at least K items, the relevant items of their users, and the metrics of implicit."""
    evaluation = pytest.importorskip("implicit.evaluation")
    sparse = pytest.importorskip("scipy.sparse")
    some = {user: items[:K] for user, items in lists.items() if len(items) >= K}
    tested = {user: relevant[user] for user in some}
    codes = np.array([[int(item[1:]) for item in items] for items in some.values()], dtype=np.int32)
    rows = np.repeat(np.arange(len(some)), [len(items) for items in tested.values()])
    columns = [int(item[1:]) for items in tested.values() for item in items]
    test = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(some), N_ITEMS))

    class Lists:
        """A model as implicit's evaluation needs it."""

        def recommend(self, users, user_items, N):
            return codes[users, :N], np.zeros((len(users), N), np.float32)

    nothing = sparse.csr_matrix(test.shape, dtype=np.float32)
    return some, tested, evaluation.ranking_metrics_at_k(Lists(), nothing, test, K=K, show_progress=False)


@pytest.mark.parametrize(("ours", "theirs"), list(IMPLICIT.items()))
def test_implicit_agrees(lists, relevant, ours, theirs):
    some, tested, measured = measured_by_implicit(lists, relevant)
    result = evaluate(some, tested, [ours], catalogue=[f"i{i}" for i in range(N_ITEMS)])
    assert result[ours] == pytest.approx(measured[theirs], abs=1e-9)


def test_the_precision_of_implicit_is_a_quotient_of_two_sums_over_users(lists, relevant):
    some, tested, measured = measured_by_implicit(lists, relevant)
    hits = K * evaluate(some, tested, ["precision@5"]).per_user["precision@5"]
    expected = hits.sum() / sum(min(K, len(items)) for items in tested.values())
    assert measured["precision"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow  # ranx compiles for half a minute
@pytest.mark.parametrize("seed", range(3))
def test_ranx_agrees_on_every_user(seed):
    ranx = pytest.importorskip("ranx")
    rng = np.random.default_rng(seed)
    lists = {f"u{u}": [f"i{i}" for i in rng.permutation(N_ITEMS)[:WIDTH]] for u in range(N_USERS)}
    relevant = {user: {f"i{i}": 1 for i in rng.permutation(N_ITEMS)[: rng.integers(1, 20)]} for user in lists}
    run = ranx.Run(scores(lists))
    ranx.evaluate(ranx.Qrels(relevant), run, list(RANX.values()))
    result = evaluate(lists, relevant, list(RANX))
    for ours, theirs in RANX.items():
        own = dict(zip(result.users, result.per_user[ours], strict=True))
        assert own == pytest.approx(run.scores[theirs], abs=1e-9)
