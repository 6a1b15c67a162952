import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels import top_k as kernel

SCORES = st.sampled_from([1e-45, 0.25, 0.5, np.float32(1 / 3), 1.0, 3e38])


def best_of(candidates, k):
    keys, size, score = np.empty(k, dtype=np.uint64), 0, np.empty(1, dtype=np.float32)
    for score[0], code in candidates:
        size = kernel.offer(keys, size, np.uint64(kernel.key_of(score, code)))
    return keys, size


@given(st.lists(SCORES, max_size=30), st.integers(1, 12), st.permutations(range(30)))
def test_the_best_candidates_are_sorted_by_score_then_code(scores, k, codes):
    candidates = [(np.float32(score), code) for score, code in zip(scores, codes, strict=False)]
    keys, size = best_of(candidates, k)
    found, found_scores = np.full(k, 9, dtype=np.int32), np.full(k, 9, dtype=np.float32)
    kernel.write_best(keys, size, found, found_scores)
    best = sorted(candidates, key=lambda candidate: (-candidate[0], candidate[1]))[:k]
    assert size == len(best)
    assert found.tolist() == [code for _, code in best] + [-1] * (k - size)
    assert found_scores.tolist() == [float(score) for score, _ in best] + [0.0] * (k - size)


@given(st.lists(SCORES, min_size=3, max_size=20))
def test_the_root_of_the_heap_has_the_worst_score(scores):
    keys, _ = best_of([(score, code) for code, score in enumerate(scores)], 3)
    worst = sorted(np.float32(score) for score in scores)[-3]
    assert kernel.score_of(keys[0], np.empty(1, dtype=np.float32)) == worst


def test_the_largest_code_keeps_its_score():
    score = np.array([0.75], dtype=np.float32)
    assert kernel.score_of(np.uint64(kernel.key_of(score, 2**31 - 1)), np.empty(1, dtype=np.float32)) == 0.75


@given(st.lists(st.one_of(SCORES, st.just(0.0), st.floats(0, 1, width=32)), max_size=60), st.integers(1, 6))
def test_at_least_k_scores_reach_the_threshold(scores, k):
    threshold = kernel.threshold_of(np.array(scores, dtype=np.float32), k)
    assert threshold == 0 or sum(np.float32(score) >= threshold for score in scores) >= k
    if len(scores) >= 4 * k:
        least = sorted(np.float32(score) for score in scores)[-k]
        assert threshold >= 0.87 * least or least < 1e-37  # within a bin, except for the smallest numbers
