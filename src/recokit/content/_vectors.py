"""TF-IDF vectors of texts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.content.analyzer import Analyzer
from recokit.exceptions import DataError

__all__ = ["TermVectors", "tfidf_vectors"]


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
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import

    vectorizer = TfidfVectorizer(
        analyzer=analyzer, min_df=min_df, max_features=max_features, sublinear_tf=sublinear_tf, dtype=np.float64
    )
    try:
        vectors = sparse.csr_array(vectorizer.fit_transform(texts), dtype=np.float32)
    except ValueError as error:
        raise DataError(
            f"no term is left of {len(texts)} texts with min_df={min_df}; lower min_df or check the texts: {error}"
        ) from error
    vectors.sort_indices()
    return TermVectors(vectors, vectorizer.get_feature_names_out(), vectorizer.idf_)
