"""Reading a catalogue: items and their columns, from any accepted input."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray
from recokit.content._block import Block
from recokit.content.embedding import Embedding
from recokit.content.text import Text
from recokit.data._frames import column, is_frame, is_missing
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few

__all__ = ["Catalogue", "read_catalogue"]


class Catalogue(NamedTuple):
    """Items and the columns of the blocks, each with a row for each item in order of code.

    Attributes
    ----------
    items : IdIndex
    columns : list of arrays
        One for each block, as the block reads it.
    """

    items: IdIndex
    columns: list[AnyArray]

    def merged(self, newer: "Catalogue", blocks: Sequence[Block]) -> "Catalogue":
        """Return the items of both; values of ``newer`` replace those of this one, unless they are missing."""
        return _over(self.items.union(newer.items), [self, newer], blocks)

    def over(self, items: IdIndex, blocks: Sequence[Block]) -> "Catalogue":
        """Return the columns over other items, with missing values for items that the catalogue lacks."""
        return _over(items, [self], blocks)


def _over(items: IdIndex, sources: list[Catalogue], blocks: Sequence[Block]) -> Catalogue:
    columns = []
    for place, block in enumerate(blocks):
        given = [source.columns[place] for source in sources]
        if len({part.shape[1:] for part in given}) > 1:
            raise DataError(
                f"{block._label}: the new vectors have length {given[-1].shape[1]}, those of the model "
                f"{given[0].shape[1]}; use vectors of the same model"
            )
        values = block._blank(len(items), given[0])
        for source, part in zip(sources, given, strict=True):
            found = ~block._is_missing(part)
            values[items.codes(source.items)[found]] = part[found]
        columns.append(values)
    return Catalogue(items, columns)


def read_catalogue(catalogue: Any, item: str, blocks: Sequence[Block]) -> Catalogue:
    """Return the items of a catalogue and the columns of blocks.

    Parameters
    ----------
    catalogue : pandas, Polars or PyArrow frame, mapping of columns, mapping of item ids to texts, or None
        One row for each item. A mapping with only texts (or missing values) as values maps ids to texts, if there is a
        single block of texts. None if all blocks hold vectors themselves.
    item : str
        Name of the column of ids.
    blocks : sequence of Block

    Raises
    ------
    DataError
        The catalogue has another type, is empty, lacks a column, lists an item twice, or has a value that a block
        cannot use.

    Examples
    --------
    >>> catalogue = {"item_id": ["t2", "t1"], "title": ["绿茶", None]}
    >>> items, (titles,) = read_catalogue(catalogue, "item_id", [Text("title")])
    >>> list(items), titles.tolist()
    (['t1', 't2'], ['', '绿茶'])
    >>> read_catalogue({"t1": "green tea"}, "item_id", [Text("title")]).columns[0].tolist()
    ['green tea']
    """
    own = {place: block._own_vectors() for place, block in enumerate(blocks) if isinstance(block, Embedding)}
    named = [place for place in range(len(blocks)) if own.get(place) is None]
    parts: dict[int, tuple[IdIndex, AnyArray]] = {}
    if named or catalogue is not None:
        items, codes, values = _read_columns(catalogue, item, [blocks[place] for place in named])
        for place, given in zip(named, values, strict=True):
            parts[place] = items, _in_order(blocks[place], given, codes, item)
    for place, vectors in own.items():
        if vectors is not None:
            ids, given = vectors
            listed, codes = _items(ids, f"{blocks[place]._label}, ids")
            parts[place] = listed, _in_order(blocks[place], given, codes, "ids")
    every = None if named == [] and catalogue is None else items
    for listed, _ in parts.values():
        every = listed if every is None else every.union(listed)
    assert every is not None  # there is at least one block
    columns = [Catalogue(*_alone(parts[place])).over(every, [block]).columns[0] for place, block in enumerate(blocks)]
    return Catalogue(every, columns)


def _alone(part: tuple[IdIndex, AnyArray]) -> tuple[IdIndex, list[AnyArray]]:
    return part[0], [part[1]]


def _read_columns(catalogue: Any, item: str, blocks: list[Block]) -> tuple[IdIndex, CodeArray, list[Any]]:
    """Return the items, the code of each row, and the columns of the blocks as they are."""
    is_mapping = isinstance(catalogue, Mapping)
    if not is_mapping and not is_frame(catalogue):
        raise DataError(f"catalogue: expected a frame or a mapping, got {type(catalogue).__name__}")
    maps_to_texts = len(blocks) == 1 and isinstance(blocks[0], Text)
    if is_mapping and maps_to_texts and all(isinstance(v, str) or is_missing(v) for v in catalogue.values()):
        ids, values = list(catalogue), [list(catalogue.values())]
    else:
        ids, values = column(catalogue, item), [column(catalogue, block.column) for block in blocks]
    return *_items(ids, f"catalogue, {item}"), values


def _items(ids: Any, where: str) -> tuple[IdIndex, CodeArray]:
    """Return the items and the code of each row; each item must have one row."""
    items, codes = IdIndex.factorize(ids, where)
    if len(codes) == 0:
        raise DataError(f"{where.partition(',')[0]}: expected at least one item, got an empty catalogue")
    repeated = items.take(np.flatnonzero(np.bincount(codes) > 1))
    if len(repeated):
        raise DataError(
            f"{where.partition(',')[0]}: {len(repeated)} item(s) have more than one row: {first_few(repeated)}; "
            "keep one row each"
        )
    return items, codes


def _in_order(block: Block, values: Any, codes: CodeArray, item: str) -> AnyArray:
    """Return a column as the block reads it, in order of item code."""
    if len(values) != len(codes):
        raise DataError(
            f"catalogue: columns differ in length: {len(codes)} values of {item!r}, {len(values)} of {block.column!r}"
        )
    return block._read(values)[np.argsort(codes)]
