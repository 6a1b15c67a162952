"""Features of users and items as priors of their factors: reading, cold rows and new users."""

import warnings
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from scipy import sparse

from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.data._feature_tables import FeatureTable, Kind
from recokit.data._id_forms import describe_mismatch
from recokit.data.attributes import Array, Attribute, Each, Matrix, Text
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError, first_few
from recokit.factorization._alternation import RowPrior
from recokit.factorization._feature_prior import FeaturePrior, means_of
from recokit.factorization._resume import IterativeFactorRecommender

__all__ = ["FeaturedFactorRecommender", "Side"]


class Side(NamedTuple):
    """The users, or the items, in a fit by alternating least squares.

    Attributes
    ----------
    cells : Rows
        Interactions with their weights.
    l2 : (n_rows,) float32 array
        Penalty of each row.
    features : csr_array of shape (n_rows, n_features), optional
    regression : FeaturePrior, optional
        Regression from the features to the factors.
    share : float
        Share of the penalty that pulls the factors to the regression; the rest pulls them to 0.
    mean_share : float
        The same for the common mean of all rows, for a side without features.
    """

    cells: Rows
    l2: FloatArray
    features: sparse.csr_array | None
    regression: FeaturePrior | None
    share: float
    mean_share: float

    @classmethod
    def from_cells(
        cls,
        cells: Rows,
        l2: FloatArray,
        features: sparse.csr_array | None,
        feature_l2: float,
        share: float,
        mean_share: float = 0.0,
    ) -> "Side":
        """Return a side with the regression of its features, if it has features."""
        regression = None if features is None else FeaturePrior.from_features(features, l2, feature_l2)
        return cls(cells, l2, features, regression, share, mean_share if features is None else 0.0)

    def prior(self, factors: FloatArray) -> tuple[RowPrior, FloatArray | None]:
        """Return the prior around the regression of these factors on the features, and the weights of the features."""
        if self.mean_share > 0:
            return RowPrior.around_common_mean(self.l2, factors, self.mean_share), None
        if self.regression is None:
            return RowPrior.around_zero(self.l2, factors.shape[1]), None
        weights = self.regression.weights(factors)
        return RowPrior(self.l2, means_of(self.features, np.float32(self.share) * weights)), weights

    def prior_penalty(self, prior: RowPrior, weights: FloatArray | None) -> float:
        """Return the penalty of the weights, and the part of the penalty of the rows that the factors do not change.

        With the share τ, λ ((1 − τ) ‖f‖² + τ ‖f − m‖²) = λ ‖f − τ m‖² + λ τ (1 − τ) ‖m‖².
        """
        if self.mean_share > 0:
            return prior.penalty_of_mean(self.mean_share)
        if self.regression is None or weights is None:
            return 0.0
        shrunk = RowPrior.around_zero(self.l2, prior.means.shape[1]).penalty(prior.means)
        rest = shrunk * (1 - self.share) / self.share if self.share > 0 else 0.0
        return rest + self.share * self.regression.penalty(weights)


