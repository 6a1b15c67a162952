"""UserSegments: clusters of users by their features, with profiles in words."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from recokit._runtime.arguments import check_count
from recokit._runtime.language import Language, check_language
from recokit._typing import FloatArray, IntArray
from recokit.exceptions import DataError, first_few
from recokit.persistence import storable
from recokit.preprocessing._segment_scaling import COMPOSITIONS, Scaling
from recokit.preprocessing._stored import check_user_segments
from recokit.preprocessing.event_log import EventLog
from recokit.preprocessing.features import Feature, Features
from recokit.preprocessing.features_of_users import user_features
from recokit.preprocessing.segment_profiles import SegmentProfiles

__all__ = ["UserSegments"]

_SAMPLE = 10_000  # rows to choose the number of segments with
_LARGE_SAMPLE = 100_000  # rows of the final KMeans
_SILHOUETTE_SAMPLE = 2_000  # rows of the silhouette, whose cost grows with their square
_MAX_INTEGER = np.iinfo(np.int32).max
_SAVED = ("labels_", "cluster_centers_", "silhouettes_", "inertia_", "n_features_in_", "ids_", "profiles_")


@storable("recokit.UserSegments")
class UserSegments(ClusterMixin, BaseEstimator):
    r"""Cluster users by their features into segments with readable profiles.

    Skewed non-negative features are replaced by log(1 + x). Each feature is centred by its median and scaled by its
    interquartile range (by its standard deviation if that is 0), and clipped to three standard deviations. Shares that
    add up to 1, such as those of the categories, are scaled together. NaN is replaced by the median. Each family of
    features, such as engagement, price or category, is scaled to a variance equal to its effective number of
    dimensions, :math:`(\sum \lambda)^2 / \sum \lambda^2` for the eigenvalues λ of its covariance matrix, so that many
    correlated features weigh no more than one. The scaled rows are clustered by KMeans, on a sample if there are more
    than 100,000 users.

    Parameters
    ----------
    n_segments : int, optional
        Number of segments; by default the number from 2 to ``max_segments`` with the largest mean silhouette, on a
        sample of at most 10,000 users.
    max_segments : int
        Largest number to try.
    columns : sequence of str, optional
        Features to cluster by; all by default. The others are only described in the profiles.
    at : moment, optional
        Moment of the features if `fit` is given a log, as in `user_features`.
    language : {"en", "zh"}
        Language of the names and profiles.
    n_init : int
        Number of starts of KMeans.
    random_state : int, RandomState or None
        Seed. With an integer, the same features give the same segments, for any number of threads.

    Attributes
    ----------
    labels_ : (n_users,) int32 array
        Segment of each user, in the order of the rows; segment 0 is the largest.
    n_segments_ : int
    cluster_centers_ : (n_segments, n_columns) float64 array
        Centres of the scaled rows.
    silhouettes_ : dict of int to float
        Mean silhouette of each number of segments that was tried.
    profiles_ : SegmentProfiles
        Size, revenue and traits of each segment; prints as a table.
    segments_ : dict
        Name of the segment of each user, for ``groups=`` of `recokit.evaluate` and ``by=`` of `recokit.Popularity`.
        Rows of an array have the users 0 … n − 1.
    inertia_ : float
        Sum of the squared distances of the scaled rows from their centres.

    See Also
    --------
    rfm : Segments by recency, frequency and monetary value.
    recokit.plotting.segment_heatmap : Figure of the profiles.

    References
    ----------
    P. J. Rousseeuw: Silhouettes: a graphical aid to the interpretation and validation of cluster analysis. Journal of
    Computational and Applied Mathematics 20, 1987.

    Examples
    --------
    >>> import numpy as np
    >>> from recokit.preprocessing import Feature, Features, UserSegments
    >>> rng = np.random.default_rng(0)
    >>> values = np.where(
    ...     np.arange(100)[:, None] < 70, [0.2, 0.9], [0.8, 0.2]
    ... ) + rng.normal(0, 0.05, (100, 2))
    >>> columns = [
    ...     Feature("price_level", family="price"),
    ...     Feature("weekend_share", family="weekend"),
    ... ]
    >>> model = UserSegments().fit(Features(range(100), values, columns))
    >>> for sentence in model.profiles_:
    ...     print(sentence)
    price-sensitive weekend buyers, 70% of users
    premium weekday buyers, 30% of users
    >>> model.segments_[99]
    'premium weekday buyers'
    >>> model.predict(Features(["new"], [[0.2, 0.9]], columns)).tolist()
    [0]
    """

    def __init__(
        self,
        n_segments: int | None = None,
        *,
        max_segments: int = 8,
        columns: Any = None,
        at: Any = None,
        language: Language = "en",
        n_init: int = 10,
        random_state: Any = 0,
    ) -> None:
        self.n_segments = n_segments
        self.max_segments = max_segments
        self.columns = columns
        self.at = at
        self.language = language
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, catalogue: Any = None) -> Self:
        """Cluster users.

        Parameters
        ----------
        X : Features, EventLog, or array-like of shape (n_users, n_features)
            The features of a log are those of `user_features`.
        y : ignored
        catalogue : frame or mapping of columns, optional
            Catalogue of the items of the log, as in `user_features`.

        Returns
        -------
        self

        Raises
        ------
        DataError
            There are fewer users than segments, all features are constant, or a value is infinite.
        ValueError
            A parameter is out of its range.
        """
        self._check_parameters()
        table = self._table(X, catalogue, reset=True)
        used = table if self.columns is None else table[list(self.columns)]
        wanted = 2 if self.n_segments is None else self.n_segments
        distinct = _count_distinct(used.values, wanted)
        if distinct < wanted:
            raise DataError(
                f"UserSegments: {wanted} segments need at least {wanted} users with different features, got "
                f"n_samples={len(table)}, {distinct} of them different"
            )
        rng = check_random_state(self.random_state)
        with threadpool_limits(1):  # sums of several threads depend on their order
            self._scaling = Scaling.fit(used.values, used.columns)
            rows = self._scaling.transform(used.values)
            self.silhouettes_ = {} if self.n_segments is not None else self._silhouettes(rows, rng)
            found = max(self.silhouettes_, key=lambda n: (self.silhouettes_[n], -n), default=self.n_segments)
            self._cluster(rows, int(found or wanted), rng)
        self.columns_ = used.columns
        self.ids_ = table.ids
        everything = self._scaling if used is table else Scaling.fit(table.values, table.columns)
        self.profiles_ = SegmentProfiles.from_labels(
            table.values, table.columns, self.labels_, everything.is_log, self.language
        )
        return self

    def predict(self, X: Any, *, catalogue: Any = None) -> IntArray:
        """Return the segment of each user of new features: the nearest centre.

        The price level and other relative features of a log compare its users with each other. For new users, compute
        the features of a log that also has the old users, and pass ``features.of(new_users)``.

        Parameters
        ----------
        X : Features, EventLog, or array-like of shape (n_users, n_features)
            Features with the columns of `fit`, by name. A missing share of a category or source counts as 0.
        catalogue : frame or mapping of columns, optional
            As in `fit`.

        Returns
        -------
        (n_users,) int32 array

        Raises
        ------
        NotFittedError
            The model is not fitted.
        DataError
            Features are missing, or ``X`` holds ids in place of features.
        """
        check_is_fitted(self)
        rows = self._scaling.transform(_aligned(self._table(X, catalogue, reset=False), self.columns_))
        return _nearest(rows, self.cluster_centers_)

    @property
    def segments_(self) -> dict[Any, str]:
        """Name of the segment of each user."""
        check_is_fitted(self)
        names = self.profiles_.names
        return dict(zip(self.ids_, (names[label] for label in self.labels_.tolist()), strict=True))

    def _check_parameters(self) -> None:
        if self.n_segments is not None:
            check_count(self.n_segments, "n_segments", 1)
        check_count(self.max_segments, "max_segments", 2)
        check_count(self.n_init, "n_init", 1)
        check_language(self.language)

    def _table(self, X: Any, catalogue: Any, *, reset: bool) -> Features:
        """Return the features of a log, or of an array with the names x0, x1, …."""
        if isinstance(X, EventLog):
            X = user_features(X, catalogue, self.at)
        elif catalogue is not None:
            raise DataError("UserSegments: a catalogue is read with a log only, got it with features")
        if isinstance(X, Features):
            self._check_table(X)
            if reset:
                self.n_features_in_ = len(X.columns)
            return X
        array = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(array.shape[1])])
        return Features(range(len(array)), array, list(names))

    def _check_table(self, table: Features) -> None:
        if table.kind != "user":
            raise DataError("UserSegments: expected features of users, got features of items")
        if len(table) == 0 or not table.columns:
            raise DataError(f"UserSegments: expected users and features, got a table of shape {table.shape}")

    def _silhouettes(self, rows: FloatArray, rng: Any) -> dict[int, float]:
        """Return the mean silhouette of each number of segments on a sample of the rows."""
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score

        sample = _sample(rows, _SAMPLE, rng)
        judged = rng.permutation(len(sample))[:_SILHOUETTE_SAMPLE]
        scores: dict[int, float] = {}
        for n in range(2, _count_distinct(sample, self.max_segments) + 1):
            model = KMeans(n, n_init=self.n_init, random_state=rng.randint(_MAX_INTEGER)).fit(sample)
            labels = model.labels_[judged]
            if 1 < len(np.unique(labels)) < len(judged):
                scores[n] = float(silhouette_score(sample[judged], labels))
        return scores

    def _cluster(self, rows: FloatArray, n_segments: int, rng: Any) -> None:
        """Set the labels and centres, ordered by size."""
        from sklearn.cluster import KMeans

        model = KMeans(n_segments, n_init=self.n_init, random_state=rng.randint(_MAX_INTEGER))
        model.fit(_sample(rows, _LARGE_SAMPLE, rng))
        labels = _nearest(rows, model.cluster_centers_)
        sizes = np.bincount(labels, minlength=n_segments)
        order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
        self.cluster_centers_ = model.cluster_centers_[order]
        self.labels_ = _nearest(rows, self.cluster_centers_)
        self.n_segments_ = len(order)
        self.inertia_ = float(((rows - self.cluster_centers_[self.labels_]) ** 2).sum())

    def _to_state(self) -> dict[str, Any]:
        check_is_fitted(self)
        learned = {name: getattr(self, name) for name in _SAVED}
        columns = [list(column) for column in self.columns_]
        return {"params": self.get_params(), "columns": columns, "scaling": list(self._scaling), "learned": learned}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        check_user_segments(state, SegmentProfiles)
        model = cls(**state["params"])
        model._check_parameters()
        model.__dict__.update(state["learned"])
        model.columns_ = tuple(Feature(*parts) for parts in state["columns"])
        model._scaling = Scaling(*state["scaling"])
        model.n_segments_ = len(model.cluster_centers_)
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _sample(rows: FloatArray, size: int, rng: Any) -> FloatArray:
    """Return a random sample of rows, in order; all rows if there are no more than ``size``."""
    return rows if len(rows) <= size else rows[np.sort(rng.choice(len(rows), size, replace=False))]


def _count_distinct(rows: FloatArray, enough: int) -> int:
    """Return the number of different rows, at most ``enough``."""
    seen: set[bytes] = set()
    for row in rows + 0.0:  # turns -0.0 into 0.0
        seen.add(row.tobytes())
        if len(seen) >= enough:
            break
    return len(seen)


def _nearest(rows: FloatArray, centers: FloatArray) -> IntArray:
    """Return the nearest centre of each row; the first of equally near ones."""
    labels: IntArray = np.empty(len(rows), dtype=np.int32)
    for start in range(0, len(rows), _SAMPLE):
        block = rows[start : start + _SAMPLE]
        distances = [((block - center) ** 2).sum(axis=1) for center in centers]
        labels[start : start + _SAMPLE] = np.argmin(distances, axis=0)
    return labels


def _aligned(table: Features, columns: tuple[Feature, ...]) -> FloatArray:
    """Return the values of the columns of the fit; 0 for a missing share of a category or source.

    Raises
    ------
    DataError
        Another column is missing.
    """
    names = set(table.names)
    missing = [one.name for one in columns if one.name not in names and one.family not in COMPOSITIONS]
    if missing:
        raise DataError(f"features: {len(missing)} column(s) of the fit are missing: {first_few(missing)}")
    values = [table[one.name] if one.name in names else np.zeros(len(table)) for one in columns]
    return np.column_stack(values)
