"""Published data sets on disk."""

import os
from pathlib import Path

import numpy as np

__all__ = ["data_folder", "hold_out_tenth", "read_movielens_100k_folds"]

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
