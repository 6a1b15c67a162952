import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.spelling import close_words
from tests.naive.search import edits

WORDS = st.text("abc", min_size=1, max_size=6)


def code_points(word):
    return np.array(list(map(ord, word)), dtype=np.int32)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=6), st.integers(1, 2), st.integers(1, 3), st.data())
def test_close_words_are_those_with_enough_common_bigrams_and_few_edits(word, others, limit, min_common, data):
    first = data.draw(st.integers(0, len(others)))
    last = data.draw(st.integers(first, len(others)))
    n_common = [data.draw(st.integers(0, 3)) for _ in others]
    rows = np.repeat(np.arange(len(others), dtype=np.int32), n_common)
    letters = np.zeros((len(others), 6), dtype=np.int32)
    for row, other in enumerate(others):
        letters[row, : len(other)] = code_points(other)
    lengths = np.array([len(other) for other in others])
    middle = len(rows) // 2
    starts, stops = np.array([0, middle]), np.array([middle, len(rows)])
    found, distances = np.full((2, len(others)), -9)
    words = code_points(word), letters, lengths
    n = close_words(first, last, starts, stops, rows, min_common, *words, limit, found, distances)
    expected = [
        (row, edits(word, others[row]))
        for row in range(first, last)
        if n_common[row] >= min_common and 0 < edits(word, others[row]) <= limit
    ]
    assert list(zip(found[:n].tolist(), distances[:n].tolist(), strict=True)) == expected
    assert np.all(found[n:] == -9)