class FeaturedFactorRecommender(IterativeFactorRecommender):
    """Base class of factor models whose factors are drawn around linear functions of features.

    A subclass sets ``item_feature_weights_`` and ``user_feature_weights_`` in ``_run`` for the kinds that `_features`
    returns features of.
    """

    _KINDS: ClassVar[tuple[Kind, ...]] = ("item", "user")

    feature_share: float
    cold_share: float
    user_features_: sparse.csr_array
    item_features_: sparse.csr_array

    # ------------------------------------------------------------------ reading

    def fit(self, X: Any, y: Any = None, *, item_features: Any = None, user_features: Any = None) -> Self:  # type: ignore[override]
        """Fit the model to interactions, and to features of items and users.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Strengths of the pairs; 1 each by default.
        item_features, user_features : frame, mapping of columns, Features, (ids, matrix), or matrix, optional
            Numbers that describe each item or user: a frame or a mapping with the column item_id or user_id, whose
            other columns are features; `recokit.preprocessing.Features`; ids and a dense or sparse matrix with one
            row for each; or a matrix whose rows have the ids 0 … m − 1. Give a category as one column of 0 and 1 for
            each value. Items and users that occur only here have no interactions, but a list and a place in lists.

        Returns
        -------
        self

        Raises
        ------
        DataError
            Features are text, NaN or infinite, list an id twice, have another number of rows than ids, or have none of
            the ids of the interactions; or as in `Recommender.fit`.

        Warns
        -----
        UserWarning
            Items or users with interactions have no features. Their factors are drawn around 0, as without features.
        """
        return super().fit(X, y, **_given(item_features=item_features, user_features=user_features))

    def partial_fit(  # type: ignore[override]
        self, X: Any = None, y: Any = None, *, item_features: Any = None, user_features: Any = None
    ) -> Self:
        """Update the model with further interactions, features, or both.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if only features are new.
        item_features, user_features : as in `fit`, optional
            Features of new items or users, and new features of known ones, with the columns of the fit.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`, or the columns differ from those of the fit.
        """
        return super().partial_fit(X, y, **_given(item_features=item_features, user_features=user_features))

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        """Set the features, and return the interactions over all items and users with interactions or features."""
        tables = {kind: self._table(kind, side.pop(f"{kind}_features", None)) for kind in self._KINDS}
        super()._prepare(interactions, **side)
        indexes = {"item": interactions.items, "user": interactions.users}
        for kind, table in tables.items():
            if table is not None:
                _check_overlap(table, indexes[kind], kind)
                indexes[kind] = indexes[kind].union(table.ids)
        if all(table is None for table in tables.values()):
            return interactions
        interactions = interactions.reindex(users=indexes["user"], items=indexes["item"])
        for kind, table in tables.items():
            if table is not None:
                features = table.aligned(indexes[kind])
                _warn_of_missing(features, interactions, kind)
                setattr(self, f"{kind}_features_", features)
                setattr(self, f"{kind}_feature_names_", list(table.names))
        return interactions

    def _table(self, kind: Kind, given: Any) -> FeatureTable | None:
        """Return the features of the earlier fit, updated with the given ones."""
        new = None if given is None else FeatureTable.from_input(given, kind)
        if "interactions_" not in vars(self) or f"{kind}_features_" not in vars(self):
            return new
        index: IdIndex = getattr(self.interactions_, f"{kind}s")
        names = tuple(getattr(self, f"{kind}_feature_names_"))
        known = FeatureTable(index, names, getattr(self, f"{kind}_features_"))
        return known if new is None else known.updated(new, f"{kind}_features")

    # ------------------------------------------------------------------ fitting

    def _features(self, kind: Kind, index: IdIndex | None = None) -> sparse.csr_array | None:
        """Return the features of the items or users of an index, by default of the model; None without features."""
        features: sparse.csr_array | None = vars(self).get(f"{kind}_features_")
        if features is None or index is None:
            return features
        own: IdIndex = getattr(self.interactions_, f"{kind}s")
        return features if index is own else features[own.codes(index)]

    def _set_feature_weights(self, user_weights: FloatArray | None, item_weights: FloatArray | None) -> None:
        """Set the weights of the features that there are."""
        if user_weights is not None:
            self.user_feature_weights_ = user_weights
        if item_weights is not None:
            self.item_feature_weights_ = item_weights

    def _expand(self, data: Interactions, interactions: Interactions) -> None:
        """Give users and items without interactions the prior means of their features, those of items scaled; or 0."""
        super()._expand(data, interactions)
        for kind in self._KINDS:
            features = self._features(kind)
            if features is not None:
                cold = self._is_cold(kind)
                factors = getattr(self, f"{kind}_factors_")
                weights = np.float32(self._cold_scale(kind)) * getattr(self, f"{kind}_feature_weights_")
                factors[cold] = means_of(features[cold], weights)

    def _cold_scale(self, kind: Kind) -> float:
        """Return the share of the prior mean that is the factors of a user or an item without interactions."""
        return self.cold_share if kind == "item" else 1.0

    def _is_cold(self, kind: Kind) -> BoolArray:
        """Return whether each user or item of the model has no interactions."""
        data = self.interactions_
        codes, n = (data.user_codes, data.n_users) if kind == "user" else (data.item_codes, data.n_items)
        cold = np.ones(n, dtype=np.bool_)
        cold[codes] = False
        return cold

    # ------------------------------------------------------------------ stored attributes

    def _described(self) -> dict[str, Attribute]:
        described = super()._described()
        for kind in self._KINDS:
            n_features = f"n_{kind}_features"
            described |= {
                f"{kind}_features_": Matrix(f"n_{kind}s", n_features, or_absent=True),
                f"{kind}_feature_names_": Each(Text(), n_features, or_absent=True),
                f"{kind}_feature_weights_": Array("float32", (n_features, "n_factors"), or_absent=True),
            }
        return described

    def _check_features(self) -> None:
        """Raise ValueError if a file holds features without names or weights."""
        for kind in self._KINDS:
            names = [f"{kind}_{name}" for name in ("features_", "feature_names_", "feature_weights_")]
            held = [name for name in names if name in vars(self)]
            if len(held) not in (0, 3):
                raise ValueError(f"features of {kind}s need values, names and weights, got {held}")

    def _forget_side(self, users: Any) -> BoolArray:
        """Remove the features of users."""
        codes = self.interactions_.users.codes(users)
        if "user_features_" in vars(self):
            stays = np.ones(self.interactions_.n_users, dtype=np.bool_)
            stays[codes[codes >= 0]] = False
            self.user_features_ = self.user_features_[np.flatnonzero(stays)]
        known: BoolArray = codes >= 0
        return known

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with features."""
        features = self._features("item")
        return None if features is None else np.diff(features.indptr) > 0

    def _take_items(self, item_codes: CodeArray) -> None:
        if "item_features_" in vars(self):
            self.item_features_ = self.item_features_[item_codes]

    def _feature_parts(self, kind: Kind, code: int, *, cold: bool) -> list[tuple[str, FloatArray]]:
        """Return the parts of the prior mean of a user or an item by name of the feature, in float64."""
        features = self._features(kind)
        if features is None:
            return []
        row = features[[code]]
        weights: FloatArray = getattr(self, f"{kind}_feature_weights_")[row.indices].astype(np.float64)
        names = getattr(self, f"{kind}_feature_names_")
        scale = self._cold_scale(kind) if cold else self.feature_share
        return [
            (names[place], scale * value * part)
            for place, value, part in zip(row.indices.tolist(), row.data.tolist(), weights, strict=True)
        ]

    # ------------------------------------------------------------------ hooks

    def _items_without_evidence(self) -> BoolArray:
        without = super()._items_without_evidence()
        if self._features("item") is None:
            return without
        cold = np.flatnonzero(without)
        without[cold] = ~np.any(self.item_factors_[cold], axis=1)
        return without

    def _known_users(self, user_codes: CodeArray, seen: Rows) -> BoolArray:
        known = super()._known_users(user_codes, seen)
        features = self._features("user")
        if features is not None:
            known |= (user_codes >= 0) & (np.append(np.diff(features.indptr), 0)[user_codes] > 0)
        return known

    def _read_user_side(self, users: Any, **side: Any) -> Any:
        given = side.pop("user_features", None)
        super()._read_user_side(users, **side)
        if given is None:
            return None
        if self._features("user") is None:
            raise DataError(f"user_features: this {type(self).__name__} was fitted without features of users")
        table, names = FeatureTable.from_input(given, "user"), tuple(self.user_feature_names_)
        if table.names != names:
            raise DataError(
                f"user_features: the model was fitted with the columns {first_few(names)}, got {first_few(table.names)}"
            )
        index = IdIndex(users, name="users of the histories")
        _check_overlap(table, index, "user")
        return table.aligned(index)[index.codes(users)]

    def _has_evidence(self, histories: Rows, side: Any) -> BoolArray:
        known = super()._has_evidence(histories, side)
        return known if side is None else known | (np.diff(side.indptr) > 0)


def _given(**side: Any) -> dict[str, Any]:
    return {name: value for name, value in side.items() if value is not None}


def _check_overlap(table: FeatureTable, index: IdIndex, kind: Kind) -> None:
    """Refuse features that share no id with the interactions; a difference in the form of the ids is named."""
    reason = describe_mismatch(table.ids, index, (f"{kind}_features", f"the {kind}s of the interactions"))
    if reason is not None:
        raise DataError(f"{kind}_features: none of the {len(index)} {kind}s of the interactions has features: {reason}")


def _warn_of_missing(features: sparse.csr_array, interactions: Interactions, kind: Kind) -> None:
    index: IdIndex = getattr(interactions, f"{kind}s")
    present = interactions.user_codes if kind == "user" else interactions.item_codes
    lacking = np.setdiff1d(np.unique(present), np.flatnonzero(np.diff(features.indptr)))
    if len(lacking):
        warnings.warn(
            f"{len(lacking)} of {len(index)} {kind}s have interactions and no features; their factors are drawn around "
            f"0: {first_few(index.take(lacking))}",
            stacklevel=levels_inside(),
        )
