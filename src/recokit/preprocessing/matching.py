"""Match the items of two catalogues: by a common key, or by similar titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recokit._runtime.arguments import check_count, check_number
from recokit._runtime.html import html_table
from recokit._runtime.text import text_table
from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.data._frames import Backend, column, is_missing, plain, to_frame
from recokit.exceptions import DataError, first_few

__all__ = ["Matches", "match_by", "match_titles"]

_BLOCK = 1_024  # left titles compared at a time
_CANDIDATES = 5  # best right titles of each left title
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Matches:
    """Pairs of items of two catalogues, the most certain first.

    Attributes
    ----------
    left, right : (n,) arrays of ids
        Items of the two catalogues; each occurs once.
    confidence : (n,) float64 array
        1 for equal keys; the cosine of the titles for similar titles.
    n_left, n_right : int
        Sizes of the catalogues.
    n_ambiguous : int
        Number of keys that are left out because they occur more than once in a catalogue.
    texts : tuple of (n,) arrays, optional
        The titles of the pairs.

    See Also
    --------
    recokit.preprocessing.match_by : Match the items of two catalogues by a common key, such as the EAN.
    recokit.preprocessing.match_titles : Match the items of two catalogues one to one by the similarity of their titles.

    Examples
    --------
    >>> from recokit.preprocessing import match_titles
    >>> matches = match_titles(
    ...     {1: "Tea cup blue"}, {"a": "blue cup for tea", "b": "Chair"}, threshold=0.5
    ... )
    >>> matches.left.tolist(), matches.right.tolist()
    ([1], ['a'])
    >>> len(matches.above(0.99).left)
    0
    >>> matches.to_frame()["left"].tolist(), sorted(matches.ids("web", "app"))
    ([1], ['app', 'web'])
    """

    left: AnyArray
    right: AnyArray
    confidence: FloatArray
    n_left: int
    n_right: int
    n_ambiguous: int = 0
    texts: tuple[AnyArray, AnyArray] | None = None

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.left)

    def ids(self, left: str, right: str) -> dict[str, AnyArray]:
        """Return the pairs as a map of ids for `EventLog.concat`.

        Parameters
        ----------
        left, right : str
            Names of the sources.
        """
        return {left: self.left, right: self.right}

    def above(self, confidence: float) -> "Matches":
        """Return the pairs with at least this confidence."""
        rows = self.confidence >= confidence
        texts = None if self.texts is None else (self.texts[0][rows], self.texts[1][rows])
        sizes = self.n_left, self.n_right, self.n_ambiguous
        return Matches(self.left[rows], self.right[rows], self.confidence[rows], *sizes, texts)

    def _columns(self) -> dict[str, AnyArray]:
        columns = {"left": self.left, "right": self.right, "confidence": self.confidence}
        if self.texts is not None:
            columns |= {"left_title": self.texts[0], "right_title": self.texts[1]}
        return columns

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns left, right and confidence, and the titles.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        return to_frame(self._columns(), backend)

    def _rows(self) -> list[list[Any]]:
        columns = {name: values[:_SHOWN] for name, values in self._columns().items()}
        columns["confidence"] = np.array([f"{value:.3f}" for value in columns["confidence"]], dtype=object)
        return [list(map(str, row)) for row in zip(*columns.values(), strict=True)]

    def __str__(self) -> str:
        shown = text_table(list(self._columns()), self._rows())
        return f"{self!r}\n{shown}" + (f"\nthe first {_SHOWN} pairs are shown" if len(self) > _SHOWN else "")

    def _repr_html_(self) -> str:
        return html_table(repr(self), list(self._columns()), self._rows())

    def __repr__(self) -> str:
        ambiguous = f", {self.n_ambiguous:,} ambiguous keys left out" if self.n_ambiguous else ""
        return f"Matches({len(self):,} pairs of {self.n_left:,} and {self.n_right:,} items{ambiguous})"


def match_by(left: Any, right: Any, on: str, *, item: str = "item_id") -> Matches:
    """Match the items of two catalogues by a common key, such as the EAN.

    Keys are compared as text without spaces around it, and whole numbers without decimals; leading zeros are kept. Keys
    that occur more than once in a catalogue are left out and counted.

    Parameters
    ----------
    left, right : frame, or mapping of columns
        The catalogues.
    on : str
        Name of the column of keys in both.
    item : str
        Name of the column of ids in both.

    Returns
    -------
    Matches

    Raises
    ------
    DataError
        A column does not exist, or no key is in both catalogues.

    See Also
    --------
    recokit.preprocessing.match_titles : Match the items of two catalogues one to one by the similarity of their titles.
    recokit.preprocessing.Matches : Pairs of items of two catalogues, the most certain first.

    Examples
    --------
    >>> app = {"item_id": [1, 2, 3], "ean": ["4006381333931", "4006381333948", None]}
    >>> web = {"item_id": ["a", "b"], "ean": [4006381333948, 4006381333931]}
    >>> match_by(app, web, on="ean").ids("app", "web")["web"].tolist()
    ['b', 'a']
    """
    sides = [_keyed(catalogue, on, item) for catalogue in (left, right)]
    (left_keys, left_repeated, n_left), (right_keys, right_repeated, n_right) = sides
    common = [key for key in left_keys if key in right_keys]
    if not common:
        raise DataError(
            f"{on}: no key is in both catalogues; the left has {first_few(left_keys)}, and the right "
            f"{first_few(right_keys)}"
        )
    left_ids, right_ids = (_objects([keys[key] for key in common]) for keys in (left_keys, right_keys))
    return Matches(left_ids, right_ids, np.ones(len(common)), n_left, n_right, len(left_repeated | right_repeated))


def _keyed(catalogue: Any, on: str, item: str) -> tuple[dict[str, Any], set[str], int]:
    """Return the item of each key, the keys with several items, and the number of items."""
    ids, keys = list(plain(column(catalogue, item), item)), list(plain(column(catalogue, on), on))
    if len(ids) != len(keys):
        raise DataError(f"lengths differ: {item} {len(ids)}, {on} {len(keys)}")
    found: dict[str, Any] = {}
    repeated = set()
    for key, one in zip(keys, ids, strict=True):
        text = "" if is_missing(key) else _key_text(key)
        if text in found and found[text] != one:
            repeated.add(text)
        if text:
            found[text] = one
    return {key: one for key, one in found.items() if key not in repeated}, repeated, len(ids)


def _key_text(key: Any) -> str:
    return str(int(key) if isinstance(key, float | np.floating) and float(key).is_integer() else key).strip()


def _objects(values: Sequence[Any]) -> AnyArray:
    array = np.empty(len(values), dtype=object)
    array[:] = [value.item() if isinstance(value, np.generic) else value for value in values]
    return array


def match_titles(
    left: Any, right: Any, *, title: str = "title", item: str = "item_id", threshold: float = 0.6, n_grams: int = 3
) -> Matches:
    """Match the items of two catalogues one to one by the similarity of their titles.

    A title is a TF-IDF vector of its words and of the character n-grams within words, so that spelling and word order
    matter little, and titles in languages without spaces work. The similarity is the cosine. Pairs are accepted in
    order of similarity, each item once, down to the threshold.

    Parameters
    ----------
    left, right : frame, mapping of columns, or mapping of item ids to titles
        The catalogues.
    title, item : str
        Names of the columns of titles and of ids in both.
    threshold : float
        Lowest cosine of a pair, between 0 and 1. Look at the least certain pairs, the last of
        ``matches.to_frame()``, before use.
    n_grams : int
        Length of the character n-grams.

    Returns
    -------
    Matches

    Raises
    ------
    DataError
        A column does not exist, or a catalogue has no titles.

    See Also
    --------
    recokit.preprocessing.match_by : Match the items of two catalogues by a common key, such as the EAN.
    recokit.preprocessing.Matches : Pairs of items of two catalogues, the most certain first.

    Examples
    --------
    >>> app = {1: "Halden backpack, white", 2: "Tea cup blue 0.3 l"}
    >>> web = {"b": "blue cup for tea (0.3l)", "c": "Chair", "a": "white Halden Backpack"}
    >>> matches = match_titles(app, web, threshold=0.5)
    >>> list(zip(matches.left.tolist(), matches.right.tolist()))
    [(1, 'a'), (2, 'b')]
    """
    threshold, n_grams = check_number(threshold, "threshold"), check_count(n_grams, "n_grams")
    (left_ids, left_titles), (right_ids, right_titles) = (_titles(side, title, item) for side in (left, right))
    vectors = _vectors([*left_titles, *right_titles], n_grams)
    rows, columns, cosines = _similar(vectors[: len(left_ids)], vectors[len(left_ids) :], threshold)
    order = np.lexsort((columns, rows, -cosines))
    pairs = order[_one_to_one(rows[order], columns[order])]
    places = rows[pairs], columns[pairs]
    ids = left_ids[places[0]], right_ids[places[1]]
    texts = _objects(left_titles)[places[0]], _objects(right_titles)[places[1]]
    return Matches(*ids, cosines[pairs], len(left_ids), len(right_ids), texts=texts)


def _titles(catalogue: Any, title: str, item: str) -> tuple[AnyArray, list[str]]:
    """Return the ids and titles of items that have a title."""
    if isinstance(catalogue, Mapping) and not {title, item} <= set(catalogue):
        ids, titles = list(catalogue), list(catalogue.values())
    else:
        ids, titles = list(plain(column(catalogue, item), item)), list(plain(column(catalogue, title), title))
    kept = [k for k, text in enumerate(titles) if isinstance(text, str) and text.strip()]
    if not kept:
        raise DataError(f"{title}: a catalogue has no titles; expected text")
    return _objects([ids[k] for k in kept]), [titles[k] for k in kept]


def _vectors(titles: list[str], n_grams: int) -> sparse.csr_array:
    """Return TF-IDF vectors of length 1: half of words, half of n-grams of characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import

    words = TfidfVectorizer(token_pattern=r"\w+", dtype=np.float32, sublinear_tf=True)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(n_grams, n_grams), dtype=np.float32, sublinear_tf=True)
    blocks = []
    for vectorizer in (words, grams):
        try:
            blocks.append(sparse.csr_array(vectorizer.fit_transform(titles)) * np.float32(np.sqrt(0.5)))
        except ValueError:  # no title has a word, or none is as long as the n-grams
            continue
    if not blocks:
        raise DataError("the titles have no words")
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def _similar(
    left: sparse.csr_array, right: sparse.csr_array, threshold: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the most similar right rows of each left row, down to the threshold."""
    transposed = right.T.tocsr()
    found = []
    for start in range(0, left.shape[0], _BLOCK):
        cosines = (left[start : start + _BLOCK] @ transposed).tocsr()
        cosines.sort_indices()
        for row in range(cosines.shape[0]):
            cells = slice(cosines.indptr[row], cosines.indptr[row + 1])
            values, columns = cosines.data[cells], cosines.indices[cells]
            good = np.flatnonzero(values >= threshold)
            best = good[np.argsort(-values[good], kind="stable")[:_CANDIDATES]]
            found.append((np.full(len(best), start + row), columns[best], values[best].astype(np.float64)))
    rows, columns, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, columns.astype(np.int64), np.minimum(values, 1.0)


def _one_to_one(rows: IntArray, columns: IntArray) -> IntArray:
    """Return the positions of pairs, in order, whose row and column are not in an earlier accepted pair."""
    used_rows, used_columns, kept = set[int](), set[int](), []
    for k, (row, col) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        if row not in used_rows and col not in used_columns:
            used_rows.add(row)
            used_columns.add(col)
            kept.append(k)
    return np.array(kept, dtype=np.int64)
