"""Fitted classifiers of a cascade, in a form that can be saved if it is known."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data.attributes import Array, Attribute, Number, check_attributes
from recokit.kernels.trees import tree_sums
from recokit.persistence import storable

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

__all__ = [
    "BoostedTrees",
    "FittedClassifier",
    "LinearModel",
    "OtherClassifier",
    "StoredParameters",
    "default_classifier",
    "fitted",
    "parameters",
]

_SAVED_KINDS = {
    "HistGradientBoostingClassifier": "sklearn.ensemble",
    "LogisticRegression": "sklearn.linear_model",
}  # the packages are imported where they are needed: that takes longer than to import recokit
_TREES: dict[str, Attribute] = {
    "n_features": Number(at_least=0, whole=True),
    "baseline": Number(),
    "roots": Array("int64", ("n_trees",), at_least=0),
    "features": Array("int32", ("n_nodes",), at_least=-1),
    "thresholds": Array("float64", ("n_nodes",)),
    "children": Array("int64", ("n_nodes", 2), at_least=0),
    "values": Array("float64", ("n_nodes",)),
}
_COEFFICIENTS: dict[str, Attribute] = {
    "coefficients": Array("float64", ("n_features",)),
    "intercept": Number(),
}
_MIN_PARALLEL = 5_000_000  # numbers


class FittedClassifier:
    """A fitted classifier of the classes 0 and 1.

    Attributes
    ----------
    n_features : int
    """

    n_features: int

    def probabilities(self, inputs: FloatArray, runner: Runner) -> FloatArray:
        """Return the probability of the class 1 for each row: (n_rows,) float64."""
        raise NotImplementedError


@storable("recokit.BoostedTrees")
class BoostedTrees(FittedClassifier):
    """Trees of a binary HistGradientBoostingClassifier as arrays; the probability is the logistic function of a sum.

    Attributes
    ----------
    roots, features, thresholds, children, values : arrays
        As in `recokit.kernels.trees.tree_sums`.
    baseline : float
        Added to the sum.
    n_features : int
    """

    def __init__(
        self,
        roots: IntArray,
        features: CodeArray,
        thresholds: FloatArray,
        children: IntArray,
        values: FloatArray,
        baseline: float,
        n_features: int,
    ) -> None:
        self.roots, self.features, self.thresholds = roots, features, thresholds
        self.children, self.values, self.baseline, self.n_features = children, values, baseline, n_features

    @classmethod
    def from_classifier(cls, classifier: "HistGradientBoostingClassifier") -> "BoostedTrees | None":
        """Return the trees of a fitted classifier; None if it has categorical splits or more than two classes."""
        if any(len(stage) != 1 for stage in classifier._predictors):
            return None
        nodes = [stage[0].nodes for stage in classifier._predictors]
        if any(np.any(one["is_categorical"]) for one in nodes):
            return None
        starts = np.cumsum([0, *(len(one) for one in nodes)]).astype(np.int64)
        every = np.concatenate([np.empty(0, nodes[0].dtype), *nodes]) if nodes else None
        baseline = float(np.ravel(classifier._baseline_prediction)[0])
        n_features = int(classifier.n_features_in_)
        if every is None:
            empty: AnyArray = np.empty(0)
            codes = empty.astype(np.int32)
            return cls(starts[:-1], codes, empty, np.empty((0, 2), np.int64), empty, baseline, n_features)
        is_leaf = every["is_leaf"].astype(np.bool_)
        offsets = np.repeat(starts[:-1], np.diff(starts))
        children = np.column_stack([every["left"], every["right"]]).astype(np.int64) + offsets[:, None]
        features = np.where(is_leaf, -1, every["feature_idx"]).astype(np.int32)
        children[is_leaf] = 0
        thresholds = every["num_threshold"].astype(np.float64)
        return cls(starts[:-1], features, thresholds, children, every["value"].astype(np.float64), baseline, n_features)

    def probabilities(self, inputs: FloatArray, runner: Runner) -> FloatArray:
        """Return the probability of the class 1 for each row: (n_rows,) float64."""
        sums = np.empty(len(inputs))
        args = (self.roots, self.features, self.thresholds, self.children, self.values, sums)
        costs = np.full(len(inputs), 5.0 * (1 + len(self.roots)))
        runner.rows(tree_sums, len(inputs), (np.ascontiguousarray(inputs, dtype=np.float64), *args), costs=costs)
        result: FloatArray = expit(sums + self.baseline)
        return result

    def _to_state(self) -> dict[str, Any]:
        return vars(self)

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "BoostedTrees":
        check_attributes(state, _TREES, {}, "BoostedTrees")
        made = cls(**state)
        n = len(made.features)
        inner = made.features >= 0
        nodes = np.arange(n)[:, None]
        sound = (
            np.all((made.roots >= 0) & (made.roots < n))
            and np.all(made.features < made.n_features)
            and np.all((made.children > nodes)[inner] & (made.children < n)[inner])  # children follow: no endless walks
        )
        if not sound:
            raise ValueError("the trees of the classifier are inconsistent")
        return made


@storable("recokit.LinearModel")
class LinearModel(FittedClassifier):
    """Coefficients of a binary LogisticRegression.

    Attributes
    ----------
    coefficients : (n_features,) float64 array
    intercept : float
    """

    def __init__(self, coefficients: FloatArray, intercept: float) -> None:
        self.coefficients, self.intercept = coefficients, intercept
        self.n_features = len(coefficients)

    def probabilities(self, inputs: FloatArray, runner: Runner) -> FloatArray:
        """Return the probability of the class 1 for each row: (n_rows,) float64."""
        sums = (inputs * self.coefficients).sum(axis=1)  # not BLAS, whose result depends on the number of rows
        result: FloatArray = expit(sums + self.intercept)
        return result

    def _to_state(self) -> dict[str, Any]:
        return {"coefficients": self.coefficients, "intercept": self.intercept}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "LinearModel":
        check_attributes(state, _COEFFICIENTS, {}, "LinearModel")
        return cls(**state)


class OtherClassifier(FittedClassifier):
    """Any other fitted classifier. It cannot be saved in the safe format.

    Attributes
    ----------
    classifier : fitted scikit-learn classifier
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier
        self.n_features = int(classifier.n_features_in_)

    def probabilities(self, inputs: FloatArray, runner: Runner) -> FloatArray:
        """Return the probability of the class 1 for each row: (n_rows,) float64."""
        if len(inputs) == 0:
            return np.empty(0)
        place = np.flatnonzero(np.asarray(self.classifier.classes_) == 1)[0]
        result: FloatArray = np.asarray(self.classifier.predict_proba(inputs), dtype=np.float64)[:, place]
        return result


