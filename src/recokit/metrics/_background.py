"""What is known apart from the lists and the test set: catalogue, training data, what items are like and worth."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers
from recokit.data._events import events_of
from recokit.data._frames import column, is_frame
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Background", "ItemVectors", "worth_by_item"]


class ItemVectors(NamedTuple):
    """What items are like.

    Attributes
    ----------
    items : IdIndex
    units : (n_items, n_features) sparse array
        A row of length 1 for each, or of zeros.
    """

    items: IdIndex
    units: sparse.csr_array

    @classmethod
    def of(cls, vectors: Any, items: Any) -> "ItemVectors":
        """Return vectors of items as rows of length 1.

        Raises
        ------
        DataError
            There are not as many vectors as items, or something is no finite number.
        """
        index = _items_of(items, "items")
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


class Background(NamedTuple):
    """What is known apart from the lists and the test set; each part may be missing."""

    catalogue: IdIndex | None = None
    train: Interactions | None = None
    vectors: ItemVectors | None = None
    prices: Mapping[Any, Any] | None = None
    margins: Mapping[Any, Any] | None = None

    @classmethod
    def of(cls, train: Any, catalogue: Any) -> "Background":
        """Return the background, the items of the training data being the catalogue where none is given.

        Raises
        ------
        DataError
            The training data cannot be used or are none, the catalogue is empty, or an id repeats.
        """
        known = None if train is None else events_of(train, "train").data
        index = known.items if catalogue is None and known is not None else None
        if catalogue is not None:
            index = _items_of(catalogue, "catalogue")
        if index is not None and len(index) == 0:
            raise DataError("the catalogue is empty")
        return cls(index, known)

    def items(self, metric: str) -> IdIndex:
        """Return the catalogue, or say that the metric needs it."""
        if self.catalogue is None:
            raise ValueError(f"{metric} needs the catalogue: give train= or catalogue=")
        return self.catalogue

    def past(self, metric: str) -> Interactions:
        """Return the training data, or say that the metric needs them."""
        if self.train is None:
            raise ValueError(f"{metric} needs the training data: give train=")
        return self.train

    def popularity(self, items: IdIndex, metric: str) -> tuple[FloatArray, int]:
        """Return which share of the training users took each item, and how many users there are."""
        train = self.past(metric)
        n_users = int(np.count_nonzero(np.diff(train.indptr)))
        takers = np.append(np.bincount(train.item_codes, minlength=train.n_items), 0)
        return takers[train.items.codes(items)] / n_users, n_users

    def lacks_worth(self, metric: str) -> bool:
        """Tell whether it is left to the test set what the metric adds up."""
        return (metric == "revenue" and self.prices is None) or (metric == "margin" and self.margins is None)


def _items_of(given: Any, name: str) -> IdIndex:
    """Return the items of interactions, of a frame with the column item_id, or of a sequence of ids."""
    if isinstance(given, IdIndex):
        return given
    if isinstance(given, Interactions):
        return given.items
    return IdIndex(column(given, "item_id") if is_frame(given) else given, name=name)


def worth_by_item(worth: Any, name: str) -> Mapping[Any, Any] | None:
    """Return what items are worth, given as a mapping or as a frame with the columns item_id and ``name``.

    Raises
    ------
    DataError
        It is neither, or an item of the frame repeats.
    """
    if worth is not None and is_frame(worth):
        ids, numbers = IdIndex(column(worth, "item_id"), name=f"items of the {name}s"), column(worth, name)
        return dict(zip(ids, to_numbers(numbers, f"{name}s").tolist(), strict=True))
    if worth is not None and not isinstance(worth, Mapping):
        raise DataError(f"{name}s: expected a mapping of item ids to numbers, or a frame with item_id and {name}")
    return worth
