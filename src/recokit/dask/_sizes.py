"""Memory of recokit's objects, for Dask's decisions about spilling, transfers and placement."""

from typing import Any

import dask.sizeof

from recokit.dask._draft import Draft
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences

__all__: list[str] = []

_sizeof: Any = dask.sizeof.sizeof  # without type annotations


@_sizeof.register(IdIndex)
def size_of_ids(index: IdIndex) -> int:
    """Return the bytes of the ids and of their lookup table."""
    return sum(int(_sizeof(getattr(index, name))) for name in index.__slots__)


@_sizeof.register(Interactions)
@_sizeof.register(Sequences)
def size_of_attributes(given: Any) -> int:
    """Return the bytes of the attributes; by default, Dask takes objects of unknown classes for small."""
    return sum(int(_sizeof(value)) for value in vars(given).values())


@_sizeof.register(Draft)
def size_of_draft(draft: Draft) -> int:
    """Return the bytes of the attributes of a draft."""
    return int(size_of_attributes(draft.model))
