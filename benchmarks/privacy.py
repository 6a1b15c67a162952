"""Measure the quality of EASE that is fitted to a private Gram matrix, by epsilon and by contribution limit.

The number of items of the matrix is chosen by NDCG@10 on validation data for each epsilon. The test uses all training
data. Each figure is the mean of several draws of the noise. The share in brackets is that of the NDCG@10 of
EASE without privacy. Neighbouring data sets differ by all data of one user. ``--attack`` instead distinguishes two
neighbouring data sets many times by their likelihood ratio, and compares the best lower bound of epsilon with the
guarantee.
"""

import argparse
import math
import time
import warnings

import numpy as np
from _common.implicit_data import TrainTest, load
from _common.published_data import data_folder
from scipy import stats

from recokit import EASE, Interactions, Popularity
from recokit.metrics import evaluate
from recokit.privacy import private_gram

DELTA = 1e-5
EPSILONS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
SIZES = (100, 200, 300, 500)
LIMITS = (None, 100, 50, 20)
MIN_USERS = {"ta-feng": 20}  # items with fewer users are left out: EASE without privacy would need too much memory


def ndcg(lists: object, test: Interactions) -> float:
    """Return NDCG@10 over the users with test items."""
    return float(evaluate(lists, test, ["ndcg@10"])["ndcg@10"])


def private_ndcg(train: Interactions, test: Interactions, epsilon: float, n_items: int, limit: int | None) -> float:
    """Return NDCG@10 of a model that is fitted to a private Gram matrix; users bring their own histories."""
    # The catalogue of a shop is public; what its customers buy is not.
    gram = private_gram(
        train, epsilon=epsilon, delta=DELTA, n_items=n_items, max_items=limit, items=train.items.ids, random_state=0
    )
    model = EASE(l2=30.0, dropout=0.6, item_exponent=0.0).fit_gram(gram)
    users = test.users.take(np.unique(test.user_codes))
    histories = train.select(np.isin(train.users.take(train.user_codes), users))
    return ndcg(model.recommend_for(histories, n=10, on_unknown="popular"), test)


def measure(name: str, epsilons: list[float], n_draws: int, limits: list[int | None]) -> None:
    """Print the table of a data set."""
    data = of_frequent_items(load(name, data_folder()), MIN_USERS.get(name, 1))
    start = time.perf_counter()
    users = data.test.users.take(np.unique(data.test.user_codes))
    best = ndcg(EASE().fit(data.train).recommend(users, n=10), data.test)
    popular = ndcg(Popularity().fit(data.train).recommend(users, n=10), data.test)
    print(f"\n{name}: {data.train.n_users:,} users, EASE {best:.4f}, Popularity {popular:.4f}, delta {DELTA:g}\n")
    print("| epsilon | items | " + " | ".join("all items" if x is None else f"at most {x}" for x in limits) + " |")
    print("|--:|--:|" + "--:|" * len(limits), flush=True)
    for epsilon in epsilons:
        n_items = choose_size(data, epsilon)
        means = [
            np.mean([private_ndcg(data.train, data.test, epsilon, n_items, limit) for _ in range(n_draws)])
            for limit in limits
        ]
        cells = " | ".join(f"{mean:.4f} ({mean / best:.0%})" for mean in means)
        print(f"| {epsilon:g} | {n_items} | {cells} |", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")


def of_frequent_items(data: TrainTest, min_users: int) -> TrainTest:
    """Return the interactions with items of at least ``min_users`` training users."""
    items = data.train.items.ids[np.bincount(data.train.item_codes) >= min_users]
    parts = (part.select(np.isin(part.items.take(part.item_codes), items)) for part in data)
    train, test, part, validation = (Interactions.from_arrays(*each.to_pairs()[0].T) for each in parts)
    return TrainTest(train, _of_users(test, train), part, _of_users(validation, part))


def _of_users(test: Interactions, train: Interactions) -> Interactions:
    """Return the test data of the users with training data."""
    return test.select((train.users.codes(test.users) >= 0)[test.user_codes])


def choose_size(data: TrainTest, epsilon: float) -> int:
    """Return the number of items with the best NDCG@10 on validation data."""
    scores = {size: private_ndcg(data.train_part, data.validation, epsilon, size, None) for size in SIZES}
    return max(scores, key=scores.__getitem__)


def attack(n_trials: int, n_items: int = 5) -> None:
    """Print lower bounds of epsilon from the best attack on the matrix of one user, who is in the data or not."""
    from recokit.privacy._noise import add_noise, noise_scale
    from recokit.privacy._zcdp import rho_of
    from recokit.privacy.gram import _BITS, whole_rows

    (row,) = whole_rows(np.ones((1, n_items)), _BITS)
    change = np.outer(row, row)[np.triu_indices(n_items)].astype(np.int64)
    print("| epsilon | lower bound by the attack | largest difference of the rates |")
    print("|--:|--:|--:|")
    for epsilon in EPSILONS:
        rho = rho_of(epsilon, DELTA)
        scores = [
            add_noise(np.tile(sums, (n_trials, 1)), 4.0**_BITS, rho) @ (change / np.linalg.norm(change))
            for sums in (0 * change, change)
        ]
        bound, advantage = 0.0, 0.0
        for threshold in np.quantile(np.concatenate(scores), np.linspace(0.001, 0.999, 999)):
            false, true = (int(np.count_nonzero(each > threshold)) for each in scores)
            upper = stats.beta.ppf(1 - 2.5e-5, false + 1, n_trials - false) if false < n_trials else 1.0
            lower = stats.beta.ppf(2.5e-5, true, n_trials - true + 1) if true else 0.0
            if lower > DELTA:
                bound = max(bound, math.log((lower - DELTA) / upper))
            advantage = max(advantage, (true - false) / n_trials)
        scale = noise_scale(1.0, rho)
        print(f"| {epsilon:g} | {bound:.2f} | {advantage:.3f} (noise {scale:.2f} of the part of a user) |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["movielens-1m-implicit", "ta-feng"])
    parser.add_argument("--epsilon", nargs="+", type=float, default=list(EPSILONS))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--no-limits", action="store_true", help="without the contribution limits")
    parser.add_argument("--attack", type=int, metavar="TRIALS", help="distinguish two data sets this many times")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.attack:
        attack(arguments.attack)
        return
    for name in arguments.data:
        measure(name, arguments.epsilon, arguments.draws, [None] if arguments.no_limits else list(LIMITS))


if __name__ == "__main__":
    main()
