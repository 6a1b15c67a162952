"""The licence and the citation of a data set, as attributes of its data."""

from dataclasses import replace
from typing import TypeVar

from recokit.datasets._data import Licensed
from recokit.datasets.fetching.published import Published

__all__ = ["with_terms"]

Data = TypeVar("Data", bound=Licensed)


def with_terms(data: Data, dataset: Published) -> Data:
    """Return the data with the licence and the citation of their data set."""
    return replace(data, license=dataset.license, citation=dataset.citation)
