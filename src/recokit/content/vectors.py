"""Texts to unit vectors of term weights."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.content.analyzer import Analyzer
from recokit.exceptions import DataError

__all__ = ["TermVectors", "tfidf_vectors"]


class TermVectors(NamedTuple):
    """The vectors of texts.

    Attributes
    ----------
    vectors : csr_array of shape (n_texts, n_terms), float32
        Rows of length 1, or empty; sorted.
    terms : (n_terms,) object array of str
        The vocabulary, sorted.
    idf : (n_terms,) float64 array
        Weight of each term.
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
    r"""Weigh the terms of texts by scikit-learn's ``TfidfVectorizer`` and normalise.

    A term that occurs f times in a text and in d of the n texts weighs

    .. math:: (1 + \ln f) \left(\ln \frac{1 + n}{1 + d} + 1\right)

    with f itself in place of :math:`1 + \ln f` where ``sublinear_tf`` is False.

    Parameters
    ----------
    texts : sequence of str
        Texts; an empty one has an empty vector, and counts among the n.
    analyzer : callable
        Text to terms.
    min_df, max_features, sublinear_tf
        As in scikit-learn.

    Raises
    ------
    DataError
        No term is left to compare texts by.

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
    from sklearn.feature_extraction.text import TfidfVectorizer  # importing it takes longer than recokit may

    vectorizer = TfidfVectorizer(
        analyzer=analyzer, min_df=min_df, max_features=max_features, sublinear_tf=sublinear_tf, dtype=np.float64
    )
    try:
        vectors = sparse.csr_array(vectorizer.fit_transform(texts), dtype=np.float32)
    except ValueError as error:
        raise DataError(f"no term to compare the {len(texts)} texts by, with min_df={min_df}: {error}") from error
    vectors.sort_indices()
    return TermVectors(vectors, vectorizer.get_feature_names_out(), vectorizer.idf_)
