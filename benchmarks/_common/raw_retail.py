"""Raw invoice lines: cancellations, anonymous customers and services, added to clean lines by a seeded rule."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator

__all__ = ["COLUMNS", "Added", "add_raw_lines", "read_online_retail"]

COLUMNS = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]

# Shares of the publisher's raw file: 135,080 of 541,909 lines have no customer, 9,288 belong to cancelled invoices and
# 5,268 repeat a line.
_ANONYMOUS = 135_080 / (541_909 - 135_080)
_CANCELLED = 9_288 / (541_909 - 135_080)
_ORPHANS = 0.05  # of the cancellations: of purchases before the first day
_WITH_POSTAGE = 0.04  # of the invoices


class Added(NamedTuple):
    """Numbers of added lines: cancellations of purchases, cancellations without purchase, and others."""

    cancellations: int
    orphans: int
    anonymous: int
    services: int


def read_online_retail(folder: Path, columns: list[str] = COLUMNS) -> pd.DataFrame:
    """Return the clean lines of UCI Online Retail without services."""
    lines = pd.read_parquet(folder / "online-retail" / "online_retail.parquet", columns=columns)
    is_product = lines["StockCode"].str[:5].str.isdigit()
    return lines[is_product].astype({"InvoiceNo": str}).reset_index(drop=True)


def add_raw_lines(lines: pd.DataFrame, random_state: int = 0) -> tuple[pd.DataFrame, Added]:
    """Return lines of an invoice file with the parts that cleaning removes, in random order, and their numbers.

    - Cancellations have an invoice number with the prefix C, a negative quantity, and a later date; half of those of
      several units are partial. The cancelled purchases are not repeated, so that their matching is unambiguous.
    - Some cancellations have no purchase in the file.
    - Lines without a customer are copies of other lines with another invoice number.
    - Postage is a line of some invoices.
    """
    rng = np.random.default_rng(random_state)
    cancelled = _cancellations(lines, rng)
    orphans = _orphans(lines, round(_ORPHANS * len(cancelled)), rng)
    anonymous = lines.iloc[rng.choice(len(lines), round(_ANONYMOUS * len(lines)))].copy()
    anonymous["InvoiceNo"] = "9" + anonymous["InvoiceNo"]
    services = lines.drop_duplicates("InvoiceNo")
    services = services[rng.random(len(services)) < _WITH_POSTAGE].assign(StockCode="POST", Quantity=1, UnitPrice=18.0)
    parts = [lines, cancelled, orphans, anonymous.assign(CustomerID=np.nan), services]
    raw = pd.concat(parts, ignore_index=True)
    added = Added(*(len(part) for part in parts[1:3]), len(anonymous), len(services))
    return raw.iloc[rng.permutation(len(raw))].reset_index(drop=True), added


def _cancellations(lines: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Return cancellations of lines whose customer bought the product once."""
    once = np.flatnonzero(~lines.duplicated(["CustomerID", "StockCode"], keep=False))
    chosen = lines.iloc[rng.choice(once, min(round(_CANCELLED * len(lines)), len(once)), replace=False)].copy()
    bought = chosen["Quantity"].to_numpy()
    in_part = (bought > 1) & (rng.random(len(chosen)) < 0.5)
    chosen["Quantity"] = -np.where(in_part, 1 + np.floor(rng.random(len(chosen)) * (bought - 1)), bought)
    return _as_cancelled(chosen, rng)


def _orphans(lines: pd.DataFrame, n: int, rng: Generator) -> pd.DataFrame:
    """Return cancellations by customers of products that they did not buy in the file."""
    pairs = set(zip(lines["CustomerID"], lines["StockCode"], strict=True))
    drawn = lines.iloc[rng.choice(len(lines), 3 * n)].copy()
    drawn["StockCode"] = rng.permutation(drawn["StockCode"].to_numpy())
    is_new = [pair not in pairs for pair in zip(drawn["CustomerID"], drawn["StockCode"], strict=True)]
    return _as_cancelled(drawn[is_new].head(n).assign(Quantity=-1), rng)


def _as_cancelled(lines: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    waited: Any = rng.integers(60, 30 * 24 * 60, len(lines)).astype("timedelta64[m]")
    return lines.assign(InvoiceNo="C" + lines["InvoiceNo"], InvoiceDate=lines["InvoiceDate"] + waited)
