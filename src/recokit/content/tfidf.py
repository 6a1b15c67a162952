"""TfidfRecommender: items as TF-IDF vectors, users as weighted sums of the vectors of their items."""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy import sparse

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._parameters import BOOLEAN, OPTIONAL_COUNT, one_of, share_or_count
from recokit.content._catalogue import read_texts
from recokit.content._profiles import Profiles, profiles_from_ratings, profiles_from_strengths
from recokit.content._vectors import tfidf_vectors
from recokit.content.analyzer import make_analyzer
from recokit.data.attributes import Array, Attribute, Matrix
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError, first_few
from recokit.kernels.content import CANCELLED, score_profiles

__all__ = ["TfidfRecommender"]

_STRINGS = np.dtypes.StringDType()


class TfidfRecommender(Recommender):
    r"""Recommend items with texts similar to the texts of the items that a user liked.

    Each item is a unit vector :math:`x_i` of TF-IDF weights of the terms of its text, as in scikit-learn's
    ``TfidfVectorizer``. Texts may mix scripts, see `analyze`. The profile of a user is the weighted sum of the vectors
    of their items (Rocchio). It is compared with an item by the cosine:

    .. math:: p_u = \sum_i w_{ui} x_i, \qquad c_{ui} = \frac{p_u \cdot x_i}{|p_u|}

    *Implicit feedback*: the weights are the strengths, and the score is the cosine, from 0 to 1.

    *Explicit feedback*: the weights are the deviations :math:`r_{ui} - m_u` from the user's mean. The mean is damped so
    that a single rating deviates too: :math:`m_u = (\sum_i r_{ui} + 5 \mu) / (n_u + 5)`, with the overall mean μ. If
    all ratings of a user equal :math:`m_u`, all weights are 1. The score is a predicted rating. It maps cosines from 0
    to 1 to the scale above the user's mean, and cosines from −1 to 0 to the scale below it:

    .. math:: \hat r_{ui} = m_u + c_{ui} \cdot
       \begin{cases} r_{max} - m_u & c_{ui} > 0 \\ m_u - r_{min} & \text{otherwise} \end{cases}

    Predictions stay within the scale and rank the items of a user as the cosine does. If all ratings in the data are
    equal, every prediction is that rating.

    An item that shares no term with any item of the user is never recommended; `predict` returns 0 for it (implicit
    feedback) or :math:`m_u` (explicit feedback). The same holds for all items if the profile vanishes, as for two
    ratings that cancel out. Items without interactions are recommended like others if the catalogue has their texts.

    Parameters
    ----------
    text : str
        Name of the catalogue column with the texts.
    tokenizer : None, "jieba" or callable
        None: words, and bigrams of Chinese, Japanese and Korean characters. ``"jieba"``: dictionary words of Chinese,
        which needs the extra ``recokit[zh]``. A function from a text to its terms replaces the whole analysis; a model
        with a function cannot be saved.
    min_df : int or float
        Ignore terms that occur in fewer texts than this number, or than this share of the texts.
    max_features : int, optional
        Keep only this number of terms, the most frequent.
    sublinear_tf : bool
        Count a term that occurs f times in a text 1 + ln f times instead of f times.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_texts_ : (n_items,) array of str
        Text of each item, in order of item code; empty if it is missing.
    feature_names_ : (n_terms,) array of str
        The vocabulary, sorted.
    idf_ : (n_terms,) float64 array
        Inverse document frequency of each term.
    item_vectors_ : csr_array of shape (n_items, n_terms), float32
        Unit vectors of the items; empty rows for texts without terms.
    term_items_ : csr_array of shape (n_terms, n_items), float32
        Transpose of ``item_vectors_``.

    References
    ----------
    Salton & Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing & Management 24,
    1988.

    Rocchio, "Relevance feedback in information retrieval", in Salton (ed.), The SMART Retrieval System, 1971.

    Lops, de Gemmis & Semeraro, "Content-based recommender systems: state of the art and trends", Recommender Systems
    Handbook, 2011.

    Examples
    --------
    >>> from recokit.content import TfidfRecommender
    >>> titles = {1: "龙井绿茶 Green Tea", 2: "碧螺春绿茶", 3: "Black Tea 500g", 4: "手机壳 Phone Case"}
    >>> model = TfidfRecommender().fit([("ann", 1), ("bob", 4)], catalogue=titles)
    >>> model.recommend("ann")["ann"]
    [(3, 0.186...), (2, 0.158...)]
    >>> print(model.explain("ann", 2))
    2 scores 0.159 for ann because of the word “绿茶” (+0.159).
    >>> model.similar_items([3])[3]
    [(1, 0.186...)]
    """

    item_texts_: AnyArray
    feature_names_: AnyArray
    idf_: FloatArray
    item_vectors_: sparse.csr_array
    term_items_: sparse.csr_array

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "text": [str],
        "tokenizer": [*one_of("jieba", None), callable],
        "min_df": share_or_count(),
        "max_features": OPTIONAL_COUNT,
        "sublinear_tf": BOOLEAN,
    }

    def __init__(
        self,
        *,
        text: str = "title",
        tokenizer: Literal["jieba"] | Callable[[str], list[str]] | None = None,
        min_df: int | float = 1,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.text = text
        self.tokenizer = tokenizer
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"min_df": [1, 2, 5], "max_features": [None, 1000, 5000], "sublinear_tf": [True, False]}

    def fit(self, X: Any, y: Any = None, *, catalogue: Any, item: str = "item_id") -> Self:  # type: ignore[override]
        """Fit the model to interactions and a catalogue.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs.
        catalogue : pandas, Polars or PyArrow frame, mapping of columns, or mapping of item ids to texts
            One row for each item. Items that occur only in the catalogue can be recommended.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The catalogue is empty, lacks a column, lists an item twice, has a text that is not a string, has none of
            the items of the interactions, or has no terms; or as in `Recommender.fit`.
        ImportError
            The tokenizer is not installed.

        Warns
        -----
        UserWarning
            Items are not in the catalogue or have no text there. They stay in the model with an empty vector.
        """
        return super().fit(X, y, catalogue=catalogue, item=item)

    def partial_fit(  # type: ignore[override]
        self, X: Any = None, y: Any = None, *, catalogue: Any = None, item: str = "item_id"
    ) -> Self:
        """Update the model with further interactions, further items, or both; equal to `fit` on all data.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if only the catalogue is new.
        catalogue : as in `fit`, optional
            New items, and known items with new texts. A missing text leaves the known text unchanged.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y, catalogue=catalogue, item=item)
        return super().partial_fit(X, y, catalogue=catalogue, item=item, update=True)

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        words = ("tea", "cup", "pot", "green", "black", "绿茶", "红茶", "茶壶")
        numbers = {item: sum(str(item).encode()) for item in interactions.items}
        return {"catalogue": {item: f"{words[number % 5]} {words[number % 8]}" for item, number in numbers.items()}}

    def _prepare(  # type: ignore[override]
        self, interactions: Interactions, *, catalogue: Any = None, item: str = "item_id", update: bool = False
    ) -> Interactions:
        """Set ``item_texts_`` from the catalogue, and return the interactions over all items.

        An ``update`` keeps the items and texts of the fitted model; a text of the catalogue replaces that of its item.
        """
        sources = [(self.interactions_.items, self.item_texts_)] if update else []
        if catalogue is not None or not update:
            sources.append(self._read_catalogue(catalogue, item))
        if not update:
            self._check_overlap(interactions.items, sources[0][0], item)
        items = interactions.items
        for listed, _ in sources:
            items = items.union(listed)
        self.item_texts_ = np.full(len(items), "", dtype=_STRINGS)
        for listed, texts in sources:
            has_text = texts != ""
            self.item_texts_[items.codes(listed)[has_text]] = texts[has_text]
        self._warn_about_missing_texts(items)
        return interactions.reindex(items=items)

    def _read_catalogue(self, catalogue: Any, item: str) -> tuple[IdIndex, AnyArray]:
        items, texts = read_texts(catalogue, item, self.text)
        return items, np.array(texts, dtype=_STRINGS)

    def _check_overlap(self, items: IdIndex, listed: IdIndex, column: str) -> None:
        if np.all(listed.codes(items) < 0):
            raise DataError(
                "catalogue: it contains none of the items of the interactions; the interactions have ids like "
                f"{first_few(items)}, the catalogue ({column!r}) has ids like {first_few(listed)}; use the same ids"
            )

    def _warn_about_missing_texts(self, items: IdIndex) -> None:
        without_text = np.flatnonzero(self.item_texts_ == "")
        if len(without_text):
            warnings.warn(
                f"{len(without_text)} of {len(items)} items are not in the catalogue or have no {self.text!r} there; "
                f"they cannot be compared by text: {first_few(items.take(without_text))}",
                stacklevel=levels_inside(),
            )

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_texts_": Array("text", ("n_items",)),
            "item_vectors_": Matrix("n_items", "n_terms"),
            "idf_": Array("float64", ("n_terms",)),
            "feature_names_": Array("text", ("n_terms",)),
            "term_items_": Matrix("n_terms", "n_items"),
        }

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with a text."""
        with_text: BoolArray = self.item_texts_ != ""
        return with_text

    def _take_items(self, item_codes: CodeArray) -> None:
        self.item_texts_ = self.item_texts_[item_codes]

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        if remaining.n_items < previous.n_items:
            self._fit(remaining)  # the inverse document frequencies depend on the number of items

    def _fit(self, interactions: Interactions) -> None:
        analyzer = make_analyzer(self.tokenizer)
        with self._progress(len(self.item_texts_), "texts") as bar:

            def analyze(text: str) -> list[str]:
                bar.update(1)
                return analyzer(text)

            self.item_vectors_, terms, self.idf_ = tfidf_vectors(
                self.item_texts_.tolist(),
                analyze,
                min_df=self.min_df,
                max_features=self.max_features,
                sublinear_tf=self.sublinear_tf,
            )
        self.feature_names_ = terms.astype(_STRINGS)
        self.term_items_ = sparse.csr_array(self.item_vectors_.T)

    def _profiles(self, histories: Rows) -> Profiles:
        if self._is_explicit():
            return profiles_from_ratings(histories, self._mean, self.rating_range_)
        return profiles_from_strengths(histories)

    def _user_profiles(self, user_codes: CodeArray) -> Profiles:
        return self._profiles(self._training_histories(user_codes))

    def _fold_in(self, histories: Rows) -> Profiles:
        return self._profiles(histories)

    def _score_block(self, profiles: Profiles) -> FloatArray:
        items, *maps = profiles
        vectors, term_items = _as_rows(self.item_vectors_), _as_rows(self.term_items_)
        scores = np.empty((items.n_rows, vectors.n_rows), dtype=np.float32)
        cost_per_item = np.sum(term_items.lengths**2) / vectors.n_rows  # number of items, summed over the terms
        costs = vectors.n_rows + cost_per_item * items.lengths
        args = (*items.arrays, *vectors.arrays, *term_items.arrays, *maps, scores)
        self._runner().rows(score_profiles, items.n_rows, args, costs=costs)
        return scores

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of pairs, with the offset of the user for pairs without evidence."""
        scores = np.empty(len(user_codes))
        users, rows = np.unique(user_codes, return_inverse=True)
        for start, stop in self._blocks(len(users)):
            profiles = self._user_profiles(users[start:stop])
            pairs = np.flatnonzero((rows >= start) & (rows < stop))
            profile_rows = rows[pairs] - start
            found = self._score_block(profiles)[profile_rows, item_codes[pairs]]
            scores[pairs] = np.where(np.isfinite(found), found, profiles.offsets[profile_rows])
        return scores

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        top = Top.empty(len(item_codes), n)
        for start, stop in self._blocks(len(item_codes)):
            alone = Rows.from_arrays(np.arange(stop - start + 1), item_codes[start:stop], np.ones(stop - start))
            cosines = self._score_block(profiles_from_strengths(alone))
            top.put(np.arange(start, stop), EligibleItems(None, alone).select(cosines, n, self._runner()))
        return top

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        items, (offset,), (gain,), (loss,) = self._user_profiles(np.array([user_code]))
        profile = self.item_vectors_[items.codes].T.astype(np.float64) @ items.values
        norm = float(np.linalg.norm(profile))
        terms = [Term("user", None, float(offset))]
        if norm <= CANCELLED * np.abs(items.values).sum(dtype=np.float64):
            return terms
        vector = self.item_vectors_[[item_code]]
        parts = profile[vector.indices] * vector.data / norm
        parts *= gain if parts.sum() > 0 else loss
        words = self.feature_names_[vector.indices].tolist()
        return terms + [Term("word", word, float(part)) for word, part in zip(words, parts, strict=True)]


def _as_rows(matrix: sparse.csr_array) -> Rows:
    """Return the rows of a matrix, as kernels take them."""
    return Rows.from_arrays(matrix.indptr, matrix.indices, matrix.data)
