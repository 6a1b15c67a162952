"""Published data sets on disk."""

import os
from pathlib import Path

import numpy as np

__all__ = ["data_folder", "hold_out_tenth", "read_movielens_100k_folds", "read_online_retail_sales"]

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data"


def data_folder() -> Path | None:
    """Return the folder that ``RECOKIT_DATA`` names, or else ``../shared/data`` if it exists, or else None."""
    if "RECOKIT_DATA" in os.environ:
        return Path(os.environ["RECOKIT_DATA"])
    return _BESIDE_THE_CHECKOUT if _BESIDE_THE_CHECKOUT.is_dir() else None


def read_movielens_100k_folds(folder: Path | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the publisher's five folds in file order: training and test rows of user, item, rating and time.

    Raises
    ------
    FileNotFoundError
        The folder has no subfolder ``ml-100k``.
    """
    data = None if folder is None else folder / "ml-100k"
    if data is None or not data.is_dir():
        raise FileNotFoundError(
            f"no folder {data or 'ml-100k'}: download MovieLens 100K from grouplens.org/datasets/movielens/100k and "
            "set --data-dir or RECOKIT_DATA to its parent folder"
        )
    return [(_read_rows(data / f"u{fold}.base"), _read_rows(data / f"u{fold}.test")) for fold in range(1, 6)]


def _read_rows(file: Path) -> np.ndarray:
    return np.loadtxt(file, dtype=np.int64)


def hold_out_tenth(rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split off a tenth of the rows at random."""
    order = np.random.default_rng(seed).permutation(len(rows))
    cut = len(rows) // 10
    return rows[order[cut:]], rows[order[:cut]]


def read_online_retail_sales(folder: Path | None) -> dict[str, np.ndarray]:
    """Return the invoice lines of Online Retail as a log of events.

    The log has the sales of products to known customers, as in `recokit.datasets.load_online_retail`: user_id, item_id
    and timestamp.

    Raises
    ------
    FileNotFoundError
        The folder has no file ``online-retail/online_retail.parquet``.
    """
    file = None if folder is None else folder / "online-retail" / "online_retail.parquet"
    if file is None or not file.is_file():
        raise FileNotFoundError(
            f"no file {file or 'online_retail.parquet'}: make it as recokit.datasets.load_online_retail describes, and "
            "set --data-dir or RECOKIT_DATA to the parent folder of online-retail"
        )
    from pyarrow import parquet

    lines = parquet.read_table(file, columns=["CustomerID", "StockCode", "InvoiceDate", "Quantity", "UnitPrice"])
    columns = {name: lines[name].to_numpy() for name in lines.column_names}
    is_product = np.array([str(code)[:5].isdigit() for code in columns["StockCode"]])
    customers = columns["CustomerID"].astype(np.float64)
    sold = ~np.isnan(customers) & (columns["Quantity"] > 0) & (columns["UnitPrice"] > 0) & is_product
    return {
        "user_id": customers[sold].astype(np.int64),
        "item_id": columns["StockCode"][sold].astype(object),
        "timestamp": columns["InvoiceDate"][sold],
    }
