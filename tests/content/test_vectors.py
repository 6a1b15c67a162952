import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit.content._vectors import tfidf_vectors
from recokit.exceptions import DataError
from tests.naive import tfidf as naive

TEXTS = st.lists(
    st.lists(st.sampled_from(["red", "tea", "茶", "14"]), max_size=5).map(" ".join), min_size=1, max_size=6
)


@given(TEXTS, st.booleans(), st.integers(1, 2))
def test_vectors_equal_the_naive_reference(texts, sublinear_tf, min_df):
    documents = [text.split() for text in texts]
    expected = naive.vectors(documents, sublinear_tf=sublinear_tf, min_df=min_df)
    assume(any(expected))
    result = tfidf_vectors(texts, str.split, min_df=min_df, sublinear_tf=sublinear_tf)
    dense = result.vectors.toarray()
    for row, vector in zip(dense, expected, strict=True):
        np.testing.assert_allclose(row, [vector.get(term, 0.0) for term in result.terms], atol=1e-6)
    assert result.vectors.dtype == np.float32
    assert result.vectors.has_sorted_indices
    assert len(result.idf) == len(result.terms)


def test_max_features_keeps_the_most_frequent_terms():
    result = tfidf_vectors(["tea", "tea cup", "tea cup pot"], str.split, max_features=2)
    assert result.terms.tolist() == ["cup", "tea"]


@pytest.mark.parametrize(("texts", "min_df"), [(["", "!!"], 1), (["tea", "cup"], 2), (["tea"], 5)])
def test_texts_without_a_remaining_term_raise(texts, min_df):
    with pytest.raises(DataError, match=rf"no term is left of {len(texts)} texts with min_df={min_df}"):
        tfidf_vectors(texts, lambda text: text.replace("!", "").split(), min_df=min_df)
