"""The data that metrics need in addition to the lists and the test set: catalogue, training data, vectors, prices."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers
from recokit.data._events import read_events, read_item_ids
from recokit.data._frames import column, is_frame, is_pandas
from recokit.data._keyed import by_label
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Context", "ItemValues", "ItemVectors", "read_item_values"]

ItemValues = Mapping[Any, Any] | Literal["test"]


class ItemVectors(NamedTuple):
    """Feature vectors of items.

    Attributes
    ----------
    items : IdIndex
    units : (n_items, n_features) sparse array
        The vectors scaled to length 1; zero vectors stay zero.
    """

    items: IdIndex
    units: sparse.csr_array

    @classmethod
    def from_input(cls, item_vectors: Any) -> "ItemVectors | None":
        """Return the vectors of a pair (vectors, items), a mapping of items to vectors, or a labelled pandas frame.

        Raises
        ------
        DataError
            The input has another form, or the vectors are invalid.
        """
        if item_vectors is None:
            return None
        given = by_label(item_vectors, "item_vectors", "item")
        if isinstance(given, Mapping):
            return cls.from_arrays(list(given.values()), list(given))
        if is_pandas(given) and is_frame(given):
            return cls.from_arrays(given.to_numpy(), given.index)
        if not isinstance(given, tuple | list) or len(given) != 2:
            raise DataError(
                "item_vectors: expected a pair (vectors, items), or a pandas frame with a row for each item in its "
                f"index, got {type(item_vectors).__name__}"
            )
        return cls.from_arrays(*given)

    @classmethod
    def from_arrays(cls, vectors: Any, items: Any) -> "ItemVectors":
        """Return the vectors of items, scaled to length 1.

        Raises
        ------
        DataError
            The numbers of vectors and items differ, a value is not finite, or the rows of a pandas frame have the
            items as labels in another order.
        """
        index = read_item_ids(items, "items")
        if is_pandas(vectors) and is_frame(vectors):
            _check_row_labels(vectors.index, index)
        try:
            rows = sparse.csr_array(vectors, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"vectors: expected numbers, a row for each item ({error})") from None
        if rows.ndim != 2 or rows.shape[0] != len(index):
            raise DataError(f"vectors of shape {rows.shape} for {len(index)} items: expected a row for each item")
        if not np.all(np.isfinite(rows.data)):
            raise DataError(f"vectors: {np.count_nonzero(~np.isfinite(rows.data))} value(s) are NaN or infinite")
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        scales = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
        return cls(index, sparse.csr_array(sparse.dia_array((scales[None], [0]), shape=(len(index),) * 2) @ rows))


def _check_row_labels(labels: Any, items: IdIndex) -> None:
    """Raise a `DataError` if the rows of a frame are labelled with the items in another order."""
    codes = items.codes(labels)
    if np.all(codes >= 0) and not np.array_equal(codes, np.arange(len(items))) and len(codes) == len(items):
        raise DataError(
            "vectors: the index of the frame contains the items in another order; pass vectors.loc[items] if the index "
            "contains item ids, or vectors.to_numpy() if the rows are in the order of the items"
        )


class Context(NamedTuple):
    """The data that metrics need in addition to the lists and the test set; each part is optional."""

    catalogue: IdIndex | None = None
    train: Interactions | None = None
    vectors: ItemVectors | None = None
    prices: ItemValues | None = None
    margins: ItemValues | None = None
    histories: Interactions | None = None

    @classmethod
    def from_inputs(cls, train: Any, catalogue: Any) -> "Context":
        """Return the context of training data and a catalogue, by default the items of the training data.

        Raises
        ------
        DataError
            The training data are invalid or empty, or the catalogue is empty or repeats an id.
        """
        data = None if train is None else read_events(train, "train").data
        index = data.items if catalogue is None and data is not None else None
        if catalogue is not None:
            index = read_item_ids(catalogue, "catalogue")
        if index is not None and len(index) == 0:
            raise DataError("the catalogue is empty")
        return cls(index, data)

    def item_indices(self) -> list[IdIndex]:
        """Return the known sets of items: of the catalogue, the training data and the vectors."""
        parts = (self.catalogue, None if self.train is None else self.train.items, self.vectors and self.vectors.items)
        return [items for items in parts if items is not None]

    def histories_for(self, metric: str) -> Interactions:
        """Return the histories, by default the training data; raise ValueError with the metric if both are missing."""
        histories = self.train if self.histories is None else self.histories
        if histories is None:
            raise ValueError(f"{metric} needs the items that each user had before: pass train= or histories=")
        return histories

    def catalogue_for(self, metric: str) -> IdIndex:
        """Return the catalogue; raise ValueError with the name of the metric if it is missing."""
        if self.catalogue is None:
            raise ValueError(f"{metric} needs the catalogue: pass train= or catalogue=")
        return self.catalogue

    def train_for(self, metric: str) -> Interactions:
        """Return the training data; raise ValueError with the name of the metric if they are missing."""
        if self.train is None:
            raise ValueError(f"{metric} needs the training data: pass train=")
        return self.train

    def vectors_for(self, metric: str) -> ItemVectors:
        """Return the item vectors; raise ValueError with the name of the metric if they are missing."""
        if self.vectors is None:
            raise ValueError(f"{metric} needs the feature vectors of the items: pass item_vectors=")
        return self.vectors

    def popularity(self, items: IdIndex, metric: str) -> tuple[FloatArray, int]:
        """Return the share of training users with each item, and the number of training users."""
        train = self.train_for(metric)
        n_users = int(np.count_nonzero(train.rows.lengths))
        n_takers = np.append(np.bincount(train.item_codes, minlength=train.n_items), 0)
        return n_takers[train.items.codes(items)] / n_users, n_users

    def values_for(self, metric: str) -> ItemValues:
        """Return the prices or margins for revenue or margin; raise ValueError if they are missing."""
        name = {"revenue": "prices", "margin": "margins"}[metric]
        values: ItemValues | None = getattr(self, name)
        if values is None:
            raise ValueError(
                f"{metric} needs the {name} of the items: pass {name}=, a mapping of item ids to numbers; or "
                f"{name}='test' if the values of the test set are the {metric} of each (user, item) pair"
            )
        return values

    def sums_test_values(self, metric: str) -> bool:
        """Return True if the metric sums the values of the test set instead of prices or margins."""
        return metric in ("revenue", "margin") and self.values_for(metric) == "test"


def read_item_values(given: Any, name: str) -> ItemValues | None:
    """Return the values of items by id; None and "test" are returned unchanged.

    Parameters
    ----------
    given : mapping, pandas Series, frame, "test" or None
        A Series has the items as its index. A frame, or a mapping of its columns, has the columns item_id and ``name``.
        "test" takes the values of the test set.
    name : {"price", "margin"}

    Raises
    ------
    DataError
        The input has another form, or an item repeats.
    """
    if given is None:
        return None
    if isinstance(given, str) and given == "test":
        return "test"
    given = by_label(given, f"{name}s", "item")
    if is_frame(given) or (isinstance(given, Mapping) and "item_id" in given and name in given):
        ids, numbers = IdIndex(column(given, "item_id"), name=f"items of the {name}s"), column(given, name)
        return dict(zip(ids, to_numbers(numbers, f"{name}s").tolist(), strict=True))
    if not isinstance(given, Mapping):
        raise DataError(
            f"{name}s: expected a mapping of item ids to numbers, a pandas Series with the items as its index, a frame "
            f"with the columns item_id and {name}, or 'test', got {given!r:.80}"
        )
    return given
