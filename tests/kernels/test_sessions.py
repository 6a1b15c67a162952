"""The property tests of SessionKNN, which run here with the kernels as plain Python and with bounds checks too."""

from tests.sequence.test_session_knn import (  # noqa: F401
    test_a_training_session_is_not_its_own_neighbour,
    test_scores_equal_those_of_the_naive_reference,
    test_similar_users_are_the_most_similar_sessions,
)
