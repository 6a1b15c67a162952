"""Random candidates for the parameters of the models for implicit feedback: one line of ``SEARCHES`` adds a model."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit import Recommender
from recokit.baselines import Popularity
from recokit.factorization import BPR, ImplicitALS, PureSVD
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.neighbors import ItemKNN, UserKNN

__all__ = ["SEARCHES", "Parameters", "Search"]

_TYPICAL_HISTORY = 100.0  # items per user; it scales penalties from user_exponent=0.5 to the drawn exponent

Parameters = dict[str, Any]


class Search(NamedTuple):
    """How to search the parameters of a model.

    Attributes
    ----------
    estimator : type of Recommender
    draw : callable
        Draws the parameters of a candidate.
    share : float
        Part of the requested number of candidates.
    halving : bool
        Whether fits are slow, so that candidates should be compared on few users first.
    """

    estimator: type[Recommender]
    draw: Callable[[np.random.Generator], Parameters]
    share: float = 1.0
    halving: bool = False


def draw_log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number with a uniform logarithm, rounded to three digits."""
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}")


def draw_step(rng: np.random.Generator, low: float, high: float, width: float = 0.05) -> float:
    """Draw a multiple of ``width`` from a range."""
    return round(float(rng.integers(round(low / width), round(high / width) + 1)) * width, 6)


def draw_ease(rng: np.random.Generator) -> Parameters:
    """Draw parameters of EASE."""
    user_exponent = draw_step(rng, 0, 1, 0.1)
    return {
        "l2": float(f"{draw_log_uniform(rng, 3, 500) * _TYPICAL_HISTORY ** (0.5 - user_exponent):.3g}"),
        "user_exponent": user_exponent,
        "dropout": draw_step(rng, 0, 0.8, 0.1),
        "item_exponent": draw_step(rng, 0, 0.25),
        "fit_intercept": bool(rng.random() < 0.5),
    }


def draw_slim(rng: np.random.Generator) -> Parameters:
    """Draw parameters of SLIM; negative weights slow the fit, so most candidates exclude them."""
    drawn = draw_ease(rng)
    scale = _TYPICAL_HISTORY ** (0.5 - drawn["user_exponent"])
    return {
        "n_neighbors": int(rng.choice([100, 200, 300, 500])),
        "l1": float(f"{draw_log_uniform(rng, 0.02, 1) * scale:.3g}"),
        **drawn,
        "l2": float(f"{draw_log_uniform(rng, 1, 200) * scale:.3g}"),
        "positive": bool(rng.random() < 0.7),
        "tol": 0.01,
    }


def draw_rp3beta(rng: np.random.Generator) -> Parameters:
    """Draw parameters of RP3beta."""
    return {
        "n_neighbors": int(rng.choice([30, 50, 100, 200, 400])),
        "alpha": draw_step(rng, 0.3, 1.3, 0.1),
        "beta": draw_step(rng, 0.0, 1.0),
        "shrinkage": float(rng.choice([0, 10, 50, 200])),
        "normalize": bool(rng.random() < 0.5),
    }


def draw_item_knn(rng: np.random.Generator) -> Parameters:
    """Draw parameters of ItemKNN."""
    return {
        **draw_knn(rng),
        "user_exponent": draw_step(rng, 0, 1, 0.2),
        "scoring": str(rng.choice(["sum", "normalized_sum"])),
        "amplification": draw_step(rng, 0.5, 2.5, 0.25),
    }


def draw_knn(rng: np.random.Generator) -> Parameters:
    """Draw parameters of UserKNN; ItemKNN shares them."""
    similarity = str(rng.choice(["cosine", "asymmetric_cosine", "jaccard", "tversky", "log_likelihood"]))
    drawn: Parameters = {
        "n_neighbors": int(rng.choice([20, 40, 80, 150, 300, 600])),
        "similarity": similarity,
        "shrinkage": draw_log_uniform(rng, 0.1, 200),
    }
    if similarity.endswith("cosine"):
        drawn["weighting"] = (None, "tfidf", "bm25")[rng.integers(3)]
    if similarity in ("asymmetric_cosine", "tversky"):
        drawn["alpha"] = draw_step(rng, 0.1, 0.9, 0.1)
    if similarity == "tversky":
        drawn["beta"] = draw_step(rng, 0.1, 0.9, 0.1)
    return drawn


def draw_als(rng: np.random.Generator) -> Parameters:
    """Draw parameters of ImplicitALS."""
    ratio = draw_log_uniform(rng, 0.5, 16)
    return {
        "n_factors": int(rng.choice([64, 128, 256])),
        "unobserved_ratio": ratio,
        # The ridge of an average user is l2 (1 + ratio) times the length of the history.
        "l2": float(f"{draw_log_uniform(rng, 0.01, 0.3) / (1 + ratio):.3g}"),
        "l2_exponent": float(rng.choice([0.7, 0.85, 1.0, 1.1])),
        "user_mean_share": draw_step(rng, 0, 0.8, 0.2),
        "n_epochs": int(rng.choice([12, 16, 20])),
    }


def draw_bpr(rng: np.random.Generator) -> Parameters:
    """Draw parameters of BPR."""
    return {
        "n_factors": int(rng.choice([64, 128])),
        "n_epochs": int(rng.choice([30, 50])),
        "learning_rate": round(float(np.exp(rng.uniform(np.log(0.02), np.log(0.12)))), 3),
        "learning_rate_decay": float(rng.choice([0.93, 0.96, 0.98])),
        "l2": round(float(np.exp(rng.uniform(np.log(0.002), np.log(0.05)))), 4),
        "l2_bias": draw_log_uniform(rng, 0.0003, 0.03),
        "n_candidates": int(rng.choice([1, 2, 4, 8])),
    }


def draw_svd(rng: np.random.Generator) -> Parameters:
    """Draw parameters of PureSVD."""
    return {
        "n_factors": int(rng.choice([10, 20, 30, 40, 50, 60, 80, 100, 150, 200])),
        "centering": (None, "mean")[rng.integers(2)],
    }


def draw_nothing(rng: np.random.Generator) -> Parameters:
    """Return the defaults, for a model without parameters to choose."""
    return {}


SEARCHES = {
    search.estimator.__name__: search
    for search in (
        Search(Popularity, draw_nothing, 0.0),
        Search(EASE, draw_ease, halving=True),
        Search(SLIM, draw_slim, halving=True),
        Search(RP3beta, draw_rp3beta),
        Search(ItemKNN, draw_item_knn),
        Search(UserKNN, draw_knn),
        Search(PureSVD, draw_svd),
        Search(ImplicitALS, draw_als, halving=True),
        Search(BPR, draw_bpr, halving=True),
    )
}
