"""The base class of estimators on a Dask cluster."""

import inspect
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from distributed import Client
from sklearn.base import BaseEstimator

from recokit.base import Recommender
from recokit.dask._blocks import Blocks, joined_interactions
from recokit.dask._cluster import AnyFuture, Tasks, check_versions, connect
from recokit.dask._draft import attached, joined_model
from recokit.dask._events import Columns
from recokit.dask._reading import is_partitioned, read_blocks, read_local
from recokit.dask._recommending import Request, lists_frame
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, NotFittedError

__all__ = ["DaskRecommender", "Fitted"]


class Fitted(NamedTuple):
    """A fitted model on the cluster.

    Attributes
    ----------
    model : future
        Without parts: a complete local estimator; the ids of its users are their codes. With parts: a `Draft` without
        ``interactions_`` and without the attributes of users.
    parts : tuple of futures of dict, optional
        The attributes of the users of each block, by name; an array has one row for each user of the block.
    """

    model: AnyFuture
    parts: tuple[AnyFuture, ...] | None = None


class DaskRecommender(BaseEstimator):
    """An estimator that is fitted on a Dask cluster.

    A subclass names the local estimator in ``_local`` and implements ``_fit_blocks``.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default that of the current client, or a new `distributed.LocalCluster`, which `close` ends.
    **parameters
        Those of the local estimator.

    Attributes
    ----------
    client_ : distributed.Client
        The client in use.
    """

    _local: ClassVar[type[Recommender]]
    _close: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_local" in vars(cls):
            own = list(inspect.signature(cls.__init__).parameters.values())[:2]
            given = list(inspect.signature(cls._local.__init__).parameters.values())[1:]
            keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in given]
            cls.__signature__ = inspect.Signature([own[1], *keywords])

    def __init__(self, client: Client | None = None, **parameters: Any) -> None:
        self.client = client
        for name, value in self._local(**parameters).get_params(deep=False).items():
            setattr(self, name, value)

    @classmethod
    def _get_param_names(cls) -> list[str]:
        names: list[str] = cls._local._get_param_names()
        return names

    # ------------------------------------------------------------------ hooks

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        """Submit the tasks of a fit."""
        raise NotImplementedError

    # ------------------------------------------------------------------ fitting

    def fit(
        self,
        X: Any,
        *,
        user: str = "user_id",
        item: str = "item_id",
        rating: str | None = None,
        timestamp: str | None = None,
        duplicates: str = "error",
        **side: Any,
    ) -> Self:
        """Fit the model to interactions.

        Parameters
        ----------
        X : Dask dataframe, Dask bag of frames, or local data
            Events, such as from `dask.dataframe.read_parquet`; or any data that the local ``fit`` takes as ``X``, such
            as `Interactions`.
        user, item : str
            Columns of a dataframe or of the frames with the ids, which are integers or text.
        rating, timestamp : str, optional
            Columns of the ratings or strengths, and of the times.
        duplicates : {"error", "sum", "mean", "last", "max"}
            How to merge duplicate pairs of a dataframe, as in `Interactions.from_frame`. Rows are in the order of the
            partitions.
        **side
            Side information, for models that take it.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data cannot be used; messages about rows name the partition.
        RuntimeError
            The workers have other versions of recokit, Python or the packages that results depend on.
        """
        template = self._template()
        template._validate_params()
        if self._close is not None:
            self.close()
        self.client_, self._close = connect(self.client, self)
        check_versions(self.client_)
        tasks = Tasks(self.client_, type(self).__name__)
        if is_partitioned(X):
            asked = template.feedback
            inferred = "implicit" if rating is None else "explicit"
            columns = Columns(user, item, rating, timestamp, inferred if asked == "auto" else asked, duplicates)
            self._data = read_blocks(X, columns, tasks)
        else:
            self._data = read_local(X, template.feedback, tasks)
        if self._data.feedback not in template._supported_feedback:
            raise DataError(f"{type(self).__name__} is fitted to {template._supported_feedback[0]} feedback only")
        self._fitted = self._fit_blocks(self._data, **side)
        return self

    def _template(self) -> Recommender:
        """Return the unfitted local estimator."""
        return self._local(**self.get_params(deep=False))

    def _worker_template(self) -> Recommender:
        """Return the unfitted local estimator for tasks, which run on one thread each and show no progress bars."""
        template = self._template()
        template.n_threads, template.verbose = 1, False
        return template

    def __sklearn_is_fitted__(self) -> bool:
        return "_fitted" in vars(self)

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet; call fit first.")

    def close(self) -> None:
        """End the cluster that this estimator started; the fitted model is lost unless `to_local` was called."""
        if self._close is not None:
            self._close()
        for name in ("_fitted", "_data", "client_", "_close"):
            self.__dict__.pop(name, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # ------------------------------------------------------------------ results

    def to_local(self) -> Recommender:
        """Return the fitted local estimator, equal to a local fit to the same data.

        Raises
        ------
        NotFittedError
            The model is not fitted.
        """
        self._check_fitted()
        data, fitted = self._data, self._fitted
        blocks, items, model, parts = data.tasks.gather([list(data.blocks), data.items, fitted.model, fitted.parts])
        users = data.users
        if users is None:
            users = IdIndex._from_sorted(np.concatenate([block.users._values for block in blocks]))
        interactions = joined_interactions(users, items, data.feedback, *blocks)
        return joined_model(self._template(), model, interactions, parts)

    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        fill: Any = None,
    ) -> Any:
        """Return the top-n items for users of the training data, as a lazy Dask dataframe.

        The lists are those of the local estimator. They are computed by blocks of users when the dataframe is used, so
        ``frame.to_parquet(path)`` writes them by partitions, without collecting them in one process.

        Parameters
        ----------
        users : array-like of ids, optional
            Users to recommend to, listed in the order of the sorted ids; all users by default.
        n, exclude_seen, candidates, exclude, fill
            As in `recokit.Recommender.recommend`; ``fill`` is None or "popular".

        Returns
        -------
        dask.dataframe.DataFrame
            The columns user_id, item_id, rank and score; with ``fill``, also is_filler.

        Raises
        ------
        UnknownIdError
            A user or a candidate is unknown.
        NotFittedError
            The model is not fitted.
        """
        self._check_fitted()
        request = Request(n, exclude_seen, candidates, exclude, fill)
        return lists_frame(self._data, self._fitted, request, users, attached)
