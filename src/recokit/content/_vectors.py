"""TF-IDF and BM25 vectors of texts."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.content._sparse_vectors import unit_rows
from recokit.content.analyzer import Analyzer
from recokit.exceptions import DataError

__all__ = ["TermVectors", "term_vectors", "tfidf_vectors"]

_K1, _B = 1.2, 0.75  # saturation and length normalization of BM25, as in Robertson and Zaragoza


class TermVectors(NamedTuple):
    """Vectors of texts, with their vocabulary.

    Attributes
    ----------
    vectors : csr_array of shape (n_texts, n_terms), float32
        Rows of norm 1, or empty; column indices are sorted.
    terms : (n_terms,) object array of str
        The vocabulary, sorted.
    idf : (n_terms,) float64 array
        Inverse document frequency of each term.
    """

    vectors: sparse.csr_array
    terms: AnyArray
    idf: FloatArray


def term_vectors(
    texts: Sequence[str],
    analyzer: Analyzer,
    *,
    weighting: Literal["tfidf", "bm25"],
    min_df: int | float = 1,
    max_features: int | None = None,
    sublinear_tf: bool = True,
) -> TermVectors:
    """Return the vectors of texts by `tfidf_vectors`, or with the weights of BM25.

    Examples
    --------
    >>> tea = term_vectors(["green tea", "black tea", "绿茶"], str.split, weighting="bm25")
    >>> print(tea.vectors.toarray().round(2))
    [[0.   0.8  0.61 0.  ]
     [0.8  0.   0.61 0.  ]
     [0.   0.   0.   1.  ]]
    """
    options = {"min_df": min_df, "max_features": max_features, "sublinear_tf": sublinear_tf}
    if weighting == "tfidf":
        return tfidf_vectors(texts, analyzer, **options)  # type: ignore[arg-type]
    counts, terms, idf = _tfidf(texts, analyzer, norm=None, **options | {"sublinear_tf": False})
    counts.data = np.rint(counts.data / idf[counts.indices])
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    mean = lengths.sum() / max(np.count_nonzero(lengths), 1)
    damping = np.repeat(_K1 * (1 - _B + _B * lengths / mean), np.diff(counts.indptr))
    counts.data *= (_K1 + 1) / (counts.data + damping) * idf[counts.indices]
    return TermVectors(unit_rows(counts), terms, idf)


def tfidf_vectors(
    texts: Sequence[str],
    analyzer: Analyzer,
    *,
    min_df: int | float = 1,
    max_features: int | None = None,
    sublinear_tf: bool = True,
) -> TermVectors:
    r"""Return the TF-IDF vectors of texts, scaled to norm 1, from scikit-learn's ``TfidfVectorizer``.

    The weight of a term that occurs f times in a text and in d of the n texts, before scaling, is

    .. math:: (1 + \ln f) \left(\ln \frac{1 + n}{1 + d} + 1\right)

    with f in place of :math:`1 + \ln f` if ``sublinear_tf`` is False.

    Parameters
    ----------
    texts : sequence of str
        An empty text has an empty vector, and counts as one of the n texts.
    analyzer : callable
        Function from a text to its terms.
    min_df, max_features, sublinear_tf
        As in scikit-learn.

    Returns
    -------
    TermVectors

    Raises
    ------
    DataError
        No term is left.

    References
    ----------
    Salton & Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing & Management 24,
    1988.

    Examples
    --------
    >>> tea = tfidf_vectors(["green tea", "black tea", "绿茶"], str.split)
    >>> tea.terms.tolist()
    ['black', 'green', 'tea', '绿茶']
    >>> print(tea.vectors.toarray().round(2))
    [[0.   0.8  0.61 0.  ]
     [0.8  0.   0.61 0.  ]
     [0.   0.   0.   1.  ]]
    """
    options = {"min_df": min_df, "max_features": max_features, "sublinear_tf": sublinear_tf}
    vectors, terms, idf = _tfidf(texts, analyzer, norm="l2", **options)
    vectors = sparse.csr_array(vectors, dtype=np.float32)
    vectors.sort_indices()
    return TermVectors(vectors, terms, idf)


def _tfidf(texts: Sequence[str], analyzer: Analyzer, **options: object) -> TermVectors:
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import

    vectorizer = TfidfVectorizer(analyzer=analyzer, dtype=np.float64, **options)
    try:
        vectors = sparse.csr_array(vectorizer.fit_transform(texts))
    except ValueError as error:
        raise DataError(
            f"no term is left of {len(texts)} texts with min_df={options['min_df']}; lower min_df or check the texts: "
            f"{error}"
        ) from error
    return TermVectors(vectors, vectorizer.get_feature_names_out(), vectorizer.idf_)
