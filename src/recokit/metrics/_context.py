"""The data that metrics need in addition to the lists and the test set: catalogue, training data, vectors, prices."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers
from recokit.data._events import read_events, read_item_ids
from recokit.data._frames import column, is_frame
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Context", "ItemVectors", "read_item_values"]


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
    def from_arrays(cls, vectors: Any, items: Any) -> "ItemVectors":
        """Return the vectors of items, scaled to length 1.

        Raises
        ------
        DataError
            The numbers of vectors and items differ, or a value is not finite.
        """
        index = read_item_ids(items, "items")
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


class Context(NamedTuple):
    """The data that metrics need in addition to the lists and the test set; each part is optional."""

    catalogue: IdIndex | None = None
    train: Interactions | None = None
    vectors: ItemVectors | None = None
    prices: Mapping[Any, Any] | None = None
    margins: Mapping[Any, Any] | None = None

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

    def sums_test_values(self, metric: str) -> bool:
        """Return True if the metric sums the values of the test set, because no prices or margins are given."""
        return (metric == "revenue" and self.prices is None) or (metric == "margin" and self.margins is None)


def read_item_values(values: Any, name: str) -> Mapping[Any, Any] | None:
    """Return the values of items by id, from a mapping or from a frame with the columns item_id and ``name``.

    Raises
    ------
    DataError
        The input is neither a mapping nor a frame, or an item of the frame repeats.
    """
    if values is not None and is_frame(values):
        ids, numbers = IdIndex(column(values, "item_id"), name=f"items of the {name}s"), column(values, name)
        return dict(zip(ids, to_numbers(numbers, f"{name}s").tolist(), strict=True))
    if values is not None and not isinstance(values, Mapping):
        raise DataError(f"{name}s: expected a mapping of item ids to numbers, or a frame with item_id and {name}")
    return values
