"""The base class of estimators on a Dask cluster."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from distributed import Client
from sklearn.base import BaseEstimator

from recokit.base import Recommender
from recokit.dask._blocks import Blocks, joined_interactions
from recokit.dask._cluster import AnyFuture, Tasks, check_open, check_versions, connect
from recokit.dask._draft import attached, fitted_on_one_worker, joined_model, started, with_user_ids
from recokit.dask._events import Columns
from recokit.dask._reading import is_partitioned, partitions_of, read_blocks, read_local, whole_frame
from recokit.dask._recommending import Request, lists_frame
from recokit.exceptions import DataError, NotFittedError
from recokit.sequence import BoughtTogether
from recokit.sequence._base import SequenceRecommender

__all__ = ["DaskRecommender", "Fitted"]

_OPTIONS = {  # defaults of the arguments of ``fit`` that only data in partitions have
    "user": "user_id",
    "item": "item_id",
    "rating": None,
    "timestamp": None,
    "duplicates": "error",
    "basket": None,
}


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
    _fixed: ClassVar[dict[str, Any]] = {}  # parameters that have no other value on a cluster
    _takes_side: ClassVar[bool] = True
    feedback: str
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
        """Submit the tasks of a fit. By default, one worker fits the local estimator to all data."""
        return Fitted(data.tasks.submit("fit", fitted_on_one_worker, self._start(data, **side)))

    def _read_side(self, tasks: Tasks, **side: Any) -> dict[str, Any]:
        """Return the side information for tasks; by default, Dask dataframes become frames on a worker."""
        return {name: whole_frame(given, tasks) if is_partitioned(given) else given for name, given in side.items()}

    def _start(self, data: Blocks, **side: Any) -> AnyFuture:
        """Return the future of the `Draft` with all training data, before the fit."""
        sequences = data.whole_sequences() if data.in_order else None
        template, given = self._worker_template(), self._read_side(data.tasks, **side)
        return data.tasks.submit("start", started, template, data.whole(), sequences, given)

    # ------------------------------------------------------------------ fitting

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        user: str = "user_id",
        item: str = "item_id",
        rating: str | None = None,
        timestamp: str | None = None,
        duplicates: str = "error",
        basket: str | None = None,
        **side: Any,
    ) -> Self:
        """Fit the model to interactions.

        Parameters
        ----------
        X : Dask dataframe, Dask bag of frames, or local data
            Events, such as from `dask.dataframe.read_parquet`; or any data that the local ``fit`` takes as ``X``, such
            as `Interactions`.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of local pairs, as in the local ``fit``.
        user, item : str
            Columns of a dataframe or of the frames with the ids, which are integers or text. With these arguments, a
            pandas frame is read like a Dask dataframe.
        rating, timestamp : str, optional
            Columns of the ratings or strengths, and of the times.
        duplicates : {"error", "sum", "mean", "last", "max"}
            How to merge duplicate pairs of a dataframe, as in `Interactions.from_frame`. Rows are in the order of the
            partitions. Models of sequences keep all events in time order.
        basket : str, optional
            Column of orders or visits of a dataframe, for models of sequences: the events of a user with the same
            value are one basket.
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
            The workers have other versions of recokit, Python or the packages that results depend on; or there are no
            workers; or the client is closed.
        TypeError
            Arguments do not go together, or the model takes no such side information.
        ValueError
            A parameter has a value that the fit on a cluster does not implement.
        """
        template = self._template()
        template._validate_params()
        self._check_supported(side)
        if self._close is not None:
            self.close()
        self.client_, self._close = connect(self.client, self)
        check_versions(self.client_)
        tasks = Tasks(self.client_, type(self).__name__)
        options = user, item, rating, timestamp, duplicates, basket
        named = [name for name, given in zip(_OPTIONS, options, strict=True) if given != _OPTIONS[name]]
        partitions = partitions_of(X, y, named, tasks)
        if partitions is None:
            self._data = read_local(X, y, template, tasks)
        else:
            self._data = read_blocks(partitions, self._columns(*options), tasks)
        self._check_feedback(template)
        self._fitted = self._fit_blocks(self._data, **side)
        return self

    def _columns(
        self, user: str, item: str, rating: str | None, timestamp: str | None, duplicates: str, basket: str | None
    ) -> Columns:
        """Return the columns to read from a dataframe.

        Raises
        ------
        DataError
            The model needs the order of the events, or does not use baskets.
        """
        local, inferred = self._local, "implicit" if rating is None else "explicit"
        in_order = issubclass(local, SequenceRecommender) or (issubclass(local, BoughtTogether) and basket is not None)
        if basket is not None and not in_order:
            raise DataError(f"basket={basket!r}: {type(self).__name__} does not use baskets")
        if in_order and timestamp is None and basket is None:
            raise DataError(
                f"{type(self).__name__} needs the order of the events; give the column of the times as timestamp="
            )
        feedback = inferred if self.feedback == "auto" else self.feedback
        return Columns(user, item, rating, timestamp, feedback, duplicates, basket, in_order)

    def _check_supported(self, side: Mapping[str, Any]) -> None:
        """Refuse side information and parameters that the fit on a cluster does not implement."""
        name = self._local.__name__
        if side and not self._takes_side:
            raise TypeError(f"recokit.dask.{name}.fit takes no {', '.join(sorted(side))}; use recokit.{name} for it")
        for parameter, value in self._fixed.items():
            given = getattr(self, parameter)
            if given != value:
                raise ValueError(
                    f"{parameter}={given!r}: recokit.dask.{name} supports only {value!r}; use recokit.{name} for it"
                )

    def _check_feedback(self, template: Recommender) -> None:
        kinds = template._supported_feedback
        if self._data.feedback not in kinds:
            remedy = (
                "name the column of the ratings as rating=" if kinds[0] == "explicit" else "set feedback='implicit'"
            )
            raise DataError(f"{type(self).__name__} is fitted to {kinds[0]} feedback only; {remedy}")

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
        check_open(self.client_, "the fitted model is lost; fit again with a new client")

    def __getstate__(self) -> dict[str, Any]:
        if self.__sklearn_is_fitted__():
            raise TypeError(f"a fitted recokit.dask.{type(self).__name__} is on its cluster; pickle to_local() instead")
        state: dict[str, Any] = super().__getstate__()
        return {**state, "client": None}

    def __getattr__(self, name: str) -> Any:
        """Refuse names of the local estimator that clusters do not have."""
        here = f"'{type(self).__name__}' object of recokit.dask has no attribute '{name}'"
        is_local = name[:1] != "_" and name != "client_" and (hasattr(self._local, name) or name[-1] == "_")
        raise AttributeError(f"{here}; call to_local() and use it there" if is_local else here)

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
        data, fitted, gather = self._data, self._fitted, self._data.tasks.gather
        if fitted.parts is None:
            model, users = gather([fitted.model, data.user_ids()])
            return with_user_ids(self._template(), model, users)
        draft, parts, blocks, items, users = gather(
            [fitted.model, list(fitted.parts), list(data.blocks), data.items, data.user_ids()]
        )
        return joined_model(self._template(), draft, joined_interactions(users, items, data.feedback, *blocks), parts)

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
        ``frame.to_parquet(path)`` writes them by partitions, without collecting them in one process. ``client_`` must
        then be the current client, as the last client that was made is.

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
