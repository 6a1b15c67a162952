"""Input files of the workloads."""

from collections.abc import Callable
from pathlib import Path

from _common.published_data import data_folder
from scipy import sparse

from recokit import datasets

__all__ = ["MATRIX", "TEST", "load_matrix", "load_movielens", "load_test", "matrix_writer", "save"]

MATRIX, TEST = "matrix.npz", "test.npz"


def matrix_writer(make: Callable[[], sparse.csr_array]) -> Callable[[Path], None]:
    """Return a function that makes a matrix and saves it in a folder."""
    return lambda folder: save(folder, make())


def save(folder: Path, matrix: sparse.csr_array, test: sparse.csr_array | None = None) -> None:
    """Save training interactions, and test interactions if given, in a folder."""
    sparse.save_npz(folder / MATRIX, matrix, compressed=False)
    if test is not None:
        sparse.save_npz(folder / TEST, test, compressed=False)


def load_matrix(folder: Path) -> sparse.csr_array:
    """Return the training interactions of a folder."""
    return sparse.csr_array(sparse.load_npz(folder / MATRIX))


def load_test(folder: Path) -> sparse.csr_array:
    """Return the test interactions of a folder."""
    return sparse.csr_array(sparse.load_npz(folder / TEST))


def load_movielens() -> sparse.csr_array:
    """Return the published training split of MovieLens 1M as implicit feedback."""
    return datasets.load_movielens_1m_implicit(data_folder()).train.matrix