def fitted(classifier: Any, inputs: FloatArray, labels: AnyArray, seed: int | None) -> FittedClassifier:
    """Return a copy of a classifier, fitted to features and labels 0 and 1."""
    model = clone(classifier)
    params = model.get_params(deep=False)
    if seed is not None and params.get("random_state", 0) is None:
        model.set_params(random_state=seed)
    n_threads = None if inputs.size > _MIN_PARALLEL else 1  # threads of OpenMP cost more than they gain on small data
    with threadpool_limits(n_threads, user_api="openmp"):
        model.fit(inputs, labels)
    if _is_kind(model, "HistGradientBoostingClassifier"):
        trees = BoostedTrees.from_classifier(model)
        if trees is not None:
            return trees
    if _is_kind(model, "LogisticRegression"):
        return LinearModel(np.asarray(model.coef_[0], np.float64), float(model.intercept_[0]))
    return OtherClassifier(model)


def _is_kind(classifier: Any, kind: str) -> bool:
    """Return whether a classifier is of a known kind, and not of a subclass."""
    found = type(classifier)
    return found.__name__ == kind and found.__module__.startswith(f"{_SAVED_KINDS[kind]}.")


def default_classifier() -> "HistGradientBoostingClassifier":
    """Return small boosted trees for noisy labels, without early stopping, which would need more data."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

    return HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=8,
        min_samples_leaf=50,
        l2_regularization=1.0,
        early_stopping=False,
    )


@storable("recokit.StoredClassifier")
class StoredParameters:
    """The parameters of an unfitted classifier of a known kind, for a file."""

    def __init__(self, kind: str, params: dict[str, Any]) -> None:
        self.kind, self.params = kind, params

    def restored(self) -> Any:
        """Return the classifier.

        Raises
        ------
        ValueError
            The kind is unknown.
        """
        if self.kind not in _SAVED_KINDS:
            raise ValueError(f"unknown classifier {self.kind!r}")
        return getattr(import_module(_SAVED_KINDS[self.kind]), self.kind)(**self.params)

    def _to_state(self) -> dict[str, Any]:
        return vars(self)

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "StoredParameters":
        return cls(**state)


def parameters(classifier: Any) -> StoredParameters:
    """Return the parameters of a classifier, for a file.

    Raises
    ------
    TypeError
        The classifier is of a kind that cannot be saved; the message names the remedies.
    """
    kind = type(classifier).__name__
    if kind not in _SAVED_KINDS or not _is_kind(classifier, kind):
        raise TypeError(
            f"scorer: a {kind} cannot be saved in a model file, which holds no code; use one of "
            f"{', '.join(_SAVED_KINDS)} or a recommender as scorer, or pickle the hybrid"
        )
    return StoredParameters(kind, classifier.get_params(deep=False))
